import { Resvg } from '@resvg/resvg-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DigestChart,
  digestChart,
  digestPicture,
  drawDigestSvg,
} from '../../../src/formatters/picture/digest-picture.ts';
import { drawPng } from '../../../src/formatters/picture/png.ts';
import { hostileText } from '../hostile.ts';

const FROM = Date.parse('2026-05-11T09:07:00Z');
const HOUR = 3_600_000;

function digestOf(lengthMs: number, groups: readonly { readonly meaning: string; readonly atMs: readonly number[] }[]) {
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    window: { from: iso(FROM), to: iso(FROM + lengthMs) },
    groups: groups.map(({ meaning, atMs }) => ({
      meaning,
      operations: atMs.map((ms) => ({ failedAt: Number.isNaN(ms) ? null : iso(FROM + ms) })),
    })),
  };
}

function drawn(chart: DigestChart | null): DigestChart {
  if (chart === null) throw new Error('There is no chart.');
  return chart;
}

function barsIn(svg: string): readonly { readonly x: number; readonly width: number; readonly height: number }[] {
  return [...svg.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="([\d.]+)"/g)].map(
    ([, x, width, height]) => ({ x: Number(x), width: Number(width), height: Number(height) }),
  );
}

describe('the picture of a digest', () => {
  it('has a row for each cause, bars on one scale from zero, and says how long a bar is', () => {
    const missing = { meaning: 'Market data missing', atMs: [0, 0, 0, 0, 10 * HOUR, 10 * HOUR] };
    const lost = { meaning: 'Worker lost', atMs: [10 * HOUR] };
    const chart = drawn(digestChart(digestOf(24 * HOUR, [missing, lost])));
    expect(chart.bucketMs).toBe(HOUR);
    const svg = drawDigestSvg(chart);
    const heights = barsIn(svg).map(({ height }) => height);
    expect(heights).toHaveLength(3);
    expect(heights[0]).toBeCloseTo(2 * (heights[1] ?? 0), 0);
    expect(heights[0]).toBeCloseTo(4 * (heights[2] ?? 0), 0);
    for (const words of [
      '7 failed operations by cause',
      '6 × Market data missing',
      '1 × Worker lost',
      'One bar: 1 h · times in UTC',
      '>11 May 10:00<',
    ])
      expect(svg).toContain(words);
  });

  it('puts every failure into one bar, whatever the time and the causes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60_000, max: 31 * 24 * HOUR }),
        fc.array(fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 9 }), {
          maxLength: 12,
        }),
        (lengthMs, causes) => {
          const groups = causes.map((shares, i) => ({
            meaning: `Cause ${i}`,
            atMs: shares.map((at) => at * lengthMs),
          }));
          const total = causes.flat().length;
          const chart = digestChart(digestOf(lengthMs, groups));
          if (total < 3) {
            expect(chart).toBeNull();
            return;
          }
          const { rows, bucketMs } = drawn(chart);
          expect(rows.flatMap(({ counts }) => counts).reduce((sum, count) => sum + count, 0)).toBe(total);
          expect(rows.length).toBeLessThanOrEqual(6);
          expect(lengthMs / bucketMs).toBeLessThanOrEqual(24);
          const svg = drawDigestSvg(drawn(chart));
          for (const { x, width, height } of barsIn(svg)) {
            expect(height).toBeGreaterThan(0);
            expect(x + width).toBeLessThanOrEqual(640);
          }
          expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is not drawn for fewer than three, and says what it can’t place', () => {
    const two = { meaning: 'Worker lost', atMs: [0, HOUR] };
    expect(digestPicture(digestOf(24 * HOUR, [two]))).toBeNull();
    expect(digestPicture(digestOf(24 * HOUR, [two, { meaning: 'Undated', atMs: [Number.NaN] }]))).toBeNull();
    const known = { meaning: 'Worker lost', atMs: [0, HOUR, 2 * HOUR, Number.NaN] };
    const chart = drawn(digestChart(digestOf(24 * HOUR, [known])));
    expect(chart.title).toBe('3 failed operations by cause');
    expect(chart.footer).toContain('1 failure without a time not drawn');
  });

  it('says in words what it shows', () => {
    const groups = [
      { meaning: 'Market data missing.', atMs: [0, 3 * HOUR, 3 * HOUR] },
      { meaning: 'Worker lost', atMs: [5 * HOUR] },
    ];
    expect(digestPicture(digestOf(24 * HOUR, groups))?.altText).toBe(
      'Bar chart: 4 failed operations by cause, 11 May 2026 09:07:00 UTC to 12 May 2026 09:07:00 UTC, one bar for each 1 h. Market data missing: 3, at most 2 from 11 May 12:00. Worker lost: 1 from 11 May 14:00.',
    );
  });

  it('is legal with every text, and a PNG', async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, async (meaning) => {
        const picture = digestPicture(digestOf(24 * HOUR, [{ meaning, atMs: [0, 1, 2] }]));
        if (picture === null || !('rows' in picture.chart)) throw new Error('There is no picture.');
        expect(picture.altText.length).toBeLessThanOrEqual(1000);
        const svg = drawDigestSvg(picture.chart);
        expect(() => new Resvg(svg, { font: { loadSystemFonts: false } })).not.toThrow();
      }),
      { numRuns: 30 },
    );
    const { chart } =
      digestPicture(digestOf(24 * HOUR, [{ meaning: 'Worker lost', atMs: [0, 1, 2] }])) ?? expect.fail();
    expect(
      Buffer.from((await drawPng(chart)).png)
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });
});
