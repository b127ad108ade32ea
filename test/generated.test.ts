/** The generator and the check that nothing is stale are the same lines: `npm run generate` runs this file with `--update`. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DEFAULTS } from '../src/config/defaults.ts';
import { renderEnvExample, renderEnvironmentTable } from '../src/config/documentation.ts';
import { Environment, loadConfig } from '../src/config/environment.ts';
import { RULES } from '../src/diagnosis/rules/index.ts';
import { diagnosisSchema } from '../src/jobs/answer/diagnosis-schema.ts';
import { renderCauses, renderDefaults, renderRuleIndex, ruleIds } from './support/generated-docs.ts';

describe('generated files', () => {
  test('src/diagnosis/rules/index.ts', async () => {
    await expect(renderRuleIndex(ruleIds())).toMatchFileSnapshot('../src/diagnosis/rules/index.ts');
  });

  test('docs/causes.md', async () => {
    await expect(renderCauses(RULES)).toMatchFileSnapshot('../docs/causes.md');
  });

  test('schema/diagnosis.schema.json', async () => {
    const schema = z.toJSONSchema(diagnosisSchema, { io: 'input' });
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../schema/diagnosis.schema.json');
  });

  test('.env.example', async () => {
    await expect(renderEnvExample()).toMatchFileSnapshot('../.env.example');
  });

  test('the table of variables in README.md', async () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const written = readme.replace(
      /(<!-- environment[^>]*-->\n)[\s\S]*(\n<!-- \/environment -->)/,
      (_, from: string, to: string) => `${from}${renderEnvironmentTable()}${to}`,
    );
    expect(written).toContain(renderEnvironmentTable());
    await expect(written).toMatchFileSnapshot('../README.md');
  });
});

describe('defaults', () => {
  test('src/config/defaults.ts', async () => {
    const text = renderDefaults(Object.keys(Environment.shape), loadConfig({}));
    await expect(text).toMatchFileSnapshot('../src/config/defaults.ts');
  });

  test('lose nothing by being written down', () => {
    expect(DEFAULTS).toEqual(loadConfig({}));
  });
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

  test('explain away only what exists', () => {
    const known = new Set(
      RULES.flatMap(({ id, variants }) => [id, ...Object.keys(variants).map((variant) => `${id}/${variant}`)]),
    );
    expect(RULES.flatMap((rule) => rule.supersedes ?? []).filter((cause) => !known.has(cause))).toEqual([]);
  });
});
