/**
 * Checks everything that ran: which operations ended, were rejected, or are running. It makes at most three searches and none
 * by ID, however many operations there are, because a search returns whole traces.
 */
import type { WorkerRecord } from '../../diagnosis/case.ts';
import { reportedStatus } from '../../diagnosis/facts/status.ts';
import { isTerminal, resumedAtIn } from '../../diagnosis/facts/transitions.ts';
import { extentOf } from '../../diagnosis/facts/tree.ts';
import { shutdownUpdateOf } from '../../diagnosis/rules/cancelled/finder.ts';
import { endOf, type Micros } from '../../diagnosis/trace.ts';
import { ATTRIBUTE } from '../../diagnosis/vocabulary/attributes.ts';
import { BACKEND_SERVICE, STATUS_UPDATE_SPAN, TRANSITION_SPAN } from '../../diagnosis/vocabulary/operations.ts';
import { servicesLike } from '../../diagnosis/vocabulary/services.ts';
import { mergeTraces } from '../gather/traces.ts';
import type { KtrdrApi, TimeWindow, TraceQuery, TraceSource, Unavailable } from '../ports.ts';
import { type Candidate, candidatesIn } from '../search/candidates.ts';

export interface LookInput {
  /** The window in which a request arrived or an operation changed its state. */
  readonly window: TimeWindow;
  /** The backend's service names in Jaeger; null if they must be looked up. */
  readonly backends: readonly string[] | null;
  /** Services of workers that may report the end of an operation, for stores that can't search all services at once. */
  readonly workerServices: readonly string[];
  /** Whether an operation may be running that a worker shutdown could cancel. */
  readonly isAnyRunning: boolean;
  /** By operation: the worker that claimed it first. */
  readonly claims: Readonly<Record<string, string>>;
  /** Whether this look covers the present, so that the worker list applies to it. */
  readonly isCurrent: boolean;
}

/** The outcome of one operation or of one rejected request. */
export interface Sighting {
  /** The same each time the operation or request is seen. */
  readonly key: string;
  /** Null for a refused request. */
  readonly operationId: string | null;
  readonly traceId: string;
  readonly type: string | null;
  readonly symbol: string | null;
  readonly timeframe: string | null;
  /** `stopped`: cancelled by the shutdown of its worker. */
  readonly outcome: 'running' | 'completed' | 'failed' | 'refused' | 'stopped' | 'cancelled';
  readonly at: Micros;
  /** Null when it wasn't resumed. */
  readonly resumedAt: Micros | null;
  /** Which services other than the backend took part. */
  readonly services: readonly string[];
}

export type LookResult =
  | {
      readonly kind: 'looked';
      readonly sightings: readonly Sighting[];
      readonly backends: readonly string[];
      /** Null when the ktrdr API wasn't asked, or didn't answer. */
      readonly workers: readonly WorkerRecord[] | null;
      /** By operation: a text that stays the same while there is no progress. */
      readonly progress: Readonly<Record<string, string>>;
      /** The window may contain more than was found. */
      readonly isCut: boolean;
    }
  | Unavailable;

interface LookSources {
  readonly traces: TraceSource;
  readonly ktrdr: KtrdrApi | null;
}

const MAX_TRACES = 200;
const MAX_RECORDS = 20;
const [HTTP_METHOD] = ATTRIBUTE.httpMethod;

export async function look(
  input: LookInput,
  { traces, ktrdr }: LookSources,
  now: Micros,
  signal: AbortSignal,
): Promise<LookResult> {
  const listed = input.backends === null ? await traces.services(signal) : null;
  if (listed?.kind === 'unavailable') return listed;
  const found = input.backends ?? servicesLike(BACKEND_SERVICE, listed?.services ?? null);
  const backends = found.length === 0 ? [BACKEND_SERVICE] : found;
  // Reading the list of services replaces the third search.
  const queries = queriesFor({ ...input, isAnyRunning: input.isAnyRunning && listed === null }, backends);
  const [answers, { workers, progress }] = await Promise.all([
    Promise.all(queries.map((query) => traces.search(query, signal))),
    ktrdr === null || !input.isCurrent ? NO_WORKERS : askWorkers(input.claims, ktrdr, signal),
  ]);
  const failed = answers.find((answer) => answer.kind === 'unavailable');
  if (failed !== undefined) return failed;
  const traceLists = answers.map((answer) => (answer.kind === 'traces' ? answer.traces : []));
  return {
    kind: 'looked',
    sightings: candidatesIn(mergeTraces(traceLists.flat()), [], now).flatMap((one) => sightingOf(one, backends)),
    backends,
    workers,
    progress,
    isCut: traceLists.some(({ length }) => length >= MAX_TRACES),
  };
}

