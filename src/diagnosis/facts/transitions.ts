import type { OperationStatus } from '../case.ts';
import type { Micros, Span } from '../trace.ts';
import { readText } from '../vocabulary/attributes.ts';
import { TRANSITION_SPAN } from '../vocabulary/operations.ts';
import { spansNamed } from '../vocabulary/span-names.ts';

/** One `operation.state_transition`: its start is the event's time, its OTel status is OK even for a failure. */
export interface Transition {
  readonly span: Span;
  readonly at: Micros;
  readonly from: OperationStatus;
  readonly to: OperationStatus;
  readonly error: string | null;
  readonly reason: string | null;
}

const STATUSES = new Set<string>(['pending', 'running', 'resuming', 'completed', 'failed', 'cancelled']);

export function statusOf(text: string | null): OperationStatus {
  const lower = (text ?? '').toLowerCase();
  return STATUSES.has(lower) ? (lower as OperationStatus) : 'unknown';
}

export function isTerminal(status: OperationStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** In order of time, of one operation only. */
export function transitionsOf(spans: readonly Span[], operationId: string | null): readonly Transition[] {
  const found: Transition[] = [];
  for (const span of spansNamed(spans, ({ name }) => name === TRANSITION_SPAN)) {
    const id = readText(span, 'operationId');
    if (operationId !== null && id !== null && id !== operationId) continue;
    found.push({
      span,
      at: span.start,
      from: statusOf(readText(span, 'fromStatus')),
      to: statusOf(readText(span, 'toStatus')),
      error: readText(span, 'operationError'),
      reason: readText(span, 'cancellationReason'),
    });
  }
  // At the same time, a terminal state comes last.
  return found.sort((a, b) => a.at - b.at || Number(isTerminal(a.to)) - Number(isTerminal(b.to)));
}
