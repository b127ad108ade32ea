import type { Case, OperationStatus, WorkerRecord } from '../case.ts';
import type { Micros, Span } from '../trace.ts';
import { carriersOf, readText } from '../vocabulary/attributes.ts';
import type { Call } from './calls.ts';
import { callsOf } from './calls.ts';
import { type Endpoint, endpointOf } from './endpoints.ts';
import { isTerminal, transitionsOf } from './transitions.ts';
import { buildTree, type SpanTree } from './tree.ts';

/** Where a worker listens and what it does, as far as known: enough to name its container. */
export interface WorkerLocation {
  readonly endpoint: Endpoint | null;
  readonly workerType: string | null;
}

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
  /** The polls since the last one that was answered, when nothing listens there any more; null otherwise. */
  readonly unansweredPolls: { readonly since: Micros; readonly last: Call } | null;
  /** The worker that was called to run it. */
  readonly location: WorkerLocation;
}

export function locationOf(worker: WorkerRecord): WorkerLocation {
  return {
    endpoint: worker.endpointUrl === null ? null : endpointOf(worker.endpointUrl),
    workerType: worker.workerType,
  };
}

/** A worker that computes may miss one poll; this many in a row it does not. */
const REFUSALS = 2;
const TIMEOUTS = 4;

export function workersOf(
  kase: Case,
  tree: SpanTree,
  operationId: string | null,
  assignedId: string | null,
  ownCalls: readonly Call[],
  called: WorkerLocation,
): Workers {
  const claimant =
    operationId === null ? null : (kase.workers?.find((worker) => worker.currentOperationId === operationId) ?? null);
  const polls = operationId === null ? [] : pollsOf(kase, tree, operationId, ownCalls);
  return {
    all: kase.workers,
    assignedId,
    assigned: kase.workers?.find((worker) => worker.workerId === assignedId) ?? null,
    claimant,
    polls,
    unansweredPolls: unansweredPollsOf(polls),
    location: called.endpoint === null && claimant !== null ? locationOf(claimant) : called,
  };
}

/** The list's workers that could serve a type: training runs on any training worker, with or without a GPU. */
export function capableOf(workers: readonly WorkerRecord[], workerType: string): readonly WorkerRecord[] {
  return workers.filter((worker) => worker.workerType === workerType);
}

/** How another operation ended, by its record or by the neighbouring traces; null when no witness knows it. */
export function endOfOther(
  kase: Case,
  operationId: string,
): { readonly status: OperationStatus; readonly at: Micros | null } | null {
  const record = kase.otherOperations.find((other) => other.operationId === operationId);
  if (record !== undefined && isTerminal(record.status)) return { status: record.status, at: record.completedAt };
  const spans: Span[] = [...kase.traces, ...kase.neighbours].flatMap((trace) =>
    carriersOf(trace.spans, 'operationId').filter((span) => readText(span, 'operationId') === operationId),
  );
  const last = transitionsOf(spans, operationId).at(-1);
  return last !== undefined && isTerminal(last.to) ? { status: last.to, at: last.at } : null;
}

/** The backend passes a status poll on to the worker: a request that it sends while it answers one. */
function pollsOf(kase: Case, own: SpanTree, operationId: string, ownCalls: readonly Call[]): readonly Call[] {
  const nearby = buildTree(kase.neighbours);
  const asked = carriersOf(nearby.spans, 'httpUrl').filter(
    (span) => span.kind === 'client' && readText(span, 'httpUrl')?.includes(operationId),
  );
  const passedOn = (tree: SpanTree) => (call: Call) =>
    call.observation &&
    call.endpoint.path.endsWith(`/operations/${operationId}`) &&
    tree.parentOf(call.span)?.kind === 'server';
  return [...ownCalls.filter(passedOn(own)), ...callsOf(nearby, asked).filter(passedOn(nearby))].sort(
    (a, b) => a.span.start - b.span.start,
  );
}

function unansweredPollsOf(polls: readonly Call[]): Workers['unansweredPolls'] {
  const answered = polls.findLastIndex((poll) => poll.trouble === null || poll.trouble === 'bad-answer');
  const unanswered = polls.slice(answered + 1);
  const [first] = unanswered;
  const last = unanswered.at(-1);
  if (first === undefined || last === undefined) return null;
  const timeouts = unanswered.filter((poll) => poll.trouble === 'timeout').length;
  const enough = unanswered.length - timeouts >= REFUSALS || timeouts >= TIMEOUTS;
  return enough ? { since: first.span.start, last } : null;
}
