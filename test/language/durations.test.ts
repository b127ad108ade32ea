import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DAY_MS,
  formatDuration,
  HOUR_MS,
  MINUTE_MS,
  matchDuration,
  matchSpan,
  notADuration,
  readDuration,
  typedDuration,
} from '../../src/language/durations.ts';

describe('a typed duration', () => {
  it.each<[string, number]>([
    ['500ms', 500],
    ['90s', 90_000],
    ['30 minutes', 30 * MINUTE_MS],
    ['5min', 5 * MINUTE_MS],
    ['2h30m', 2.5 * HOUR_MS],
    ['2h 30m', 2.5 * HOUR_MS],
    ['2 hours and 30 minutes', 2.5 * HOUR_MS],
    ['1.5h', 1.5 * HOUR_MS],
    ['2 Hours', 2 * HOUR_MS],
    ['6H', 6 * HOUR_MS],
    ['an hour', HOUR_MS],
    ['half an hour', HOUR_MS / 2],
    ['two days', 2 * DAY_MS],
    ['1w', 7 * DAY_MS],
    ['“3 d”', 3 * DAY_MS],
    ['0m', 0],
  ])('%s', (text, ms) => {
    expect(readDuration(text)).toBe(ms);
  });

  it.each([
    '',
    'h',
    '2x',
    '2',
    '30m2h',
    '2h3h',
    '2 hours ago',
    '-2h',
    '2h-3h',
    'hour',
    '1e3s',
    `${'9'.repeat(15)}w`,
    `2h${' '.repeat(400)}x`,
  ])('is not %j', (text) => {
    expect(readDuration(text)).toBeNull();
  });

  it('of one unit may be the unit alone behind “last” and “every”', () => {
    expect(matchSpan(['hour'], 0)).toEqual({ value: HOUR_MS, next: 1 });
    expect([matchSpan(['h'], 0), matchDuration(['hour'], 0)]).toEqual([null, null]);
  });

  it('leaves a second word unread where that may mean something else', () => {
    expect(matchDuration(['2d', '1h'], 0)?.next).toBe(2);
    expect(matchDuration(['2d', '1h'], 0, { joinsGlued: false })).toEqual({ value: 2 * DAY_MS, next: 1 });
    expect(matchDuration(['2', 'days', '1h'], 0, { joinsGlued: false })?.next).toBe(2);
  });

  it('that cannot be read is quoted with the rule and an example', () => {
    expect(notADuration('2x')).toBe('“2x” isn’t a duration. Use 30m, 24h, or 7d.');
    expect(notADuration('x'.repeat(5000)).length).toBeLessThan(120);
  });

  it('can be typed again', () => {
    fc.assert(fc.property(fc.nat({ max: 90 * DAY_MS }), (ms) => readDuration(typedDuration(ms)) === ms));
    expect([90 * MINUTE_MS, 2 * DAY_MS, HOUR_MS, 90_000, 1500].map(typedDuration)).toEqual([
      '90m',
      '2d',
      '1h',
      '90s',
      '1500ms',
    ]);
  });
});

describe('a printed duration', () => {
  it.each<[number, string]>([
    [0, '0 µs'],
    [0.009, '9 µs'],
    [0.9994, '999 µs'],
    [0.9996, '1.0 ms'],
    [9.3, '9.3 ms'],
    [9.96, '10 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [4600, '4.6 s'],
    [53, '53 ms'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [119_700, '2 min'],
    [155_000, '2 min 35 s'],
    [3_599_600, '1 h'],
    [3_840_000, '1 h 4 min'],
    [DAY_MS, '24 h'],
    [48 * HOUR_MS - 20_000, '2 d'],
    [71.6 * HOUR_MS, '3 d'],
    [74 * HOUR_MS, '3 d 2 h'],
    [-5, '0 µs'],
    [Number.NaN, 'unknown'],
    [Number.POSITIVE_INFINITY, 'unknown'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  /** From microseconds to years, as densely at the borders of units as between them. */
  const anyLength = fc.oneof(
    fc.double({ min: -3, max: 11, noNaN: true }).map((power) => 10 ** power),
    fc
      .tuple(
        fc.constantFrom(0.001, 1, 10, 1000, 10_000, 60_000, 3_600_000, 48 * HOUR_MS),
        fc.double({ min: 0.95, max: 1.05, noNaN: true }),
      )
      .map(([border, factor]) => border * factor),
  );

  it('reads as nearly the same', () => {
    fc.assert(
      fc.property(anyLength, (ms) => {
        const read = readDuration(formatDuration(ms)) ?? Number.NaN;
        expect(Math.abs(read - ms)).toBeLessThanOrEqual(Math.max(0.0005, ms * 0.05) + 1e-9);
      }),
      { numRuns: 2000 },
    );
  });

  it('never reaches the next larger unit', () => {
    fc.assert(
      fc.property(anyLength, (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b(?:\d{4,} (?:µs|ms)|60 s|60 min|10\.0)|d 24 h/);
      }),
      { numRuns: 2000 },
    );
  });

  it('never shrinks when the length grows', () => {
    fc.assert(
      fc.property(anyLength, fc.double({ min: 1, max: 3, noNaN: true }), (ms, factor) => {
        const [short = 0, long = 0] = [ms, ms * factor].map((one) => readDuration(formatDuration(one)) ?? Number.NaN);
        expect(long).toBeGreaterThanOrEqual(short);
      }),
    );
  });
});
