import type { Case, OperationStatus, WorkerRecord } from '../case.ts';
import type { Micros, Span } from '../trace.ts';
import { carriersOf, readNumber, readText } from '../vocabulary/attributes.ts';
import { spansNamed } from '../vocabulary/span-names.ts';
import { type Call, callsOf } from './calls.ts';
import { type Endpoint, endpointOf } from './endpoints.ts';
import type { Facts } from './index.ts';
import { isWorkersRequest } from './start.ts';
import { isTerminal, transitionsOf } from './transitions.ts';
import { buildTree, type SpanTree } from './tree.ts';

/** Where a worker listens and what it does, as far as is known: enough to name its container. */
export interface WorkerLocation {
  readonly endpoint: Endpoint | null;
  readonly workerType: string | null;
}

/** What the registry's list and the status polls show of the workers that matter to this operation. */
export interface Workers {
  /** Null when the list was not requested or not received. */
  readonly all: readonly WorkerRecord[] | null;
  /** The worker that took the operation, according to its record or to the selection. */
  readonly assignedId: string | null;
  /** Its entry, when it is still listed. */
  readonly assigned: WorkerRecord | null;
  /** The worker whose entry names the operation as its current one. */
  readonly claimant: WorkerRecord | null;
  /** Calls to a worker for this operation's state, in order of time. */
  readonly polls: readonly Call[];
  /** The polls since the last response, when they show that nothing listens there anymore; null otherwise. */
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

/** A busy worker may miss one poll, but not so many in a row. */
const MIN_REFUSALS = 2;
const MIN_TIMEOUTS = 4;

type Sources = Pick<Facts, 'case' | 'tree' | 'operationId' | 'type' | 'record' | 'selections' | 'calls' | 'dispatches'>;

export function workersOf(facts: Sources): Workers {
  const { case: input, operationId, record, selections, dispatches } = facts;
  const selected = selections.at(-1);
  const assignedId = record?.workerId ?? selected?.selectedId ?? null;
  const claimant =
    operationId === null ? null : (input.workers?.find((worker) => worker.currentOperationId === operationId) ?? null);
  const polls = operationId === null ? [] : pollsOf(facts, operationId);
  const endpoint = dispatches.at(-1)?.call?.endpoint ?? null;
  const assigned = input.workers?.find((worker) => worker.workerId === assignedId) ?? null;
  const listed = claimant ?? assigned;
  return {
    all: input.workers,
    assignedId,
    assigned,
    claimant,
    polls,
    unansweredPolls: unansweredPollsOf(polls),
    location:
      endpoint === null && listed !== null
        ? locationOf(listed)
        : { endpoint, workerType: selected?.workerType ?? facts.type },
  };
}

/** Both names of the worker that took the operation; null unless both are known and differ. A service may be sent without a name. */
export function workerNamesOf({ own, workers }: Pick<Facts, 'own' | 'workers'>) {
  const id = workers.assignedId;
  const service = own.findLast(isWorkersRequest)?.service ?? '';
  return id === null || service.trim() === '' || service.endsWith(id) ? null : { id, service };
}

/** Training runs on any training worker, with or without a GPU. */
export function capableOf(workers: readonly WorkerRecord[], workerType: string): readonly WorkerRecord[] {
  return workers.filter((worker) => worker.workerType === workerType);
}

/** How another operation ended, by its record or by the related traces; null when neither shows an end. */
export function endOfOther(
  input: Case,
  operationId: string,
): { readonly status: OperationStatus; readonly at: Micros | null } | null {
  const record = input.otherOperations.find((other) => other.operationId === operationId);
  if (record !== undefined && isTerminal(record.status)) return { status: record.status, at: record.completedAt };
  const spans: Span[] = [...input.traces, ...input.neighbours].flatMap((trace) =>
    carriersOf(trace.spans, 'operationId').filter((span) => readText(span, 'operationId') === operationId),
  );
  const last = transitionsOf(spans, operationId).at(-1);
  return last !== undefined && isTerminal(last.to) ? { status: last.to, at: last.at } : null;
}

/** The backend forwards a status poll to the worker: a request that it sends while it serves one. */
function pollsOf({ case: input, tree, calls }: Sources, operationId: string): readonly Call[] {
  const related = buildTree(input.neighbours);
  const requests = carriersOf(related.spans, 'httpUrl').filter(
    (span) => span.kind === 'client' && readText(span, 'httpUrl')?.includes(operationId),
  );
  const isForwarded = (from: SpanTree) => (call: Call) =>
    call.observation &&
    call.endpoint.path.endsWith(`/operations/${operationId}`) &&
    from.parentOf(call.span)?.kind === 'server';
  return [...calls.filter(isForwarded(tree)), ...callsOf(related, requests).filter(isForwarded(related))].sort(
    (a, b) => a.span.start - b.span.start,
  );
}

/** The registry's calls to a worker's health address among the related traces, in order of time. */
export function healthChecksOf({ neighbours, traces }: Case, { host, port }: Endpoint): readonly Call[] {
  const related = buildTree([...neighbours, ...traces]);
  const requests = carriersOf(related.spans, 'httpUrl').filter(
    (span) => span.kind === 'client' && readText(span, 'httpUrl')?.endsWith('/health'),
  );
  return callsOf(related, requests)
    .filter(({ endpoint }) => endpoint.host === host && endpoint.port === port)
    .sort((a, b) => a.span.start - b.span.start);
}

function unansweredPollsOf(polls: readonly Call[]): Workers['unansweredPolls'] {
  const answered = polls.findLastIndex((poll) => poll.failure === null || poll.failure.startsWith('bad-'));
  const unanswered = polls.slice(answered + 1);
  const [first] = unanswered;
  const last = unanswered.at(-1);
  if (first === undefined || last === undefined) return null;
  const timeouts = unanswered.filter((poll) => poll.failure === 'timeout').length;
  const enough = unanswered.length - timeouts >= MIN_REFUSALS || timeouts >= MIN_TIMEOUTS;
  return enough ? { since: first.span.start, last } : null;
}

/** What the registry counted when it selected a worker. */
export interface WorkerSelection {
  readonly span: Span;
  /** `training`, `backtesting`, `agent_design`, …; null where the span does not say. */
  readonly workerType: string | null;
  /** All types, all states. */
  readonly total: number | null;
  /** Right type, any state. */
  readonly capable: number | null;
  readonly available: number | null;
  readonly status: 'success' | 'none-available' | 'none-capable' | 'unknown';
  readonly selectedId: string | null;
}

/** In order of time. The last one decides: dispatch may select again after a worker was busy. */
export function selectionsOf(spans: readonly Span[]): readonly WorkerSelection[] {
  return spansNamed(spans, ({ name }) => name === 'workers.select' || name === 'worker_registry.select_worker').map(
    (span) => ({
      span,
      workerType: readText(span, 'workerType')?.toLowerCase() ?? null,
      total: readNumber(span, 'workersTotal'),
      capable: readNumber(span, 'workersCapable'),
      available: readNumber(span, 'workersAvailable'),
      status: SELECTION_STATUSES.get(readText(span, 'selectionStatus')?.toLowerCase() ?? '') ?? 'unknown',
      selectedId: readText(span, 'selectedWorker'),
    }),
  );
}

const SELECTION_STATUSES: ReadonlyMap<string, WorkerSelection['status']> = new Map([
  ['success', 'success'],
  ['no_workers_available', 'none-available'],
  ['no_capable_workers', 'none-capable'],
]);
