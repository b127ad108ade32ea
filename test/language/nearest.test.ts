import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closest, nearest } from '../../src/language/nearest.ts';

const NAMES = ['diagnose', 'help', 'status'];

describe('the nearest word', () => {
  it.each([
    ['diagnose', 'diagnose'],
    ['diagnos', 'diagnose'],
    ['ddiagnose', 'diagnose'],
    ['diagnoze', 'diagnose'],
    ['daignose', 'diagnose'],
    ['iagnose', 'diagnose'],
    ['hepl', 'help'],
    ['helpp', 'help'],
    ['statsu', 'status'],
  ])('for %j is %j', (word, name) => {
    expect(nearest(word, NAMES)).toBe(name);
  });

  it.each(['', 'h', 'hp', 'diag', 'dagnos', 'diagnosis', 'search', 'diangoes'])('for %j is none', (word) => {
    expect(nearest(word, NAMES)).toBeNull();
  });

  it('is the nearest of several, not the first', () => {
    expect(nearest('last', ['list', 'last'])).toBe('last');
    expect(nearest('stat', ['scat', 'stats'])).toBe('stats');
    expect(nearest('dats', ['cats', 'data', 'dates'])).toBe('data');
  });

  it('is found after any single edit', () => {
    const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz');
    fc.assert(
      fc.property(fc.string({ unit: letter, minLength: 3 }), fc.nat(), letter, fc.nat(3), (word, at, other, edit) => {
        const i = at % (word.length - 1);
        const [before, here, next, after] = [word.slice(0, i), word[i], word[i + 1], word.slice(i + 1)];
        const edits = [
          before + after,
          before + other + here + after,
          before + other + after,
          `${before}${next}${here}${word.slice(i + 2)}`,
        ];
        expect(nearest(edits[edit] ?? '', [word])).toBe(word);
      }),
    );
  });
});

describe('the closest word', () => {
  it.each([
    ['diagnos', 'diagnose'],
    ['diag', 'diagnose'],
    ['diagnosed', 'diagnose'],
    ['dagnos', 'diagnose'],
    ['stat', 'status'],
  ])('for %j is %j', (word, name) => {
    expect(closest(word, NAMES)).toBe(name);
  });

  it.each(['', 'h', 'di', 'banana', 'stxxxs', 'd'.repeat(10_000)])('for %j is none', (word) => {
    expect(closest(word, NAMES)).toBeNull();
  });
});
