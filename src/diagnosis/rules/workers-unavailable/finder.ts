/** Why no worker took an operation: by the selection's counts, else by the worker list of that moment. */
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
  readonly reason: NoWorkerVariant;
  readonly workerType: string;
  /** The selection that found none; training makes no such span. */
  readonly selection: WorkerSelection | null;
  readonly said: ReportedError | null;
  /** All workers as they were then; null when the list tells of another moment or was not asked for. */
  readonly list: readonly WorkerRecord[] | null;
  /** Those of the needed type. */
  readonly capable: readonly WorkerRecord[];
  /** Busy long after the end of what it was busy with: a thread that ignores the stop. */
  readonly zombie: WorkerRecord | null;
  readonly total: number | null;
  readonly capableCount: number | null;
}

const SAID = [
  [
    'refused',
    /WorkerUnavailable|No (?:(?<type>\w+) )?workers? available|All workers (?:are )?busy|Could not select unique worker/i,
  ],
] as const;

/** A list read longer after the refusal tells of another moment. */
const LIST_IS_CURRENT = 120_000_000;

/** The next health check clears the mark “busy”; they come every 10 s. */
const MARK_IS_CLEARED = 15_000_000;

/** Null when a worker was found, or none was asked for. */
export function noWorkerReasonOf(facts: Facts): NoWorkerReason | null {
  const last = facts.selections.at(-1);
  const selection = last !== undefined && foundNone(last) ? last : null;
  const told = explainedBy(facts.failure, SAID);
  if (selection === null && (told === null || last?.status === 'success')) return null;

  const named = told === null ? null : (/No (\w+) workers? available/i.exec(told.reportedError.text)?.[1] ?? null);
  const workerType = last?.workerType ?? named?.toLowerCase() ?? facts.type ?? 'training';
  const at = last?.span.start ?? facts.start?.span.start ?? told?.reportedError.at ?? null;
  const isCurrent = at !== null && facts.case.now - at <= LIST_IS_CURRENT;
  const list = isCurrent ? facts.workers.all : null;
  const capable = list === null ? [] : capableOf(list, workerType);
  const counted = selection?.total ?? null;
  return {
    reason: reasonOf(selection, list, capable, at, facts),
    workerType,
    selection,
    said: told?.reportedError ?? null,
    list,
    capable,
    zombie: capable.find((one) => (endedBefore(one, at, facts) ?? 0) > MARK_IS_CLEARED) ?? null,
    total: counted ?? list?.length ?? null,
    capableCount: counted === null ? (list === null ? null : capable.length) : (selection?.capable ?? null),
  };
}

function foundNone({ status, available }: WorkerSelection): boolean {
  return status === 'none-available' || status === 'none-capable' || (status === 'unknown' && available === 0);
}

function reasonOf(
  selection: WorkerSelection | null,
  list: readonly WorkerRecord[] | null,
  capable: readonly WorkerRecord[],
  at: Micros | null,
  facts: Facts,
): NoWorkerVariant {
  if (selection !== null && selection.total !== null) {
    if (selection.total === 0) return 'none-registered';
    if (selection.status === 'none-capable' || selection.capable === 0) return 'none-capable';
    return takenBy(capable, at, facts);
  }
  if (selection?.status === 'none-capable') return 'none-capable';
  if (list === null) return 'unspecified';
  if (list.length === 0) return 'none-registered';
  if (capable.length === 0) return 'none-capable';
  return capable.some((one) => one.status === 'available') ? 'unspecified' : takenBy(capable, at, facts);
}

/** Workers of the type are there, and none was free. */
function takenBy(capable: readonly WorkerRecord[], at: Micros | null, facts: Facts): NoWorkerVariant {
  if (capable.length > 0 && capable.every((one) => one.status === 'temporarily_unavailable')) return 'all-unhealthy';
  return capable.some((one) => isStale(one, at, facts)) ? 'stale-busy' : 'all-busy';
}

/** Marked busy with an operation that had just ended, or with none. */
function isStale(one: WorkerRecord, at: Micros | null, facts: Facts): boolean {
  if (one.status !== 'busy') return false;
  if (one.currentOperationId === null) return true;
  const ago = endedBefore(one, at, facts);
  return ago !== null && ago <= MARK_IS_CLEARED;
}

/** How long before the refusal the operation had ended that a worker is busy with; null when it had not, or nobody knows. */
function endedBefore({ status, currentOperationId }: WorkerRecord, at: Micros | null, facts: Facts): number | null {
  if (status !== 'busy' || currentOperationId === null || at === null) return null;
  const end = endOfOther(facts.case, currentOperationId);
  return end?.at == null || end.at > at ? null : at - end.at;
}
