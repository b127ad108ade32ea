/**
 * Whether a checkpoint belongs to the operation. ktrdr finds it by ID, but a training run that is stopped before its first
 * epoch keeps the previous run's checkpoint on that worker, and a resume would then train the other strategy.
 */
import type { ActionRecord, Checkpoint } from './ktrdr-port.ts';

/** Describes what differs or can't be compared; null when the checkpoint belongs to the operation. */
export function foreignIn(record: ActionRecord, checkpoint: Checkpoint): string | null {
  const { request } = checkpoint;
  if (request === null) return 'the checkpoint doesn’t say which run it’s from';
  const { parameters } = record;
  const own = {
    symbols: parameters.symbols.length > 0 ? parameters.symbols : listOf(record.symbol),
    timeframes: parameters.timeframes.length > 0 ? parameters.timeframes : listOf(record.timeframe),
    'start date': listOf(startOf(record)),
    'end date': listOf(endOf(record)),
    strategy: listOf(strategyOf(record)),
  };
  const its: typeof own = {
    symbols: request.symbols,
    timeframes: request.timeframes,
    'start date': listOf(request.startDate),
    'end date': listOf(request.endDate),
    strategy: listOf(request.strategyName ?? nameIn(request.strategyPath)),
  };
  for (const [name, values] of Object.entries(own)) {
    const others = its[name as keyof typeof own];
    const noun = name.endsWith('s') ? name.slice(0, -1) : name;
    if (values.length === 0 || others.length === 0) return `its ${noun} can’t be compared`;
    if (values.map(dayOf).join() !== others.map(dayOf).join())
      return `its ${noun} is ${others.join(', ')}, but this operation’s is ${values.join(', ')}`;
  }
  return null;
}

/** Number of characters of a strategy file that ktrdr keeps. */
const KEPT_YAML = 100;

/**
 * The name of the strategy, if the record has all of it. A training run's record has only the start of the file, where a
 * comment may come before the name, or the name may be cut.
 */
export function strategyOf({ parameters, result }: ActionRecord): string | null {
  const { strategyName, strategyYaml } = parameters;
  if (strategyName !== null) return strategyName;
  const line = /^name:[ \t]*(["']?)([\w.-]+)\1[ \t]*(?:#.*)?(\r?\n|$)/m.exec(strategyYaml ?? '');
  const isWhole = line !== null && (line[3] !== '' || (strategyYaml?.length ?? 0) < KEPT_YAML);
  return (isWhole ? line[2] : undefined) ?? result.strategyName;
}

/** `/app/strategies/lab_long.yaml` → `lab_long`. */
export function nameIn(path: string | null): string | null {
  return (
    path
      ?.split('/')
      .at(-1)
      ?.replace(/\.ya?ml$/, '') ?? null
  );
}

export function startOf({ parameters, startDate, result }: ActionRecord): string | null {
  return parameters.startDate ?? startDate ?? result.startDate;
}

export function endOf({ parameters, endDate, result }: ActionRecord): string | null {
  return parameters.endDate ?? endDate ?? result.endDate;
}

/** ktrdr writes the same day as `2019-06-01` or `2019-06-01T00:00:00`. */
function dayOf(value: string): string {
  return value.replace(/(?<=^\d{4}-\d{2}-\d{2})T00:00:00(?:\.0+)?(?:Z|\+00:00)?$/, '');
}

function listOf(value: string | null): readonly string[] {
  return value === null ? [] : [value];
}
