import type { Case, OperationRecord, OperationStatus } from '../case.ts';
import { endOf, type Micros, type Span } from '../trace.ts';
import { carriersOf, readNumber, readText } from '../vocabulary/attributes.ts';
import { spansNamed } from '../vocabulary/span-names.ts';
import type { Errors } from './errors.ts';
import { isRegistration } from './scope.ts';
import type { StartRequest } from './start.ts';
import { isTerminal, statusOf, type Transition } from './transitions.ts';

/** The operation's state, reconciled: a terminal transition beats a record that still waits, and the later of two ends wins. */
export interface Status {
  readonly value: OperationStatus;
  readonly source: 'ktrdr-api' | 'trace' | 'none';
  /** What each witness says by itself. */
  readonly trace: OperationStatus;
  readonly record: OperationStatus | null;
  readonly disagree: boolean;
  /** A transition, a record or a span's own words say it; false when it was concluded from spans that merely ended. */
  readonly isTold: boolean;
  /** The start itself was turned down: for its user no operation exists. */
  readonly refused: boolean;
  readonly startedAt: Micros | null;
  readonly endedAt: Micros | null;
}

/** A refused start is a failure for the person who asked for it, although it created no operation. */
export function reportedStatus({ refused, value }: Pick<Status, 'refused' | 'value'>): OperationStatus {
  return refused && !isTerminal(value) ? 'failed' : value;
}

export function statusFact(
  kase: Case,
  own: readonly Span[],
  transitions: readonly Transition[],
  start: StartRequest | null,
  errors: Errors,
): Status {
  const record = kase.operation?.kind === 'record' ? kase.operation.record : null;
  const refused = (start?.refused ?? false) && record === null;
  const last = transitions.at(-1) ?? null;
  const fromTrace = last?.to ?? documentedStatus(own, errors);
  const trace = refused && !isTerminal(last?.to ?? 'unknown') ? 'failed' : fromTrace;
  const fromRecord = record?.status ?? null;
  const tracesWin = fromRecord === null || traceIsBetter(last, record);
  const value = tracesWin ? trace : fromRecord;

  return {
    value,
    source: value === 'unknown' ? 'none' : tracesWin ? 'trace' : 'ktrdr-api',
    trace,
    record: fromRecord,
    disagree: fromRecord !== null && trace !== 'unknown' && trace !== fromRecord,
    isTold:
      last !== null ||
      fromRecord !== null ||
      refused ||
      carriersOf(own, 'operationStatus').some((span) => isTerminal(statusOf(readText(span, 'operationStatus')))),
    refused,
    startedAt:
      transitions.find((t) => t.to === 'running')?.at ??
      record?.startedAt ??
      record?.createdAt ??
      start?.span.start ??
      null,
    endedAt: isTerminal(value) ? endedAt(last, record, tracesWin, start, refused) : null,
  };
}

function endedAt(
  last: Transition | null,
  record: OperationRecord | null,
  tracesWin: boolean,
  start: StartRequest | null,
  refused: boolean,
): Micros | null {
  if (tracesWin && last !== null && isTerminal(last.to)) return last.at;
  if (record?.completedAt != null) return record.completedAt;
  return refused && start !== null ? ((start.span.start + start.span.duration) as Micros) : null;
}

function traceIsBetter(last: Transition | null, record: OperationRecord | null): boolean {
  if (last === null || record === null || !isTerminal(last.to)) return false;
  if (!isTerminal(record.status)) return true;
  return record.completedAt === null || last.at > record.completedAt;
}

/** The runbook's vocabulary has no transitions: the worker's and the command's own spans tell how it ended. */
function documentedStatus(own: readonly Span[], errors: Errors): OperationStatus {
  // A second worker may have taken over from a first that failed.
  const worker = spansNamed(own, ({ name }) => /^worker\.(?:training|backtest)/.test(name))
    .toSorted((a, b) => endOf(a) - endOf(b))
    .at(-1);
  const told = carriersOf(own, 'operationStatus')
    .map((span) => statusOf(readText(span, 'operationStatus')))
    .filter(isTerminal);
  const lastTold = told.at(-1);
  if (lastTold !== undefined) return lastTold;
  const failed = carriersOf(own, 'cliStatus').some((span) => readText(span, 'cliStatus')?.toLowerCase() === 'error');
  if (worker !== undefined) {
    if (errors.all.some((error) => error.span === worker)) return 'failed';
    const progress = carriersOf(own, 'progressPercentage')
      .map((span) => readNumber(span, 'progressPercentage'))
      .filter((value) => value !== null);
    return progress.some((value) => value < 100) && !progress.includes(100) ? 'running' : 'completed';
  }
  if (failed) return 'failed';
  const isKnown =
    own.some(isRegistration) || carriersOf(own, 'operationId').some((span) => readText(span, 'operationId') !== null);
  if (isKnown && errors.origins.length > 0) return 'failed';
  // Accepted by a worker, whose one span is exported when its work has ended.
  const accepted = carriersOf(own, 'dispatchStatus').map((span) => readText(span, 'dispatchStatus')?.toLowerCase());
  return accepted.includes('success') ? 'running' : 'unknown';
}
