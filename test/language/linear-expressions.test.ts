import { describe, expect, it } from 'vitest';
import { linear, matchesOf } from '../../src/language/linear-expressions.ts';

describe("an operator's expression", () => {
  it.each([
    [/acct-\d+/, 'acct-12 and acct-345', ['acct-12', 'acct-345']],
    [/acct/gi, 'ACCT acct', ['ACCT', 'acct']],
    [/^b.$/m, 'a1\nb2\nc3', ['b2']],
    [/a.c/s, 'a\nc', ['a\nc']],
    [/(?<year>\d{4})-\d{2}/, '2026-11 😀 2026-12', ['2026-11', '2026-12']],
    [/\p{Lu}{3}/u, 'ÄÖÜ', ['ÄÖÜ']],
    [/x*/, 'axb', ['x']],
  ])('%s finds what JavaScript finds', (expression, text, expected) => {
    expect(matchesOf(expression, text).map(({ start, end }) => text.slice(start, end))).toEqual(expected);
  });

  it.each([/(?<=a)b/, /(?<!a)b/, /a(?=b)/, /a(?!b)/, /(a)\1/])('%s is refused', (expression) => {
    expect(() => linear(expression)).toThrow();
  });

  it('that would take JavaScript minutes takes linear time', () => {
    expect(matchesOf(/(a+)+b/, 'a'.repeat(50_000))).toEqual([]);
  });
});
