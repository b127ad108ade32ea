import { existsSync } from 'node:fs';
import { RULES } from '../../src/diagnosis/rules/index.ts';

/** Why a rule that has a folder never matches: it isn't in the index. Empty for every other cause. */
export function hintFor(cause: string): string {
  const [id = ''] = cause.split('/');
  const isMissing =
    existsSync(new URL(`../../src/diagnosis/rules/${id}/rule.ts`, import.meta.url)) &&
    !RULES.some((rule) => rule.id === id);
  return isMissing ? ` (The rule ${id} isn't in src/diagnosis/rules/index.ts: run \`npm run generate\`.)` : '';
}
