import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatUtc,
  slackDate,
} from '../../src/formatters/units.ts';

describe('units', () => {
  it.each([
    [53, '53 ms'],
    [155_000, '2 min 35 s'],
    [3_840_000, '1 h 4 min'],
    [Number.NaN, 'unknown'],
  ])('reads %d ms as %s', (ms, words) => {
    expect(formatDuration(ms)).toBe(words);
  });

  it('rounds to what matters', () => {
    expect([2.94, 0, 9.97, 61.6, Number.NaN].map(formatPercent)).toEqual(['2.9 %', '0 %', '10 %', '62 %', 'unknown']);
    expect([812, 3482, 256 * 1024 ** 2].map(formatBytes)).toEqual(['812 B', '3.4 KiB', '256 MiB']);
    expect([formatCount(1, 'span'), formatCount(12345, 'span')]).toEqual(['1 span', '12,345 spans']);
  });

  it('gives moments with a fallback for those who cannot see a token', () => {
    expect(slackDate('2026-11-23T07:03:07.120Z')).toBe(
      '<!date^1795417387^{date_short_pretty} {time_secs}|23 Nov 2026 07:03:07 UTC>',
    );
    expect([slackDate('yesterday'), formatUtc('')]).toEqual([null, null]);
  });
});
