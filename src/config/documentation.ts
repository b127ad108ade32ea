/** Documents about the environment, generated from its schema. */
import { z } from 'zod';
import { Environment } from './environment.ts';

interface Variable {
  readonly name: string;
  /** The default as it would be written in the environment; null when there is none. */
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

/** All variables are commented out: an unchanged copy changes nothing. */
export function renderEnvExample(): string {
  const intro =
    '# Copy to .env and set what you need. Every variable with its meaning and default. Unset and empty are the same.\n';
  const blocks = describeEnvironment().map(
    ({ name, defaultText, meaning }) => `# ${meaning.replaceAll('`', '')}\n# ${name}=${defaultText ?? ''}\n`,
  );
  return [intro, ...blocks].join('\n');
}

/** A Markdown table, for README.md. */
export function renderEnvironmentTable(): string {
  const rows = describeEnvironment().map(({ name, defaultText, meaning }) => {
    const shown = defaultText === null ? '–' : `\`${defaultText}\``;
    return `| \`${name}\` | ${shown} | ${meaning.replaceAll('|', '\\|')} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}
