import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPacing, Later } from '../../src/jobs/deliver-pacing.ts';

const signal = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

function waitOf(run: () => void): number {
  try {
    run();
    return 0;
  } catch (error) {
    if (error instanceof Later) return error.afterMs;
    throw error;
  }
}

it('holds a channel back for as long as Slack asked, and no other one', () => {
  const pacing = createPacing();
  pacing.pause('C1', 30_000);
  expect(waitOf(() => pacing.check('C1'))).toBe(30_000);
  expect(waitOf(() => pacing.check('C2'))).toBe(0);
  vi.setSystemTime(Date.now() + 29_000);
  expect(waitOf(() => pacing.check('C1'))).toBe(1000);
  vi.setSystemTime(Date.now() + 1000);
  expect(waitOf(() => pacing.check('C1'))).toBe(0);
});

it('keeps the longer of two pauses', () => {
  const pacing = createPacing();
  pacing.pause('C1', 30_000);
  pacing.pause('C1', 1000);
  expect(waitOf(() => pacing.check('C1'))).toBe(30_000);
});

it('lets a burst out at once, sends a long row to the queue, and starts anew after a silence', async () => {
  const pacing = createPacing({ intervalMs: 10_000, burst: 2 });
  await pacing.turn('C1', signal);
  await pacing.turn('C1', signal);
  await expect(pacing.turn('C1', signal)).rejects.toMatchObject({ afterMs: 10_000 });
  vi.setSystemTime(Date.now() + 20_000);
  await pacing.turn('C1', signal);
  await pacing.turn('C1', signal);
  await expect(pacing.turn('C1', signal)).rejects.toBeInstanceOf(Later);
});
