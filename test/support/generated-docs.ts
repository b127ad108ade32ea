import { readdirSync } from 'node:fs';
import type { Rule } from '../../src/diagnosis/rule.ts';

/** The rule files of the folder, without the generated index. */
export function ruleFiles(): readonly string[] {
  return readdirSync(new URL('../../src/diagnosis/rules/', import.meta.url))
    .filter((name) => name.endsWith('.ts') && name !== 'index.ts')
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
}

/** `src/diagnosis/rules/index.ts`. */
export function renderRuleIndex(files: readonly string[]): string {
  const variable = (file: string) => file.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return [
    '// Generated from the files of this folder by `npm run generate`; not edited by hand.',
    "import type { Rule } from '../rule.ts';",
    ...files.map((file) => `import { rule as ${variable(file)} } from './${file}.ts';`),
    '',
    'export const RULES: readonly Rule[] = [',
    ...files.map((file) => `  ${variable(file)},`),
    '];',
    '',
  ].join('\n');
}

/** `docs/causes.md`. */
export function renderCauses(rules: readonly Rule[]): string {
  const sections = rules.flatMap((rule) => {
    const variants = Object.entries(rule.variants).map(([name, meaning]) => `| \`${rule.id}/${name}\` | ${meaning} |`);
    const explainsAway = (rule.supersedes ?? []).map((id) => `\`${id}\``).join(', ');
    return [
      `## ${rule.title}`,
      '',
      `\`${rule.id}\` · scenario ${rule.scenario} · ${rule.severity}`,
      '',
      `**Seen as:** ${rule.symptom}`,
      '',
      `**Proof:** ${rule.proof}`,
      '',
      ...(variants.length === 0 ? [] : ['| cause | meaning |', '|---|---|', ...variants, '']),
      ...(explainsAway === '' ? [] : [`Explains away: ${explainsAway}.`, '']),
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

/** `src/config-defaults.ts`. */
export function renderDefaults(variables: readonly string[], defaults: object): string {
  return [
    '// Generated from `config.ts` by `npm run generate`; not edited by hand.',
    "import type { Config } from './config.ts';",
    '',
    `export const VARIABLES: readonly string[] = ${JSON.stringify(variables, null, 2)};`,
    '',
    '/** What `loadConfig({})` gives. */',
    `export const DEFAULTS: Config = ${JSON.stringify(defaults, null, 2)};`,
    '',
  ].join('\n');
}
