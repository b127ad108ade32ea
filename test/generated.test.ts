import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { GENERATED_FILES } from '../scripts/generated-files.ts';
import { RULE_INDEX, renderRuleIndex, ruleIds } from '../scripts/rule-index.ts';
import { DEFAULTS } from '../src/config/defaults.ts';
import { loadConfig } from '../src/config/environment.ts';
import { RULES } from '../src/diagnosis/rules/index.ts';

const ROOT = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

describe('generated files', () => {
  test('each rule folder is in the index, and the other way round', () => {
    const listed = RULES.map(({ id }) => id);
    expect(
      ruleIds().filter((id) => !listed.includes(id)),
      `These rule folders aren't in ${RULE_INDEX}: run \`npm run generate\` (or the folder's name isn't the rule's id)`,
    ).toEqual([]);
    expect(
      listed.filter((id) => !ruleIds().includes(id)),
      `These rules have no folder of their id: rename the folder or the id, then run \`npm run generate\``,
    ).toEqual([]);
  });

  test(RULE_INDEX, () => {
    expect(read(RULE_INDEX), stale(RULE_INDEX)).toBe(renderRuleIndex(ruleIds()));
  });

  test.each(Object.entries(GENERATED_FILES))('%s', (path, render) => {
    expect(read(path), stale(path)).toBe(render());
  });
});

test('defaults lose nothing by being written down', () => {
  expect(DEFAULTS).toEqual(loadConfig({}));
});

describe('rules', () => {
  test.each(RULES.map((rule) => [rule.id, rule] as const))('%s is complete', (id, rule) => {
    expect(ruleIds()).toContain(id);
    expect(
      existsSync(new URL(`./diagnosis/rules/${id}/rule.test.ts`, import.meta.url)),
      `test/diagnosis/rules/${id}/rule.test.ts`,
    ).toBe(true);
    for (const text of [rule.title, rule.symptom, rule.proof]) expect(text.length).toBeGreaterThan(10);
  });

  test.each(ruleIds())('%s has no TODO left', (id) => {
    const folders = [`src/diagnosis/rules/${id}`, `test/diagnosis/rules/${id}`, `fixtures/${id}`];
    expect(folders.flatMap(todosIn), 'Replace what `npm run new-cause` left open').toEqual([]);
  });

  test('explain away only what exists', () => {
    const known = new Set(
      RULES.flatMap(({ id, variants }) => [id, ...Object.keys(variants).map((variant) => `${id}/${variant}`)]),
    );
    expect(RULES.flatMap((rule) => rule.supersedes ?? []).filter((cause) => !known.has(cause))).toEqual([]);
  });
});

function stale(path: string): string {
  return `${path} isn't what its sources say: run \`npm run generate\``;
}

/** `path:line: text` of each. */
function todosIn(folder: string): readonly string[] {
  const url = new URL(folder, ROOT);
  if (!existsSync(url)) return [];
  return readdirSync(url, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const lines = readFileSync(path, 'utf8').split('\n');
      return lines.flatMap((line, i) =>
        line.includes('TODO') ? [`${relative(fileURLToPath(ROOT), path)}:${i + 1}: ${line.trim().slice(0, 120)}`] : [],
      );
    });
}
