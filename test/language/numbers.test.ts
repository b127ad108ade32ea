import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percent, shortNumber } from '../../src/language/numbers.ts';
import { plural } from '../../src/language/plurals.ts';

describe('a percentage', () => {
  it.each<[number, string]>([
    [2.94, '2.9%'],
    [0, '0%'],
    [5, '5%'],
    [9.96, '10%'],
    [9.97, '10%'],
    [9.94, '9.9%'],
    [45, '45%'],
    [61.6, '62%'],
    [0.018000000000000002, '0%'],
    [-0.01, '0%'],
    [Number.NaN, 'unknown'],
  ])('%d', (value, text) => {
    expect(percent(value)).toBe(text);
  });

  it('is short, whatever its value', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100, noNaN: true }), (value) =>
        /^(?:\d\.[1-9]|\d{1,3})%$/.test(percent(value)),
      ),
    );
  });
});

describe('numbers', () => {
  it('are rounded before their decimals are chosen', () => {
    expect([1.04, 9.94, 9.96, 12.4].map(shortNumber)).toEqual(['1.0', '9.9', '10', '12']);
  });

  it('agree with their noun', () => {
    expect([plural(1, 'span'), plural(0, 'span'), plural(12345, 'span'), plural(2, 'match', 'matches')]).toEqual([
      '1 span',
      '0 spans',
      '12,345 spans',
      '2 matches',
    ]);
    expect(plural(Number.NaN, 'span')).toBe('unknown spans');
  });
});
