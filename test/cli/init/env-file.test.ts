import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isWritable, withVariables } from '../../../src/cli/env-file.ts';

const NAME = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/);
const VALUE = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .filter((text) => isWritable(text) && !/[\r\n]/.test(text) && text === text.trim());

it('what is written is read again by Node, whatever was in the file', () => {
  const entries = fc.dictionary(NAME, VALUE, { maxKeys: 6, noNullPrototype: true });
  fc.assert(
    fc.property(entries, entries, (before, answers) => {
      const text = withVariables('', new Map(Object.entries(before)));
      const after = parseEnv(withVariables(text, new Map(Object.entries(answers))));
      expect(after).toEqual({ ...before, ...answers });
    }),
  );
});

it('keeps what is no answer: comments, blanks, others’ variables, and values of several lines', () => {
  const text = `# PORT=1 is a comment\n\nexport OTHER="two\nPORT=2 lines"\nPORT=3 # old\n\nPORT=4\nLAST='x'`;
  expect(
    withVariables(
      text,
      new Map([
        ['PORT', '5'],
        ['LOOKBACK', '2d'],
      ]),
    ),
  ).toBe(`# PORT=1 is a comment\n\nexport OTHER="two\nPORT=2 lines"\nPORT=5\n\nLAST='x'\nLOOKBACK=2d\n`);
});

it('quotes only what needs it, because Docker and kubectl take quotes as part of a value', () => {
  const values = {
    SLACK_BOT_TOKEN: `${'xoxb'}-1-a`,
    REDIS_URL: 'redis://u:p%40@h:6379/0?x=1&y=2',
    ALLOWED_USERS: 'U1,U2',
  };
  expect(withVariables('', new Map(Object.entries(values)))).not.toMatch(/['"`]/);
  expect(withVariables('', new Map([['REDACT', 'a b#c']]))).toBe(`REDACT='a b#c'\n`);
  expect(withVariables('', new Map([['REDACT', "it's"]]))).toBe(`REDACT="it's"\n`);
});
