import { describe, expect, it } from 'vitest';
import { micros } from '../../../src/diagnosis/trace.ts';
import { minutesAround, recentWindow, widerWindow, windowOfOperation } from '../../../src/jobs/gather/window.ts';

const MINUTE = 60_000_000;
const HOUR_MS = 3_600_000;
const ID = 'op_training_20251113_143022_a1b2c3d4';
const created = micros(Date.UTC(2025, 10, 13, 14, 30, 22) * 1000);

describe('the window in which the spans of an operation may start', () => {
  it('begins five minutes before the time in the id, and ends a minute from now', () => {
    const now = micros(created + 30 * MINUTE);
    expect(windowOfOperation(ID, now, HOUR_MS)).toEqual({ from: created - 5 * MINUTE, to: now + MINUTE });
  });

  it('ends now, however old the id is, because an operation may be resumed after days', () => {
    const weekLater = micros(created + 7 * 24 * 60 * MINUTE);
    expect(windowOfOperation(ID, weekLater, HOUR_MS).to).toBe(weekLater + MINUTE);
  });

  it('is the lookback when the time in the id has not come yet', () => {
    const now = micros(created - 9 * 60 * MINUTE);
    expect(windowOfOperation(ID, now, HOUR_MS)).toEqual({ from: now - 60 * MINUTE, to: created + MINUTE });
    const yearsBefore = micros(created - 3 * 365 * 24 * 60 * MINUTE);
    expect(windowOfOperation(ID, yearsBefore, HOUR_MS)).toEqual(recentWindow(yearsBefore, HOUR_MS));
  });

  it('is widened by the farthest time zone when it is empty, unless the id has no time', () => {
    const now = micros(created + 10 * 60 * MINUTE);
    const { from, to } = windowOfOperation(ID, now, HOUR_MS);
    expect(widerWindow(ID, now, HOUR_MS)).toEqual({ from: from - 14 * 60 * MINUTE, to });
    expect(widerWindow(ID, now, 48 * HOUR_MS)).toEqual({ from: now - 48 * 60 * MINUTE, to });
    expect(widerWindow('op-1', now, HOUR_MS)).toBeNull();
  });

  it('is the lookback when the id has no time', () => {
    expect(windowOfOperation('op-1', created, HOUR_MS)).toEqual(recentWindow(created, HOUR_MS));
    expect(recentWindow(created, HOUR_MS)).toEqual({ from: created - 60 * MINUTE, to: created + MINUTE });
  });

  it('around no traces is null', () => {
    expect(minutesAround([])).toBeNull();
  });
});