/**
 * Every change of an operation's state, every request that changes something, and the updates of workers that are shut down.
 * A start is in the backend's trace, and so is what its worker did, as long as both are in the window.
 */
function queriesFor(
  { window, workerServices, isAnyRunning }: LookInput,
  backends: readonly string[],
): readonly TraceQuery[] {
  const limits = { window, limit: MAX_TRACES };
  return [
    { operation: TRANSITION_SPAN, among: [...new Set([...backends, ...workerServices])], ...limits },
    ...backends.map((service) => ({ service, attributes: { [HTTP_METHOD]: 'POST' }, ...limits })),
    ...(isAnyRunning ? backends.map((service) => ({ service, operation: STATUS_UPDATE_SPAN, ...limits })) : []),
  ];
}

function sightingOf({ operationId, facts }: Candidate, backends: readonly string[]): readonly Sighting[] {
  const { own, status, start, resume, transitions } = facts;
  const extent = extentOf(own);
  const [first] = own;
  if (extent === null || first === undefined) return [];
  const about = {
    operationId,
    traceId: first.traceId,
    type: facts.type,
    symbol: facts.parameters.symbol,
    timeframe: facts.parameters.timeframe,
    resumedAt: resumedAtIn(transitions),
    services: [...new Set(own.map(({ service }) => service))].filter((service) => !backends.includes(service)),
  };
  // In the trace of an agent, the start of one of its children may have been refused.
  const isOwnStart = operationId === null || start?.type === facts.type;
  const refused = resume?.refused === true ? resume : status.refused && isOwnStart ? start : null;
  if (refused !== null) {
    const { traceId } = refused.span;
    return [
      { ...about, key: `trace ${traceId}`, operationId: null, traceId, outcome: 'refused', at: endOf(refused.span) },
    ];
  }
  // A request whose operation isn't named yet.
  if (operationId === null) return [];
  const key = `operation ${operationId}`;
  const value = reportedStatus(status);
  const update = isTerminal(value) ? null : shutdownUpdateOf(facts);
  if (update !== null) return [{ ...about, key, outcome: 'stopped', at: update.span.start }];
  const at = status.endedAt ?? extent.end;
  const outcome = value === 'completed' || value === 'failed' || value === 'cancelled' ? value : 'running';
  return [{ ...about, key, outcome, at }];
}

const NO_WORKERS = { workers: null, progress: {} };

/**
 * The workers, and the progress of what the healthy ones run. No other record is read: a request about an operation whose
 * worker restarted makes the new worker claim it, and then ktrdr never fails it.
 */
async function askWorkers(claims: LookInput['claims'], ktrdr: KtrdrApi, signal: AbortSignal) {
  const listed = await ktrdr.workers(signal);
  if (listed.kind === 'unavailable') return NO_WORKERS;
  const ids = listed.workers.flatMap((worker) => {
    const id = worker.currentOperationId;
    const isFirst = id !== null && (claims[id] ?? worker.workerId) === worker.workerId;
    return isFirst && isWell(worker) ? [id] : [];
  });
  const answers = await Promise.all(
    ids.slice(0, MAX_RECORDS).map(async (id) => ({ id, answer: await ktrdr.operation(id, signal) })),
  );
  const progress = answers.flatMap(({ id, answer }) =>
    answer.kind === 'record'
      ? [[id, JSON.stringify([answer.record.status, answer.record.progress, answer.record.epochs.length])]]
      : [],
  );
  return { workers: listed.workers, progress: Object.fromEntries(progress) };
}

/** ktrdr's registry marks a worker as unavailable after this many failed checks, one every 10 s. */
const MIN_FAILURES = 3;

export function isWell({ status, healthCheckFailures }: WorkerRecord): boolean {
  return status !== 'temporarily_unavailable' && healthCheckFailures < MIN_FAILURES;
}
