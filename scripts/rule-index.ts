/** `src/diagnosis/rules/index.ts` lists the rules. It's made from folder names only, so that it can be written while it's stale. */
import { readdirSync } from 'node:fs';

export const RULES_FOLDER = 'src/diagnosis/rules';
export const RULE_INDEX = `${RULES_FOLDER}/index.ts`;

const ROOT = new URL('../', import.meta.url);

/** Each rule has a folder of its name. */
export function ruleIds(): readonly string[] {
  return readdirSync(new URL(RULES_FOLDER, ROOT), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

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
