/** One grammar of time: what one command reads, every other command, form, and setting reads as well. */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/environment.ts';
import { micros } from '../../src/diagnosis/trace.ts';
import { readMute } from '../../src/handlers/mute-words.ts';
import { readDigestWords } from '../../src/jobs/digest/words.ts';
import { parseSearchWords } from '../../src/jobs/search/words.ts';

const NOW_MS = Date.parse('2026-05-12T12:00:00Z');
const NOW = micros(NOW_MS * 1000);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How each consumer reads a duration: milliseconds, or what it said instead. */
const DURATION_READERS: readonly (readonly [string, (words: string) => unknown])[] = [
  ['search since', (words) => backOf(`since ${words}`)],
  ['search last', (words) => backOf(`failed training in the last ${words} AAPL`)],
  ['search since=', (words) => backOf(`since=${words.replaceAll(' ', '')}`)],
  ['search longer than', (words) => minDurationOf(`longer than ${words}`)],
  ['digest now', (words) => digestOf(`now ${words}`)],
  ['digest now last', (words) => digestOf(`now last ${words} training`)],
  ['digest set, and the form', (words) => digestOf(`set daily over the last ${words}`)],
  ['mute', (words) => muteOf(words)],
  ['mute channel for', (words) => muteOf(`channel for ${words}`)],
  ['a setting', (words) => loadConfig({ LOOKBACK: words }).lookbackMs],
  ['the setting of digests', (words) => settingOf(words)],
];

const DURATIONS: readonly (readonly [string, number])[] = [
  ['2 hours', 2 * HOUR_MS],
  ['24 hours', 24 * HOUR_MS],
  ['30 minutes', 30 * MINUTE_MS],
  ['an hour', HOUR_MS],
  ['1w', 7 * 24 * HOUR_MS],
  ['90s', 90_000],
  ['2h30m', 2.5 * HOUR_MS],
  ['1.5h', 1.5 * HOUR_MS],
  ['2 h 30 min', 2.5 * HOUR_MS],
  ['120000ms', 2 * MINUTE_MS],
  ['15m', 15 * MINUTE_MS],
  ['15min', 15 * MINUTE_MS],
  ['6h', 6 * HOUR_MS],
  ['2d', 48 * HOUR_MS],
];

describe.each(DURATION_READERS)('%s', (name, read) => {
  // A value behind `=` is one word.
  const isOneWord = name === 'search since=';
  it.each(DURATIONS.filter(([words]) => !isOneWord || words !== 'an hour'))('%s', (words, ms) => {
    expect(read(words)).toBe(ms);
  });
});

describe('a moment', () => {
  const MOMENTS: readonly (readonly [string, number])[] = [
    ['yesterday', 36 * HOUR_MS],
    ['today', 12 * HOUR_MS],
    ['monday', 36 * HOUR_MS],
    ['9.30', 2.5 * HOUR_MS],
    ['9:30am', 2.5 * HOUR_MS],
    ['at 9h', 3 * HOUR_MS],
    ['midnight', 12 * HOUR_MS],
    ['yesterday at noon', 24 * HOUR_MS],
    ['2026-05-12T06:00:00Z', 6 * HOUR_MS],
    ['2026-05-12', 12 * HOUR_MS],
  ];
  it.each(MOMENTS)('%s is the same for a search and a digest', (words, back) => {
    expect(backOf(`failed since ${words}`)).toBe(back);
    expect(digestOf(`now since ${words}`)).toBe(back);
  });

  it.each([
    ['hour', HOUR_MS],
    ['day', 24 * HOUR_MS],
    ['week', 7 * 24 * HOUR_MS],
  ])('last %s is the same for a search and a digest', (unit, back) => {
    expect(backOf(`failed last ${unit}`)).toBe(back);
    expect(digestOf(`now last ${unit}`)).toBe(back);
    expect(digestOf(`set daily last ${unit}`)).toBe(back);
  });
});

describe('a word that no consumer reads', () => {
  it.each([
    ['search', () => backOf('failed since 2x')],
    ['digest now', () => digestOf('now last 2x')],
    ['digest set', () => digestOf('set daily since 2x')],
  ])('is quoted by %s', (_name, read) => {
    expect(read()).toMatch(/“2x” isn’t a duration.* Use /);
  });

  it('is no duration of a mute or a setting', () => {
    expect(readMute('for 2x')).toEqual({ kind: 'not-a-duration', word: '2x' });
    expect(() => loadConfig({ LOOKBACK: '2x' })).toThrow(/LOOKBACK must be a duration such as/);
  });

  it('is zero for a mute, a digest, and a setting', () => {
    expect(readMute('0m')).toEqual({ kind: 'too-short', word: '0m' });
    expect(digestOf('now 0m')).toMatch(/“0m” isn’t between 1m and 31d/);
    expect(() => loadConfig({ LOOKBACK: '0m' })).toThrow(/LOOKBACK must be a duration such as/);
  });
});

function backOf(text: string): unknown {
  const read = parseSearchWords(text, NOW);
  return read.kind === 'criteria' ? (NOW - (read.request.since ?? Number.NaN)) / 1000 : read.problem;
}

function minDurationOf(text: string): unknown {
  const read = parseSearchWords(text, NOW);
  return read.kind === 'criteria' ? read.request.minDurationMs : read.problem;
}

function digestOf(text: string): unknown {
  const request = readDigestWords(text, NOW_MS);
  if (request.kind === 'set') return request.plan.sinceMs;
  return request.kind === 'now' ? request.sinceMs : request.kind === 'unclear' ? request.problem : request.kind;
}

function muteOf(text: string): unknown {
  const request = readMute(text);
  return request.kind === 'mute' ? request.forMs : request;
}

function settingOf(since: string): unknown {
  const entry = { channel: 'C0OPS', cron: '0 9 * * *', tz: 'CET', since };
  return loadConfig({ DIGESTS: JSON.stringify([entry]) }).digests[0]?.sinceMs;
}
