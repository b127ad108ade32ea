import type { OperationRecord, OperationStatus } from '../case.ts';
import { endOf, type Micros, type Span } from '../trace.ts';
import { carriersOf, readNumber, readText } from '../vocabulary/attributes.ts';
import { spansNamed } from '../vocabulary/span-names.ts';
import type { Errors } from './errors.ts';
import type { Facts } from './index.ts';
import { isRegistration } from './operation-spans.ts';
import { idleTimeOf, isTerminal, statusOf, type Transition } from './transitions.ts';

/** The operation's reconciled state: a terminal transition outranks a record that is still waiting, and the later of two ends wins. */
export interface Status {
  readonly value: OperationStatus;
  readonly source: 'ktrdr-api' | 'trace' | 'none';
  /** What each source says by itself. */
  readonly trace: OperationStatus;
  readonly record: OperationStatus | null;
  /** The final state that the other source reports, if both report one and they differ. */
  readonly overruled: OverruledEnd | null;
  /** True when a transition, a record, or an attribute says it; false when it was concluded from spans that merely ended. */
  readonly isStated: boolean;
  /** The start request was rejected, so for its user no operation exists. */
  readonly refused: boolean;
  readonly startedAt: Micros | null;
  readonly endedAt: Micros | null;
}

export interface OverruledEnd {
  readonly source: 'ktrdr-api' | 'trace';
  readonly status: OperationStatus;
  readonly at: Micros | null;
  readonly error: string | null;
}

/** A rejected start is a failure for the requester, although it created no operation. */
export function reportedStatus({ refused, value }: Pick<Status, 'refused' | 'value'>): OperationStatus {
  return refused && !isTerminal(value) ? 'failed' : value;
}

/**
 * Microseconds from start to end without the idle time before a resume. Null while one of them is unknown, or if they are
 * equal, which happens only if the spans have no usable times.
 */
export function runTimeOf({ status, transitions }: Pick<Facts, 'status' | 'transitions'>): number | null {
  const { startedAt, endedAt } = status;
  const length = startedAt === null || endedAt === null ? 0 : endedAt - startedAt - idleTimeOf(transitions);
  return length > 0 ? length : null;
}

export function statusFrom({
  record,
  own,
  transitions,
  start,
  errors,
}: Pick<Facts, 'record' | 'own' | 'transitions' | 'start' | 'errors'>): Status {
  const refused = (start?.refused ?? false) && record === null;
  const last = transitions.at(-1) ?? null;
  const stated = carriersOf(own, 'operationStatus')
    .map((span) => statusOf(readText(span, 'operationStatus')))
    .findLast(isTerminal);
  const isEnded = last !== null && isTerminal(last.to);
  const trace = refused && !isEnded ? 'failed' : (last?.to ?? stated ?? concludedStatus(own, errors));
  const tracesWin = record === null || traceIsNewer(last, record);
  const value = tracesWin ? trace : record.status;
  // If two sources agree, take the trace's time, which is by the same clock as the start.
  const endInTrace = isEnded && last.to === value ? last.at : null;
  const rejectedAt = refused && start !== null ? endOf(start.span) : null;

  return {
    value,
    source: value === 'unknown' ? 'none' : tracesWin ? 'trace' : 'ktrdr-api',
    trace,
    record: record?.status ?? null,
    overruled: overruledIn(last, record, tracesWin),
    isStated: last !== null || record !== null || refused || stated !== undefined,
    refused,
    startedAt:
      transitions.find((t) => t.to === 'running')?.at ??
      record?.startedAt ??
      record?.createdAt ??
      start?.span.start ??
      null,
    endedAt: isTerminal(value) ? (endInTrace ?? record?.completedAt ?? rejectedAt) : null,
  };
}

function traceIsNewer(last: Transition | null, record: OperationRecord): boolean {
  if (last === null || !isTerminal(last.to)) return false;
  return !isTerminal(record.status) || record.completedAt === null || last.at > record.completedAt;
}

function overruledIn(last: Transition | null, record: OperationRecord | null, tracesWin: boolean): OverruledEnd | null {
  if (last === null || record === null || last.to === record.status) return null;
  if (!isTerminal(last.to) || !isTerminal(record.status)) return null;
  return tracesWin
    ? { source: 'ktrdr-api', status: record.status, at: record.completedAt, error: record.errorMessage }
    : { source: 'trace', status: last.to, at: last.at, error: last.error };
}

/** The runbook's vocabulary has no transitions: the spans of the worker and of the command show how it ended. */
function concludedStatus(own: readonly Span[], errors: Errors): OperationStatus {
  // A second worker may have taken over from a first that failed.
  const worker = spansNamed(own, ({ name }) => /^worker\.(?:training|backtest)/.test(name))
    .toSorted((a, b) => endOf(a) - endOf(b))
    .at(-1);
  if (worker !== undefined) {
    if (errors.all.some((error) => error.span === worker)) return 'failed';
    const progress = carriersOf(own, 'progressPercentage')
      .map((span) => readNumber(span, 'progressPercentage'))
      .filter((value) => value !== null);
    return progress.some((value) => value < 100) && !progress.includes(100) ? 'running' : 'completed';
  }
  if (carriersOf(own, 'cliStatus').some((span) => readText(span, 'cliStatus')?.toLowerCase() === 'error'))
    return 'failed';
  // A worker exports its only span when its work has ended: until then, an error elsewhere is not its end.
  const accepted = carriersOf(own, 'dispatchStatus').map((span) => readText(span, 'dispatchStatus')?.toLowerCase());
  if (accepted.at(-1) === 'success') return 'running';
  const isKnown =
    own.some(isRegistration) || carriersOf(own, 'operationId').some((span) => readText(span, 'operationId') !== null);
  return isKnown && errors.origins.length > 0 ? 'failed' : 'unknown';
}
