/** When the HTTP servers of this process were busy with a request: from its arrival to the end of its answer. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** All times are in milliseconds on the clock of `performance.now`. */
export interface BusyServers {
  /** Milliseconds within the span of time that belong to a request or to one of the other intervals. */
  busyMs(within: Interval, others: readonly Interval[]): number;
  /** End of the last answer. */
  lastAnswerMs(): number;
  stop(): void;
}

const STARTED = 'http.server.request.start';
const FINISHED = 'http.server.response.finish';

export function watchServers(): BusyServers {
  const arrived = new Map<unknown, number>();
  const busy: Interval[] = [];
  const started = (message: unknown) => void arrived.set(requestOf(message), performance.now());
  const finished = (message: unknown) => {
    const from = arrived.get(requestOf(message));
    arrived.delete(requestOf(message));
    if (from !== undefined) busy.push({ from, to: performance.now() });
  };
  subscribe(STARTED, started);
  subscribe(FINISHED, finished);
  return {
    busyMs(within, others) {
      const clipped = [...busy, ...others].map(({ from, to }) => ({
        from: Math.max(from, within.from),
        to: Math.min(to, within.to),
      }));
      return lengthOfUnion(clipped);
    },
    lastAnswerMs: () => busy.at(-1)?.to ?? 0,
    stop() {
      unsubscribe(STARTED, started);
      unsubscribe(FINISHED, finished);
    },
  };
}

function requestOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'request' in message ? message.request : null;
}

function lengthOfUnion(intervals: readonly Interval[]): number {
  let length = 0;
  let covered = Number.NEGATIVE_INFINITY;
  for (const { from, to } of intervals.toSorted((a, b) => a.from - b.from)) {
    length += Math.max(0, to - Math.max(from, covered));
    covered = Math.max(covered, to);
  }
  return length;
}
