/** How long a channel waits after unclear responses from Slack: longer each time, until a call succeeds. Per process. */
import { createCache } from '../cache.ts';

/** Slack's response was unclear: try again soon. */
export class Unclear extends Error {}

export interface Setbacks {
  /** Counts one more, and returns how long to wait, in milliseconds. */
  add(lane: string): number;
  clear(lane: string): void;
}

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 30_000;
const MAX_LANES = 10_000;

export function createSetbacks(firstWaitMs = FIRST_WAIT_MS): Setbacks {
  const counts = createCache<number>({ maxEntries: MAX_LANES });
  return {
    add(lane) {
      const count = (counts.get(lane) ?? 0) + 1;
      counts.set(lane, count);
      const longestMs = Math.min(firstWaitMs * 2 ** Math.min(count - 1, 10), MAX_WAIT_MS);
      // Adds jitter, because channels may have failed together.
      return longestMs * (0.5 + Math.random() / 2);
    },
    clear: (lane) => counts.delete(lane),
  };
}
