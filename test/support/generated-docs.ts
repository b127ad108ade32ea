import { readdirSync } from 'node:fs';
import type { Rule } from '../../src/diagnosis/rule.ts';

/** The ids of the rules: each has a folder of its name. */
export function ruleIds(): readonly string[] {
  return readdirSync(new URL('../../src/diagnosis/rules/', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** `src/diagnosis/rules/index.ts`. */
export function renderRuleIndex(ids: readonly string[]): string {
  const variable = (id: string) => id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return [
    '// Generated from the folders beside this file by `npm run generate`; do not edit.',
    "import type { Rule } from '../rule.ts';",
    ...ids.map((id) => `import { rule as ${variable(id)} } from './${id}/rule.ts';`),
    '',
    'export const RULES: readonly Rule[] = [',
    ...ids.map((id) => `  ${variable(id)},`),
    '];',
    '',
  ].join('\n');
}

/** `docs/causes.md`. */
export function renderCauses(rules: readonly Rule[]): string {
  const sections = rules.flatMap((rule) => {
    const variants = Object.entries(rule.variants).map(([name, meaning]) => `| \`${rule.id}/${name}\` | ${meaning} |`);
    const replaced = (rule.supersedes ?? []).map((id) => `\`${id}\``).join(', ');
    return [
      `## ${rule.title}`,
      '',
      `\`${rule.id}\` · scenario ${rule.scenario} · ${rule.severity}${rule.tier === undefined ? '' : ` · ${rule.tier}`}`,
      '',
      `**Seen as:** ${rule.symptom}`,
      '',
      `**Proof:** ${rule.proof}`,
      '',
      ...(variants.length === 0 ? [] : ['| cause | meaning |', '|---|---|', ...variants, '']),
      ...(replaced === '' ? [] : [`Also replaces: ${replaced}.`, '']),
    ];
  });
  return [
    '# Causes',
    '',
    'Everything the bot can say about an operation. Generated from `src/diagnosis/rules/` by `npm run generate`.',
    '',
    ...sections,
  ].join('\n');
}

/** `src/config/defaults.ts`. */
export function renderDefaults(variables: readonly string[], defaults: object): string {
  return [
    '// Generated from `environment.ts` by `npm run generate`; not edited by hand.',
    "import type { Config } from './environment.ts';",
    '',
    `export const VARIABLES: readonly string[] = ${JSON.stringify(variables, null, 2)};`,
    '',
    '/** What `loadConfig({})` gives. */',
    `export const DEFAULTS: Config = ${JSON.stringify(defaults, null, 2)};`,
    '',
  ].join('\n');
}
