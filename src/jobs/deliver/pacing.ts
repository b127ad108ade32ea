/**
 * Paces posts: Slack accepts about one per second and channel, with short bursts. Neither its client nor the queue has such a
 * limiter.
 */
import { setTimeout } from 'node:timers/promises';
import { createCache } from '../cache.ts';
import { wholeMs } from '../queue/queues.ts';

/** Nothing can be posted in the channel for `afterMs`, in whole milliseconds. This doesn't count as a failed attempt. */
export class Later extends Error {
  readonly afterMs: number;
  constructor(afterMs: number) {
    super(`retry in ${afterMs} ms`);
    this.afterMs = wholeMs(afterMs);
  }
}

/** This request can't go on for `afterMs`; others in the channel can. */
export class NotYet extends Later {}

export interface Pacing {
  /** Resolves when a post may go out; throws `Later` when that is not soon. While it waits, `meanwhile` runs. */
  turn(channel: string, signal: AbortSignal, meanwhile?: () => Promise<void>): Promise<void>;
  /** Throws `Later` while the channel is paused. */
  check(channel: string): void;
  /** After a rate limit: sends nothing to the channel for this long. */
  pause(channel: string, afterMs: number): void;
}

export interface Pace {
  readonly intervalMs: number;
  /** Posts that may go out together when there were none before. */
  readonly burst: number;
}

/** Milliseconds from any start, by a clock that is never set back. */
export interface PacingTime {
  now(): number;
  /** Rejects when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

const SYSTEM_TIME: PacingTime = {
  now: () => performance.now(),
  wait: (ms, signal) => setTimeout(ms, undefined, { signal }),
};

export const SLACK_PACE: Pace = { intervalMs: 1000, burst: 3 };
/** Longer waits are left to the queue, because a waiting delivery occupies the worker. */
const MAX_WAIT_MS = 5000;
/** More than can be busy together, so that the cache drops idle channels only. */
const MAX_CHANNELS = 10_000;

interface ChannelState {
  /** When the last post would be due if all were evenly spread. */
  readonly spreadTo: number;
  readonly pausedUntil: number;
}

const IDLE: ChannelState = { spreadTo: 0, pausedUntil: 0 };

/** Per process: several processes that post to one channel share Slack's own limit through its 429 answers. */
export function createPacing(pace: Pace = SLACK_PACE, time: PacingTime = SYSTEM_TIME): Pacing {
  const channels = createCache<ChannelState>({ maxEntries: MAX_CHANNELS });

  function stateOf(channel: string): ChannelState {
    return channels.get(channel) ?? IDLE;
  }

  function check(channel: string): void {
    const pausedMs = stateOf(channel).pausedUntil - time.now();
    if (pausedMs > 0) throw new Later(pausedMs);
  }

  return {
    check,
    async turn(channel, signal, meanwhile) {
      check(channel);
      const state = stateOf(channel);
      const now = time.now();
      const spreadTo = Math.max(state.spreadTo, now) + pace.intervalMs;
      const waitMs = spreadTo - now - pace.burst * pace.intervalMs;
      if (waitMs > MAX_WAIT_MS) throw new Later(waitMs);
      channels.set(channel, { ...state, spreadTo });
      if (waitMs > 0) await Promise.all([time.wait(waitMs, signal), meanwhile?.()]);
    },
    pause(channel, afterMs) {
      const state = stateOf(channel);
      channels.set(channel, { ...state, pausedUntil: Math.max(state.pausedUntil, time.now() + afterMs) });
    },
  };
}
