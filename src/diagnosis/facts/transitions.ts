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

/** In the order in which they happened, of one operation only. */
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
  return chained(found.sort((a, b) => a.at - b.at || Number(isTerminal(a.to)) - Number(isTerminal(b.to))));
}

/**
 * Each transition starts in the state that the one before it led to, also where the processes that recorded them have
 * different clocks. One that fits nowhere (recorded twice, or by a process that saw another state) keeps its place in time.
 */
function chained(byTime: readonly Transition[]): readonly Transition[] {
  const rest = [...byTime];
  const chain: Transition[] = [];
  for (let state: OperationStatus = 'pending'; rest.length > 0; state = chain.at(-1)?.to ?? 'unknown') {
    const [first] = rest;
    const missing = first?.from === state ? 0 : rest.findIndex(({ from, to }) => from === state && to === first?.from);
    chain.push(...rest.splice(Math.max(0, missing), 1));
  }
  return chain;
}

/** What followed the last resume, its own transition first; all transitions of an operation that was never resumed. */
export function newestAttemptOf(transitions: readonly Transition[]): readonly Transition[] {
  return transitions.slice(Math.max(0, transitions.findLastIndex(isResumption)));
}

/** Null for an operation that was never resumed. */
export function resumedAtIn(transitions: readonly Transition[]): Micros | null {
  return transitions.findLast(isResumption)?.at ?? null;
}

/** Microseconds between the end of an attempt and its resume, when nothing ran. */
export function idleTimeOf(transitions: readonly Transition[]): number {
  return transitions.reduce((idle, transition, i) => {
    const before = transitions[i - 1];
    return before === undefined || !isResumption(transition) ? idle : idle + Math.max(0, transition.at - before.at);
  }, 0);
}

export function isResumption({ from, to }: Transition): boolean {
  return to === 'resuming' || ((from === 'failed' || from === 'cancelled') && to === 'running');
}
