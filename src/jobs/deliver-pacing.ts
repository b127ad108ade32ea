/** Slack takes about one post a second per channel, with short bursts; it has no limiter for that and neither has the queue. */
import { setTimeout } from 'node:timers/promises';
import { wholeMs } from './queue/whole-ms.ts';

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
const CHANNELS_REMEMBERED = 1000;

/** Per process: several processes that post to one channel share Slack's own limit through its 429 answers. */
export function createPacing(pace: Pace = SLACK_PACE, time: PacingTime = SYSTEM_TIME): Pacing {
  /** Channel → when its posts would be evenly spread out to, and until when Slack wants silence. */
  const channels = new Map<string, { spreadTo: number; silentUntil: number }>();

  function channelState(channel: string): { spreadTo: number; silentUntil: number } {
    const known = channels.get(channel);
    if (known !== undefined) return known;
    if (channels.size >= CHANNELS_REMEMBERED) forgetIdle(channels, time.now());
    const fresh = { spreadTo: 0, silentUntil: 0 };
    channels.set(channel, fresh);
    return fresh;
  }

  function check(channel: string): void {
    const silentMs = channelState(channel).silentUntil - time.now();
    if (silentMs > 0) throw new Later(silentMs);
  }

  return {
    check,
    async turn(channel, signal, meanwhile) {
      check(channel);
      const state = channelState(channel);
      const now = time.now();
      const spreadTo = Math.max(state.spreadTo, now) + pace.intervalMs;
      const waitMs = spreadTo - now - pace.burst * pace.intervalMs;
      if (waitMs > LONGEST_WAIT_MS) throw new Later(waitMs);
      state.spreadTo = spreadTo;
      if (waitMs > 0) await Promise.all([time.wait(waitMs, signal), meanwhile?.()]);
    },
    pause(channel, afterMs) {
      const state = channelState(channel);
      state.silentUntil = Math.max(state.silentUntil, time.now() + afterMs);
    },
  };
}

function forgetIdle(channels: Map<string, { spreadTo: number; silentUntil: number }>, now: number): void {
  for (const [channel, { spreadTo, silentUntil }] of channels) {
    if (Math.max(spreadTo, silentUntil) < now) channels.delete(channel);
  }
}
