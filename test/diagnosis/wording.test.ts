import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTE } from '../../src/diagnosis/vocabulary/attributes.ts';

const RULES = new URL('../../src/diagnosis/rules/', import.meta.url);
// A finder may know how ktrdr spells things; what a rule decides and says may not.
const files = readdirSync(RULES, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /\/(?:rule|[\w-]*texts)[.]ts$/.test(path),
);
const spellings = Object.values(ATTRIBUTE)
  .flat()
  .filter((spelling) => spelling.includes('.'));

describe.each(files)('%s', (file) => {
  const source = readFileSync(new URL(file, RULES), 'utf8');
  const code = source.replace(/^import [\s\S]*?;$/gm, '');

  it('knows meanings, not spellings: attributes, routes, services and ports belong to the facts', () => {
    const quoted = [...code.matchAll(/'([^'\n]*)'/g)].map(([, text = '']) => text);
    expect(quoted.filter((text) => spellings.some((spelling) => text.includes(spelling)))).toEqual([]);
    expect(
      quoted.filter((text) =>
        /^\^?(?:operations?|workers?|training|backtest|data|ib|agent|cli)\\?\.[a-z_]+$/.test(text),
      ),
    ).toEqual([]);
    expect(code).not.toMatch(/ktrdr-|\/api\/v1|\b(?:50[0-9]{2}|8000|400[12]|749[67])\b/);
  });

  it('can be read in one go', () => {
    expect(source.split('\n').length).toBeLessThanOrEqual(file.endsWith('/rule.ts') ? 150 : 180);
  });
});
