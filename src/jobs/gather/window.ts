import { endOf, type Micros, micros, type Trace } from '../../diagnosis/trace.ts';
import { timeOfOperationId } from '../../diagnosis/vocabulary/subject.ts';
import type { TimeWindow } from '../ports.ts';

const MINUTE = 60_000_000;
/** The largest offset of a time zone ahead of UTC, which ktrdr uses in its IDs. */
const FARTHEST_ZONE = 14 * 60 * MINUTE;
const DAY = 24 * 60 * MINUTE;

/**
 * When an operation's spans may start: from the time in its id until now, because it may run or be resumed for days. An ID
 * without a time gets the last `lookbackMs`, as does one whose time is in the future because a clock or time zone differs.
 */
export function windowOfOperation(operationId: string, now: Micros, lookbackMs: number): TimeWindow {
  const created = timeOfOperationId(operationId);
  const recent = recentWindow(now, lookbackMs);
  if (created === null || created > now + DAY) return recent;
  const to = micros(Math.max(now, created) + MINUTE);
  return { from: created > now + MINUTE ? recent.from : micros(created - 5 * MINUTE), to };
}

/** Where to look if that window is empty, as if the ID used another time zone; null for IDs without a time. */
export function widerWindow(operationId: string, now: Micros, lookbackMs: number): TimeWindow | null {
  const { from, to } = windowOfOperation(operationId, now, lookbackMs);
  const recent = recentWindow(now, lookbackMs).from;
  return from === recent ? null : { from: micros(Math.min(from - FARTHEST_ZONE, recent)), to };
}

/** The minute before and after the time in the ID, to find operations with similar IDs. */
export function minuteOfOperation(operationId: string, now: Micros, lookbackMs: number): TimeWindow {
  const created = timeOfOperationId(operationId);
  if (created === null) return recentWindow(now, lookbackMs);
  return { from: micros(created - MINUTE), to: micros(created + MINUTE) };
}

/** A minute into the future allows for clocks that differ. */
export function recentWindow(now: Micros, lookbackMs: number): TimeWindow {
  return { from: micros(now - lookbackMs * 1000), to: micros(now + MINUTE) };
}

/** The minutes in which the traces happened; null without any. */
export function minutesAround(traces: readonly Trace[]): TimeWindow | null {
  const spans = traces.flatMap((trace) => trace.spans);
  if (spans.length === 0) return null;
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const span of spans) {
    from = Math.min(from, span.start);
    to = Math.max(to, endOf(span));
  }
  return { from: micros(from - 2 * MINUTE), to: micros(to + 2 * MINUTE) };
}

/** True while Jaeger may not have received the first spans yet: exporters deliver every five seconds. */
export function isYoung(operationId: string, now: Micros): boolean {
  const created = timeOfOperationId(operationId);
  return created !== null && Math.abs(now - created) < MINUTE;
}
