import type { PacingTime } from '../../../src/jobs/deliver/pacing.ts';

/** Starts at 0 and passes only when it is told to, or when something waits: a wait ends at once, at its time. */
export function manualTime(): PacingTime & { pass(ms: number): void } {
  let now = 0;
  return {
    now: () => now,
    async wait(ms, signal) {
      signal.throwIfAborted();
      now += ms;
    },
    pass(ms) {
      now += ms;
    },
  };
}
