import { describe, expect, it } from 'vitest';
import { formatUtc, slackDate } from '../../src/formatters/units.ts';

describe('units', () => {
  it('gives moments with a fallback for those who cannot see a token', () => {
    expect(slackDate('2026-11-23T07:03:07.120Z')).toBe(
      '<!date^1795417387^{date_short_pretty} at {time_secs}|23 Nov 2026 07:03:07 UTC>',
    );
    expect([slackDate('yesterday'), formatUtc('')]).toEqual([null, null]);
  });
});
