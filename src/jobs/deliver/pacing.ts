/** Slack takes about one post a second per channel, with short bursts; it has no limiter for that and neither has the queue. */
import { setTimeout } from 'node:timers/promises';
import { createCache } from '../cache.ts';
import { wholeMs } from '../queue/whole-ms.ts';

/** The delivery is to be tried again after `afterMs`, whole milliseconds; it is not a failure. */
export class Later extends Error {
  readonly afterMs: number;
  constructor(afterMs: number) {
    super(`to be tried again in ${afterMs} ms`);
    this.afterMs = wholeMs(afterMs);
  }
}

export interface Pacing {
  /** Resolves when a post may go out; throws `Later` when that is not soon. Where there is time, `meanwhile` is done first. */
  turn(channel: string, signal: AbortSignal, meanwhile?: () => Promise<void>): Promise<void>;
  /** Throws `Later` while Slack wants to hear nothing about the channel. */
  check(channel: string): void;
  /** Slack asked for silence. */
  pause(channel: string, afterMs: number): void;
}

export interface Pace {
  readonly intervalMs: number;
  /** Posts that may go out at once after a silence. */
  readonly burst: number;
}

/** Milliseconds. */
export interface PacingTime {
  now(): number;
  /** Rejects when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

const SYSTEM_TIME: PacingTime = {
  now: Date.now,
  wait: (ms, signal) => setTimeout(ms, undefined, { signal }),
};

export const SLACK_PACE: Pace = { intervalMs: 1000, burst: 3 };
/** Waiting longer than this is the queue's business: other channels need the place. */
const LONGEST_WAIT_MS = 5000;
/** More than can be busy at once, so that no busy one is forgotten. */
const CHANNELS_REMEMBERED = 10_000;

/** In milliseconds since the epoch. */
interface ChannelState {
  /** When the posts so far would be evenly spread out to. */
  readonly spreadTo: number;
  /** Until when Slack accepts nothing. */
  readonly silentUntil: number;
}

const IDLE: ChannelState = { spreadTo: 0, silentUntil: 0 };

/** Per process: several processes that post to one channel share Slack's own limit through its 429 answers. */
export function createPacing(pace: Pace = SLACK_PACE, time: PacingTime = SYSTEM_TIME): Pacing {
  const channels = createCache<ChannelState>({ maxEntries: CHANNELS_REMEMBERED });

  function stateOf(channel: string): ChannelState {
    return channels.get(channel) ?? IDLE;
  }

  function check(channel: string): void {
    const silentMs = stateOf(channel).silentUntil - time.now();
    if (silentMs > 0) throw new Later(silentMs);
  }

  return {
    check,
    async turn(channel, signal, meanwhile) {
      check(channel);
      const state = stateOf(channel);
      const now = time.now();
      const spreadTo = Math.max(state.spreadTo, now) + pace.intervalMs;
      const waitMs = spreadTo - now - pace.burst * pace.intervalMs;
      if (waitMs > LONGEST_WAIT_MS) throw new Later(waitMs);
      channels.set(channel, { ...state, spreadTo });
      if (waitMs > 0) await Promise.all([time.wait(waitMs, signal), meanwhile?.()]);
    },
    pause(channel, afterMs) {
      const state = stateOf(channel);
      channels.set(channel, { ...state, silentUntil: Math.max(state.silentUntil, time.now() + afterMs) });
    },
  };
}
