import { describe, expect, it } from 'vitest';
import { failuresAskedIn } from '../../src/handlers/failure-list.ts';
import { readPlainWords } from '../../src/handlers/typed-text.ts';

const NOW_MS = Date.parse('2026-05-12T12:00:00Z');

describe('a question about what failed', () => {
  it.each([
    ['what failed?', ''],
    ['what failed since yesterday 17:00', 'since yesterday 17:00'],
    ['what failed 17h', '17h'],
    ['what failed in the last 2 hours?', 'in the last 2 hours'],
    ['which backtests failed since 22:30?', 'backtests since 22:30'],
    ['good morning, what failed today?', 'today'],
    ['has anything failed since 2h?', 'since 2h'],
    ['what failed in my training since 2h?', 'in training since 2h'],
    ['what failed while I was away?', ''],
  ])('%j searches for %j', (text, words) => {
    expect(failuresAskedIn(text, readPlainWords(text), NOW_MS)).toBe(words);
  });

  it.each([
    'why did the backtest fail?',
    'what failed in my training?',
    'what is wrong with my training that failed today?',
    'what failed in op_training_20260109_060025_4183136f?',
    'backtests keep failing',
  ])('is not %j', (text) => {
    expect(failuresAskedIn(text, readPlainWords(text), NOW_MS)).toBeNull();
  });
});
