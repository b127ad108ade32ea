/** `npm run generate`: writes every generated file. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { RULE_INDEX, renderRuleIndex, ruleIds } from './rule-index.ts';

const ROOT = new URL('../', import.meta.url);

writeIfChanged(RULE_INDEX, renderRuleIndex(ruleIds()));
// Imported only now: the other files are made from the rules of the index that was just written.
const { GENERATED_FILES } = await import('./generated-files.ts');
for (const [path, render] of Object.entries(GENERATED_FILES)) writeIfChanged(path, render());

function writeIfChanged(path: string, text: string): void {
  const url = new URL(path, ROOT);
  if (existsSync(url) && readFileSync(url, 'utf8') === text) return;
  writeFileSync(url, text);
  process.stdout.write(`Wrote ${path}\n`);
}
