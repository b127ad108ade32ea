/**
 * Traces and records of other operations: activity around an operation that may explain it, and earlier runs for a baseline.
 * Every search is bounded, and a diagnosis continues without those that fail.
 */
import type { OperationAnswer, OperationRecord, WorkerRecord } from '../../diagnosis/case.ts';
import { factsOf } from '../../diagnosis/facts/index.ts';
import { isRegistration } from '../../diagnosis/facts/operation-spans.ts';
import { startRequestOf } from '../../diagnosis/facts/start.ts';
import { isTerminal } from '../../diagnosis/facts/transitions.ts';
import { type Micros, micros, type Span, type Trace } from '../../diagnosis/trace.ts';
import { readText } from '../../diagnosis/vocabulary/attributes.ts';
import { BACKEND_SERVICE, IB_HOST_SERVICE } from '../../diagnosis/vocabulary/operations.ts';
import { servicesLike } from '../../diagnosis/vocabulary/services.ts';
import { typeOfOperationId } from '../../diagnosis/vocabulary/subject.ts';
import { type Cache, createCache } from '../cache.ts';
import { inTurns } from '../in-turns.ts';
import type { Clock, KtrdrApi, TraceAnswer, TraceQuery, TraceSource } from '../ports.ts';
import { bareCase } from './bare-case.ts';
import type { SourceLog } from './source-log.ts';
import { operationsMentionedIn, otherTraces } from './traces.ts';
import { minutesAround, recentWindow, windowOfOperation } from './window.ts';

/** What is known about the operation. */
export interface RelatedSearch {
  readonly operationId: string | null;
  readonly traces: readonly Trace[];
  readonly operation: OperationAnswer | null;
  readonly workers: readonly WorkerRecord[] | null;
  /** Services that Jaeger lists; null when unknown. */
  readonly services: readonly string[] | null;
  readonly now: Micros;
  readonly lookbackMs: number;
}

const MAX_POLLS = 30;
const MAX_CONNECTIONS = 20;
const MAX_HEALTH_CHECKS = 10;
const HEALTH_CHECKS_MS = 10 * 60_000;
const MAX_OTHER_OPERATIONS = 4;
const MAX_TRACES_PER_OPERATION = 3;

export async function relatedTraces(
  search: RelatedSearch,
  source: TraceSource,
  sourceLog: SourceLog,
  signal: AbortSignal,
): Promise<readonly Trace[]> {
  const searches = relatedQueries(search).map((query) => sourceLog.traces(source.search(query, signal), null));
  const others = occupyingOperations(search).map(async (operationId) => {
    const window = windowOfOperation(operationId, search.now, search.lookbackMs);
    const { traces } = await sourceLog.traces(source.findOperation(operationId, window, signal), null);
    return { traces: traces.slice(0, MAX_TRACES_PER_OPERATION) };
  });
  const found = await Promise.all([...searches, ...others]);
  return otherTraces(
    found.flatMap(({ traces }) => traces),
    search.traces,
  );
}

/** Records of the operations that occupy workers, and of others that the traces mention (an agent's children). */
export async function otherOperations(
  search: RelatedSearch,
  ktrdr: KtrdrApi,
  sourceLog: SourceLog,
  signal: AbortSignal,
): Promise<readonly OperationRecord[]> {
  const mentioned = operationsMentionedIn(search.traces).filter((id) => id !== search.operationId);
  const ids = [...new Set([...occupyingOperations(search), ...mentioned])].slice(0, MAX_OTHER_OPERATIONS);
  const answers = await Promise.all(ids.map((id) => sourceLog.ofOthers(ktrdr.operation(id, signal))));
  return answers.flatMap((answer) => (answer?.kind === 'record' ? [answer.record] : []));
}

function relatedQueries(search: RelatedSearch): readonly TraceQuery[] {
  const queries: TraceQuery[] = [];
  const { operationId, services, now, lookbackMs } = search;
  if (operationId !== null)
    for (const service of servicesLike(BACKEND_SERVICE, services))
      queries.push({
        service,
        attributes: { 'http.target': `/api/v1/operations/${operationId}` },
        window: windowOfOperation(operationId, now, lookbackMs),
        limit: MAX_POLLS,
      });
  const minutes = minutesAround(search.traces);
  if (isDownload(search) && minutes !== null)
    for (const service of servicesLike(IB_HOST_SERVICE, services))
      queries.push({
        service,
        operation: 'ib.connect',
        attributes: { 'connection.status': 'error' },
        window: minutes,
        limit: MAX_CONNECTIONS,
      });
  return [...queries, ...healthQueries(search)];
}

/**
 * The registry checks each worker every 10 s. The latest checks show whether a worker that runs the operation is hung or lost.
 */
function healthQueries({
  operationId,
  traces,
  operation,
  workers,
  services,
  now,
}: RelatedSearch): readonly TraceQuery[] {
  if (operationId === null) return [];
  const facts = factsOf({ ...bareCase({ kind: 'operation', operationId }, traces, operation, now), workers });
  const { claimant, assigned } = facts.workers;
  const call = facts.dispatches.at(-1)?.call ?? null;
  const url = (claimant ?? assigned)?.endpointUrl ?? (call && readText(call.span, 'httpUrl'));
  const server = /^https?:\/\/[^/]+/.exec(url ?? '')?.[0];
  if (server === undefined || isTerminal(facts.status.value)) return [];
  return servicesLike(BACKEND_SERVICE, services).map((service) => ({
    service,
    attributes: { 'http.url': `${server}/health` },
    window: recentWindow(now, HEALTH_CHECKS_MS),
    limit: MAX_HEALTH_CHECKS,
  }));
}

