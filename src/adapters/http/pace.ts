/**
 * Limits the number of requests per second. Each request reserves a slot, which is the time at which it may be sent, so no
 * request polls and all keep their order. The algorithm is GCRA: a token bucket that stores only the time of the next slot.
 */
import { setMaxListeners } from 'node:events';
import { setImmediate as soon } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { record } from '../../jobs/telemetry.ts';
import type { Http, Service } from './client.ts';

/** Consecutive slots, `everyMs` apart. The first may be in the past. */
interface Slots {
  /** Fewer than requested when the rest would be too late; more when extra slots are free now, to save a reservation. */
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
  /** Resolves to true when the request may be sent; to false when its turn would come too late or the signal aborts first. */
  turn(signal: AbortSignal): Promise<boolean>;
}

/** A diagnosis has 45 seconds. A longer wait would leave it no time to explain the failure. */
export const LONGEST_WAIT_MS = 30_000;
/** How long surplus slots stay usable: used later, they would add to the slots that other processes have by then. */
const SPARE_MS = 1000;

type Waiter = (at: number | null) => void;

/** Batches reservations: requests from one turn of the event loop share one. Those that arrive during it share the next. */
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
      // Many requests share this signal, so Node's warning about a listener leak would be wrong.
      setMaxListeners(0, signal);
      const waitMs = at - performance.now();
      if (waitMs > 0 && !signal.aborted) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) spare.push(at);
      return !signal.aborted;
    },
  };
}

/** Sends each request in its turn. The wait doesn't count toward the request's time limit. */
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

/** The slots of this process. After a quiet second, a burst may use a whole second's slots. */
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

/** For a process that doesn't share its limit. */
export function createLocalPace(rate: Rate): Pace {
  return createPace(reserveLocally(rate), rate);
}

function slotsInTime(wanted: number, firstInMs: number, requestsPerSecond: number): number {
  const inTime = Math.floor(((LONGEST_WAIT_MS - firstInMs) * requestsPerSecond) / 1000) + 1;
  return Math.max(0, Math.min(wanted, inTime));
}
