/**
 * A limit on how many requests a second are sent. A request reserves a slot, the time at which it may be sent, so nobody polls
 * and the order of asking is kept (the algorithm is GCRA, a token bucket of which only the time of the next slot is stored).
 */
import { setMaxListeners } from 'node:events';
import { setImmediate as soon } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { record } from '../../jobs/telemetry.ts';
import type { Http, Service } from './client.ts';

/** Slots that follow each other, `everyMs` apart. The first may be in the past. */
interface Slots {
  /** Fewer than were wanted when the others would be too late; more when they are free now, to save a reservation. */
  readonly count: number;
  readonly firstInMs: number;
}

/** Never rejects. */
export type Reserve = (wanted: number) => Promise<Slots>;

export interface Rate {
  readonly requestsPerSecond: number;
}

export interface Pace {
  readonly requestsPerSecond: number;
  /** Resolves when a request may be sent; false when its turn would come too late, or the signal aborts first. */
  turn(signal: AbortSignal): Promise<boolean>;
}

/** A diagnosis gives up after 45 seconds, and wants to say why. */
export const LONGEST_WAIT_MS = 30_000;
/** What a reservation gave in excess can be used for so long: those of others are made in the meantime. */
const SPARE_MS = 1000;

type Waiter = (at: number | null) => void;

/** Requests of one turn of the event loop, and those that come while a reservation is made, share one. */
export function createPace(reserve: Reserve, { requestsPerSecond }: Rate): Pace {
  const everyMs = 1000 / requestsPerSecond;
  let waiting: Waiter[] = [];
  let spare: number[] = [];
  let isReserving = false;

  async function reserveForAll(): Promise<void> {
    while (waiting.length > 0) {
      const asked = waiting;
      waiting = [];
      const { count, firstInMs } = await reserve(asked.length);
      const first = performance.now() + firstInMs;
      for (const [index, resolve] of asked.entries()) resolve(index < count ? first + index * everyMs : null);
      for (let index = asked.length; index < count; index += 1) spare.push(performance.now());
    }
    isReserving = false;
  }

  function slot(): Promise<number | null> {
    spare = spare.filter((at) => at > performance.now() - SPARE_MS);
    const kept = spare.shift();
    if (kept !== undefined) return Promise.resolve(kept);
    return new Promise((resolve) => {
      waiting.push(resolve);
      if (isReserving) return;
      isReserving = true;
      soon(() => void reserveForAll());
    });
  }

  return {
    requestsPerSecond,
    async turn(signal) {
      const at = await slot();
      if (at === null) return false;
      // Many requests wait under the same signal, which is no leak.
      setMaxListeners(0, signal);
      const waitMs = at - performance.now();
      if (waitMs > 0 && !signal.aborted) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) spare.push(at);
      return !signal.aborted;
    },
  };
}

/** Sends each request when it is its turn. The wait is no part of the time limit of the request. */
export function paced(http: Http, pace: Pace, { name }: Pick<Service, 'name'>, variable: string): Http {
  const { host } = http;
  const { requestsPerSecond } = pace;
  return {
    host,
    async get(path, signal) {
      if (await pace.turn(signal)) return http.get(path, signal);
      record({ kind: 'source-call', source: name.toLowerCase(), outcome: signal.aborted ? 'aborted' : 'rate-limited' });
      const advice = `Try again in a minute. If it keeps happening, raise ${variable}.`;
      return { kind: 'failed', failure: { code: 'rate-limited', host, requestsPerSecond, advice } };
    },
  };
}

/** The slots of this process: after a quiet second, those of one second at once. */
export function reserveLocally({ requestsPerSecond }: Rate): Reserve {
  const everyMs = 1000 / requestsPerSecond;
  const burstMs = Math.max(0, 1000 - everyMs);
  let next = Number.NEGATIVE_INFINITY;
  return async (wanted) => {
    const now = performance.now();
    const first = Math.max(next, now - burstMs);
    const firstInMs = first - now;
    const count = slotsInTime(wanted, firstInMs, requestsPerSecond);
    next = count === 0 ? next : first + count * everyMs;
    return { count, firstInMs };
  };
}

/** For a process that shares its limit with nobody. */
export function createLocalPace(rate: Rate): Pace {
  return createPace(reserveLocally(rate), rate);
}

function slotsInTime(wanted: number, firstInMs: number, requestsPerSecond: number): number {
  const inTime = Math.floor(((LONGEST_WAIT_MS - firstInMs) * requestsPerSecond) / 1000) + 1;
  return Math.max(0, Math.min(wanted, inTime));
}
