/** Strategies and models. A strategy is a name or a path; without one, the fix is advice. */
import type { Fix, ShellCommand } from '../finding.ts';
import type { Deployment } from './deployment.ts';
import { advice, changes, type FixMaker, inspects, lookAt, looks, withNote } from './make.ts';
import { literal, type ShellWord, sh } from './shell.ts';
import type { Stack } from './stack.ts';

export function strategyFixes({ deployment, backend }: Stack, { fixOf }: FixMaker) {
  /** `ktrdr validate` takes a path only when it begins with `./` or `/`, and anything else for the name of a strategy. */
  const fileFix = (
    strategy: string | null,
    verb: ShellWord,
    otherwise: Fix,
    make: (command: ShellCommand, note: string | null) => Fix,
  ): Fix => {
    const file = fileNameIn(strategy);
    return file === null
      ? fixOf([pathOf(strategy)], otherwise, (path) => make(sh`ktrdr ${verb} ${path}`, null))
      : fixOf([file], otherwise, (name) => make(IN_FOLDER[deployment](verb, name), PLACE[deployment] ?? null));
  };
  return {
    listStrategies: () =>
      lookAt(
        backend,
        { label: 'List the strategies that the backend finds', reading: 'The name must be one of these files.' },
        (name) => sh`docker exec ${name} ls /app/strategies`,
      ),
    /** Two levels: the strategy, and the version of its timeframe. */
    listModels: () =>
      lookAt(
        backend,
        { label: 'List the models by strategy and version', reading: 'The path must be one of these folders.' },
        (name) => sh`docker exec ${name} find /app/models -maxdepth 2`,
      ),
    validateStrategy: (strategy: string | null) =>
      fileFix(
        strategy,
        literal('validate'),
        looks('Check the strategy with `ktrdr validate`: its file path must start with ./ or /.'),
        (command, note) =>
          inspects(
            withNote('Check the strategy', note),
            'Lists each error with its key. Errors that it doesn’t list may still occur in a worker.',
            command,
          ),
      ),
    migrateStrategy: (strategy: string | null) =>
      fileFix(
        strategy,
        literal('migrate'),
        advice('Migrate a version 2 strategy to version 3 with `ktrdr migrate` and its file path.'),
        (command, note) => changes(withNote('Migrate it to version 3', note), command),
      ),
  };
}

type InFolder = (verb: ShellWord, file: ShellWord) => ShellCommand;

const shared: InFolder = (verb, file) => sh`ktrdr ${verb} ~/.ktrdr/shared/strategies/${file}`;
const IN_FOLDER: Readonly<Record<Deployment, InFolder>> = {
  local: (verb, file) => sh`ktrdr ${verb} ./strategies/${file}`,
  'local-prod': shared,
  sandbox: shared,
  homelab: (verb, file) => sh`ktrdr ${verb} /mnt/ktrdr_data/strategies/${file}`,
};

/** The folder in which to run it. */
const PLACE: Partial<Readonly<Record<Deployment, string>>> = {
  local: 'in ktrdr’s folder',
  homelab: 'where /mnt/ktrdr_data is mounted',
};

/** Null for a path outside the strategies folder, as a person or a container sees it. */
function fileNameIn(strategy: string | null): string | null {
  if (strategy === null) return null;
  const name = strategy.replace(/^(?:\.?\/?|\/app\/|\/mnt\/ktrdr_data\/)strategies\//, '');
  if (name === '' || name.includes('/')) return null;
  return /\.ya?ml$/.test(name) ? name : `${name}.yaml`;
}

function pathOf(strategy: string | null): string | null {
  return strategy === null || /^\.?\//.test(strategy) ? strategy : `./${strategy}`;
}
