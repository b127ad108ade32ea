/** Words of the style guide that must not come back into what the bot says. */
import { describe, expect, it } from 'vitest';
import { allTexts } from '../scripts/texts.ts';

/** Where a text quotes ktrdr, Jaeger or Slack, or lists words to look for. */
const QUOTES = [
  'diagnosis/redaction/',
  'diagnosis/vocabulary/messages.ts',
  'adapters/http/network.ts',
  'adapters/queue/pglite/upkeep.ts',
];

const BANNED: readonly (readonly [words: string, use: string, pattern: RegExp])[] = [
  ['at hand', 'available', /\bat hand\b/i],
  ['turned down', 'rejected', /\bturned down\b/i],
  ['witness', 'source', /\bwitness(?:es)?\b/i],
  ['shall', 'should', /\bshall\b/i],
  ['once more', 'again', /\bonce more\b/i],
  ['“(s)” for a plural', 'the plural helper', /\w\(s\)/],
  ['British spelling', 'American spelling', /\b(?:organis|recognis|behaviour|analys(?:ed|ing)\b|licence)/i],
];

describe('what the bot says', () => {
  const texts = allTexts().filter(({ file }) => !QUOTES.some((path) => file.startsWith(path)));

  it('is found at all', () => {
    expect(texts.length).toBeGreaterThan(2000);
  });

  it.each(BANNED)('does not say %s, but %s', (_words, _use, pattern) => {
    expect(
      texts.filter(({ text }) => pattern.test(text)).map(({ file, line, text }) => `${file}:${line} ${text}`),
    ).toEqual([]);
  });
});