function isDownload({ operationId, operation, traces }: RelatedSearch): boolean {
  if (operationId !== null && typeOfOperationId(operationId) === 'data_load') return true;
  if (operation?.kind === 'record' && operation.record.operationType === 'data_load') return true;
  return traces.some((trace) => trace.spans.some((span) => span.name === 'data.download'));
}

/**
 * The operations that occupy workers. They matter only if no worker was free: for a rejected start, or an agent or operation
 * that waits.
 */
function occupyingOperations({ operationId, operation, workers }: RelatedSearch): readonly string[] {
  const isWaiting = operation?.kind === 'record' && operation.record.status === 'pending';
  const isAgent = operationId !== null && (typeOfOperationId(operationId) ?? '').startsWith('agent');
  if (operationId !== null && !isWaiting && !isAgent) return [];
  const ids = (workers ?? []).map((worker) => worker.currentOperationId).filter((id) => id !== null);
  return [...new Set(ids)].filter((id) => id !== operationId).slice(0, MAX_OTHER_OPERATIONS);
}

export interface Baseline {
  readonly traces: readonly Trace[];
  /** For training runs, because only the record has the number of epochs. */
  readonly records: readonly OperationRecord[];
}

export interface BaselineSources {
  readonly traces: TraceSource;
  readonly ktrdr: KtrdrApi | null;
  readonly clock: Clock;
  readonly sourceLog: SourceLog;
}

const BASELINE_DEADLINE_MS = 3000;
const MAX_RUNS_OF_REQUEST = 25;
const MAX_RUNS_OF_WORKER = 10;
const MAX_RECORDS = 12;
const RECORDS_AT_ONCE = 4;
/** Larger traces take too long to compare. */
const MAX_SPANS = 20_000;
const MONTH = 30 * 86_400_000_000;
/**
 * Windows end at a multiple of this (10 min in microseconds), so that requests about concurrent operations share cached
 * responses.
 */
const WINDOW_STEP = 600_000_000;
const BASELINE_TTL_MS = 60_000;
const MAX_CACHED_QUERIES = 16;

/** Earlier operations of the same kind. Empty for an operation that didn't complete, unless its user finds it slow. */
export async function earlierOperations(
  found: Pick<RelatedSearch, 'traces' | 'operation'>,
  isFoundSlow: boolean,
  sources: BaselineSources,
): Promise<Baseline> {
  const spans = found.traces.flatMap((trace) => trace.spans);
  if (!isFoundSlow && !isCompleted(spans, found.operation)) return { traces: [], records: [] };
  const signal = AbortSignal.timeout(BASELINE_DEADLINE_MS);
  const answers = await Promise.all(baselineQueries(spans).map((query) => searchCached(query, sources, signal)));
  const newestFirst = otherTraces(answers.flat(), found.traces).toReversed();
  const traces = newestFirst.filter((trace) => trace.spans.length <= MAX_SPANS);
  return { traces, records: await recordsOf(spans, traces, sources, signal) };
}

function isCompleted(spans: readonly Span[], operation: OperationAnswer | null): boolean {
  if (operation?.kind === 'record') return operation.record.status === 'completed';
  return spans.some(
    (span) =>
      [readText(span, 'toStatus'), readText(span, 'operationStatus')].some((s) => s?.toLowerCase() === 'completed') ||
      /^worker\.(?:training|backtest)/.test(span.name),
  );
}

/**
 * Searches for earlier starts by the same request, and for earlier work of the same worker process: two searches in one service
 * each.
 */
function baselineQueries(spans: readonly Span[]): readonly TraceQuery[] {
  const request = spans.find((span) => startRequestOf(span)?.resume === false);
  if (request === undefined) return [];
  const to = Math.ceil(request.start / WINDOW_STEP) * WINDOW_STEP;
  const window = { from: micros(to - MONTH), to: micros(to) };
  const registration = spans.find(isRegistration);
  const ofRequest = { service: request.service, operation: request.name, window, limit: MAX_RUNS_OF_REQUEST };
  if (registration === undefined || registration.service === request.service) return [ofRequest];
  const { service, name } = registration;
  return [ofRequest, { service, operation: name, window, limit: MAX_RUNS_OF_WORKER }];
}

/** One cache per source, so that it lives as long as the source. */
const caches = new WeakMap<TraceSource, Cache<TraceAnswer>>();

async function searchCached(
  query: TraceQuery,
  { traces: source, clock, sourceLog }: BaselineSources,
  signal: AbortSignal,
): Promise<readonly Trace[]> {
  const cache =
    caches.get(source) ??
    createCache({ maxEntries: MAX_CACHED_QUERIES, ttlMs: BASELINE_TTL_MS, nowMs: () => clock() / 1000 });
  caches.set(source, cache);
  const key = JSON.stringify(query);
  const answer = cache.fetch(
    key,
    () => source.search(query, signal),
    ({ kind }) => kind !== 'unavailable',
  );
  return (await sourceLog.traces(answer, null)).traces;
}

async function recordsOf(
  spans: readonly Span[],
  traces: readonly Trace[],
  { ktrdr, sourceLog }: BaselineSources,
  signal: AbortSignal,
): Promise<readonly OperationRecord[]> {
  const isTraining = spans.some((span) => startRequestOf(span)?.type === 'training');
  if (ktrdr === null || !isTraining) return [];
  const registrations = traces.flatMap((trace) => trace.spans.filter(isRegistration));
  const ids = registrations.flatMap((span) => readText(span, 'operationId') ?? []);
  const answers = await inTurns(ids.slice(0, MAX_RECORDS), RECORDS_AT_ONCE, (id) =>
    sourceLog.ofOthers(ktrdr.operation(id, signal)),
  );
  return answers.flatMap((answer) => (answer?.kind === 'record' ? [answer.record] : []));
}
