/** Why no worker took an operation, according to the counts of the selection, else to the worker list if it was read at that time. */
import type { WorkerRecord } from '../../case.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy, type ReportedError } from '../../facts/reported-error.ts';
import { capableOf, endOfOther, type WorkerSelection } from '../../facts/workers.ts';
import type { Micros } from '../../trace.ts';

export type NoWorkerVariant =
  | 'none-registered'
  | 'none-capable'
  | 'all-busy'
  | 'stale-busy'
  | 'all-unhealthy'
  | 'unspecified';

export interface NoWorkerReason {
  readonly variant: NoWorkerVariant;
  readonly workerType: string;
  /** The selection that found none. A training run has no such span. */
  readonly selection: WorkerSelection | null;
  readonly reportedError: ReportedError | null;
  /** All workers at that time; null if the list was read at another time or not at all. */
  readonly list: readonly WorkerRecord[] | null;
  /** The workers of the required type. */
  readonly capable: readonly WorkerRecord[];
  /** The same in the newest list, however long after the rejection it was read. It shows only what can be done now. */
  readonly capableNow: readonly WorkerRecord[];
  /** A worker that is busy long after its operation ended, because a thread ignores the stop. */
  readonly zombie: WorkerRecord | null;
  readonly total: number | null;
  readonly capableCount: number | null;
}

const MESSAGES = [
  [
    'refused',
    /^(?:WorkerUnavailableError: .*|No (?:\w+ )?workers available|No available training workers\. All workers are busy or unavailable\.|All (?:training )?workers (?:are )?busy(?: or unavailable)?(?: after \d+ attempts)?\. Tried.*|Could not select unique worker after \d+ attempts)$/s,
  ],
] as const;

/** How long after the rejection the worker list still shows the state at that time. */
const LIST_IS_CURRENT = 120_000_000;

/** Health checks come every 10 s; the next one clears the mark “busy”. */
const MARK_IS_CLEARED = 15_000_000;

/** Null if a worker was found, or if none was requested. */
export function noWorkerReasonOf(facts: Facts): NoWorkerReason | null {
  if (!facts.failure.hasFailed) return null;
  const last = facts.selections.at(-1);
  const reportedError = explainedBy(facts.failure, MESSAGES)?.reportedError ?? null;
  // If the operation itself gives another reason, a worker was found after all.
  const hasOtherReason = facts.failure.decisive !== null && facts.failure.decisive.source !== 'exception';
  const selection = last !== undefined && foundNone(last) && (reportedError !== null || !hasOtherReason) ? last : null;
  if (selection === null && (reportedError === null || last?.status === 'success')) return null;

  const typeInMessage = /^No (\w+) workers available$/.exec(reportedError?.text ?? '')?.[1]?.toLowerCase();
  const workerType = last?.workerType ?? typeInMessage ?? facts.type ?? 'training';
  const at = last?.span.start ?? facts.start?.span.start ?? reportedError?.at ?? null;
  const isCurrent = at !== null && facts.case.now - at <= LIST_IS_CURRENT;
  const list = isCurrent ? facts.workers.all : null;
  const capable = list === null ? [] : capableOf(list, workerType);
  const isStale = (one: WorkerRecord) =>
    one.status === 'busy' &&
    (one.currentOperationId === null || (idleTimeOf(one, at, facts) ?? Infinity) <= MARK_IS_CLEARED);
  const isCounted = selection !== null && selection.total !== null;
  return {
    variant: isCounted
      ? variantByCounts(selection, capable, isStale)
      : variantByList(selection, list, capable, isStale),
    workerType,
    selection,
    reportedError,
    list,
    capable,
    capableNow: capableOf(facts.workers.all ?? [], workerType),
    zombie: capable.find((one) => (idleTimeOf(one, at, facts) ?? 0) > MARK_IS_CLEARED) ?? null,
    total: selection?.total ?? list?.length ?? null,
    capableCount: isCounted ? selection.capable : list === null ? null : capable.length,
  };
}

function foundNone({ status, available }: WorkerSelection): boolean {
  return status === 'none-available' || status === 'none-capable' || (status === 'unknown' && available === 0);
}

type IsStale = (one: WorkerRecord) => boolean;

function variantByCounts(
  { total, status, capable: count }: WorkerSelection,
  capable: readonly WorkerRecord[],
  isStale: IsStale,
): NoWorkerVariant {
  if (total === 0) return 'none-registered';
  return status === 'none-capable' || count === 0 ? 'none-capable' : variantOfTaken(capable, isStale);
}

function variantByList(
  selection: WorkerSelection | null,
  list: readonly WorkerRecord[] | null,
  capable: readonly WorkerRecord[],
  isStale: IsStale,
): NoWorkerVariant {
  if (selection?.status === 'none-capable') return 'none-capable';
  if (list === null) return 'unspecified';
  if (list.length === 0) return 'none-registered';
  if (capable.length === 0) return 'none-capable';
  return capable.some((one) => one.status === 'available') ? 'unspecified' : variantOfTaken(capable, isStale);
}

/** There are workers of the type, and none was available. */
function variantOfTaken(capable: readonly WorkerRecord[], isStale: IsStale): NoWorkerVariant {
  if (capable.length > 0 && capable.every((one) => one.status === 'temporarily_unavailable')) return 'all-unhealthy';
  return capable.some(isStale) ? 'stale-busy' : 'all-busy';
}

/** How long before the rejection the operation of a busy worker had ended; null if it had not, or if its end is unknown. */
function idleTimeOf({ status, currentOperationId }: WorkerRecord, at: Micros | null, facts: Facts): number | null {
  if (status !== 'busy' || currentOperationId === null || at === null) return null;
  const end = endOfOther(facts.case, currentOperationId);
  return end?.at == null || end.at > at ? null : at - end.at;
}
