import { endOf, type Micros, micros, type Trace } from '../../diagnosis/trace.ts';
import { timeOfOperationId } from '../../diagnosis/vocabulary/subject.ts';
import type { TimeWindow } from '../ports.ts';

const MINUTE = 60_000_000;
const MAX_WINDOW = 48 * 60 * MINUTE;

/** When an operation's spans may start: around the time in its id, or in the last `lookbackMs` if the id has none. */
export function windowOfOperation(operationId: string, now: Micros, lookbackMs: number): TimeWindow {
  const created = timeOfOperationId(operationId);
  if (created === null) return recentWindow(now, lookbackMs);
  const latest = Math.max(now, created) + MINUTE;
  return { from: micros(created - 5 * MINUTE), to: micros(Math.min(latest, created + MAX_WINDOW)) };
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
