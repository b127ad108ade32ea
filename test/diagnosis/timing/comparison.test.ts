import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, MIN_SAMPLES, type Sample } from '../../../src/diagnosis/timing/comparison.ts';

const lengths = fc.array(fc.integer({ min: 1000, max: 1_000_000_000 }), { minLength: MIN_SAMPLES, maxLength: 60 });

function samples(values: readonly number[], work: number | null = null): readonly Sample[] {
  return values.map((length) => ({ length, work }));
}

describe('compare', () => {
  test('fewer than five prove nothing', () => {
    expect(compare({ length: 1e9, work: null }, samples([1, 1, 1, 1]))).toBeNull();
  });

  test('what lies among the samples is not slower', () => {
    fc.assert(
      fc.property(lengths, fc.nat(), (values, pick) => {
        const length = values[pick % values.length] ?? 0;
        const inner = { length: Math.min(length, Math.max(...values) - 1), work: null };
        if (values.length < 20) expect(compare(inner, samples(values))?.slower).toBe(false);
      }),
    );
  });

  test('neither the order of the samples nor the unit of time matters', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1000, max: 1_000_000_000 }), (values, length) => {
        const one = compare({ length, work: null }, samples(values));
        const other = compare({ length: length * 8, work: null }, samples(values.map((value) => value * 8).reverse()));
        expect(other?.slower).toBe(one?.slower);
        expect(other?.ratio).toBeCloseTo(one?.ratio ?? -1, 6);
      }),
    );
  });

  test('a constant past does not make three per cent a difference', () => {
    expect(compare({ length: 103_000, work: null }, samples(Array(30).fill(100_000)))?.slower).toBe(false);
    expect(compare({ length: 160_000, work: null }, samples(Array(30).fill(100_000)))?.slower).toBe(true);
  });

  test('less than half as long again is not slower, however constant the past', () => {
    const past = samples(Array(30).fill(100_000));
    expect(compare({ length: 149_000, work: null }, past)).toMatchObject({ ratio: 1.49, slower: false });
    expect(compare({ length: 151_000, work: null }, past)).toMatchObject({ ratio: 1.51, slower: true });
  });

  test('time that grows with the work is compared at the same amount of work', () => {
    const past = [1000, 2000, 4000, 8000, 16_000].map((work) => ({ length: work * 200, work }));
    expect(compare({ length: 32_000 * 210, work: 32_000 }, past)).toMatchObject({ slower: false });
    expect(compare({ length: 32_000 * 2100, work: 32_000 }, past)).toMatchObject({ slower: true });
    expect(compare({ length: 500 * 2000, work: 500 }, past)?.ratio).toBeCloseTo(10, 1);
  });

  test('time that does not grow with the work gets no allowance for more of it', () => {
    const past = [1000, 2000, 4000, 8000, 16_000].map((work) => ({ length: 100_000 + (work % 7), work }));
    expect(compare({ length: 1_000_000, work: 32_000 }, past)?.ratio).toBeCloseTo(10, 1);
  });

  test('without a lesson more work excuses more time, and less work no less', () => {
    const past = samples([100_000, 101_000, 102_000, 103_000, 104_000], 1000);
    expect(compare({ length: 1_000_000, work: 10_000 }, past)?.slower).toBe(false);
    expect(compare({ length: 100_000, work: 100 }, past)?.slower).toBe(false);
  });
});
