import type { Case, OperationStatus, WorkerRecord } from '../case.ts';
import { buildTree } from './tree.ts';
import type { Micros, Span } from '../trace.ts';
import type { Call } from './calls.ts';
import { callsOf } from './calls.ts';
import { isTerminal, transitionsOf } from './transitions.ts';

/** What the registry's list and the status polls tell of the workers that matter to this operation. */
export interface Workers {
  /** Null when the list was not asked for or not answered. */
  readonly all: readonly WorkerRecord[] | null;
  /** The worker that took the operation, by its record or by the selection. */
  readonly assignedId: string | null;
  /** Its entry, when it is still listed. */
  readonly assigned: WorkerRecord | null;
  /** Whoever claims the operation now. */
  readonly claimant: WorkerRecord | null;
  /** Calls to a worker that asked for this operation's state, in order of time. */
  readonly polls: readonly Call[];
  /** Since when every poll of the worker failed; null when the last one went well or there was none. */
  readonly silentSince: Micros | null;
}

export function workersOf(kase: Case, operationId: string | null, assignedId: string | null, ownCalls: readonly Call[]): Workers {
  const claimant =
    operationId === null ? null : (kase.workers?.find((worker) => worker.currentOperationId === operationId) ?? null);
  const polls = operationId === null ? [] : pollsOf(kase, operationId, ownCalls);
  return {
    all: kase.workers,
    assignedId,
    assigned: kase.workers?.find((worker) => worker.workerId === assignedId) ?? null,
    claimant,
    polls,
    silentSince: silentSince(polls),
  };
}

/** The list's workers that could serve a type: training runs on any training worker, with or without a GPU. */
export function capableOf(workers: readonly WorkerRecord[], workerType: string): readonly WorkerRecord[] {
  return workers.filter((worker) => worker.workerType === workerType);
}

/** How another operation ended, by its record or by the neighbouring traces; null when no witness knows it. */
export function endOfOther(kase: Case, operationId: string): { readonly status: OperationStatus; readonly at: Micros | null } | null {
  const record = kase.otherOperations.find((other) => other.operationId === operationId);
  if (record !== undefined && isTerminal(record.status)) return { status: record.status, at: record.completedAt };
  const spans: Span[] = [...kase.traces, ...kase.neighbours].flatMap((trace) =>
    trace.spans.filter((span) => span.attributes['operation.id'] === operationId),
  );
  const last = transitionsOf(spans, operationId).at(-1);
  return last !== undefined && isTerminal(last.to) ? { status: last.to, at: last.at } : null;
}

function pollsOf(kase: Case, operationId: string, ownCalls: readonly Call[]): readonly Call[] {
  const tree = buildTree(kase.neighbours);
  const nearby = callsOf(
    tree,
    tree.spans.filter((span) => span.kind === 'client' && String(span.attributes['http.url'] ?? '').includes(operationId)),
  );
  return [...ownCalls, ...nearby]
    .filter(
      (call) => call.observation && call.endpoint.path.endsWith(`/operations/${operationId}`) && call.endpoint.role !== 'other' && call.endpoint.port !== 8000,
    )
    .sort((a, b) => a.span.start - b.span.start);
}

function silentSince(polls: readonly Call[]): Micros | null {
  let since: Micros | null = null;
  for (const poll of polls) {
    const silent = poll.trouble === 'refused' || poll.trouble === 'unresolvable' || poll.trouble === 'timeout';
    if (!silent) since = null;
    else since ??= poll.span.start;
  }
  return since;
}
