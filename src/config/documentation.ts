/** The environment as people read it, made from the schema so that it cannot be out of date. */
import { z } from 'zod';
import { Environment } from './environment.ts';

export interface Variable {
  readonly name: string;
  /** As it would be written in the environment; null when unset is the default. */
  readonly defaultText: string | null;
  readonly meaning: string;
}

export function describeEnvironment(): readonly Variable[] {
  return Object.entries(Environment.shape).map(([name, schema]) => ({
    name,
    defaultText: schema instanceof z.ZodPrefault ? String(schema.def.defaultValue) : null,
    meaning: schema.description ?? '',
  }));
}

/** Everything commented out: copied as it is, it changes nothing. */
export function renderEnvExample(): string {
  const intro =
    '# Copy to .env and set what you need. Every variable, its meaning and its default; unset is the same as empty.\n';
  const blocks = describeEnvironment().map(
    ({ name, defaultText, meaning }) => `# ${meaning.replaceAll('`', '')}\n# ${name}=${defaultText ?? ''}\n`,
  );
  return [intro, ...blocks].join('\n');
}

/** A Markdown table, to stand between `<!-- environment -->` and `<!-- /environment -->` in the README. */
export function renderEnvironmentTable(): string {
  const rows = describeEnvironment().map(({ name, defaultText, meaning }) => {
    const shown = defaultText === null ? '–' : `\`${defaultText}\``;
    return `| \`${name}\` | ${shown} | ${meaning.replaceAll('|', '\\|')} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}
