/** What happened around an operation and may explain it. Every search is bounded; none is needed for an answer. */
import type { OperationAnswer, OperationRecord, WorkerRecord } from '../../diagnosis/case.ts';
import type { Micros, Trace } from '../../diagnosis/trace.ts';
import { typeOfOperationId } from '../../diagnosis/vocabulary/subject.ts';
import type { KtrdrApi, TraceQuery, TraceSource } from '../ports.ts';
import { operationsMentionedIn } from './names.ts';
import type { SourceLog } from './source-log.ts';
import { minutesAround, windowOfOperation } from './window.ts';

export interface RelatedSearch {
  readonly operationId: string | null;
  readonly traces: readonly Trace[];
  readonly operation: OperationAnswer | null;
  readonly workers: readonly WorkerRecord[] | null;
  readonly now: Micros;
  readonly lookbackMs: number;
}

const MOST_POLLS = 30;
const MOST_CONNECTIONS = 20;
const MOST_OTHER_OPERATIONS = 4;
const MOST_TRACES_PER_OPERATION = 3;

export async function relatedTraces(
  centre: RelatedSearch,
  source: TraceSource,
  sourceLog: SourceLog,
  signal: AbortSignal,
): Promise<readonly Trace[]> {
  const searches = neighbourQueries(centre).map((query) => sourceLog.traces(source.search(query, signal), 'around'));
  const others = occupyingOperations(centre).map(async (operationId) => {
    const window = windowOfOperation(operationId, centre.now, centre.lookbackMs);
    const traces = await sourceLog.traces(source.findOperation(operationId, window, signal), 'around');
    return traces?.slice(0, MOST_TRACES_PER_OPERATION);
  });
  const found = (await Promise.all([...searches, ...others])).flatMap((traces) => traces ?? []);
  const own = new Set(centre.traces.map((trace) => trace.traceId));
  return [...new Map(found.map((trace) => [trace.traceId, trace])).values()].filter((trace) => !own.has(trace.traceId));
}

/** Records of the operations that occupy workers, and of those that the traces name beside the asked one (an agent's children). */
export async function otherOperations(
  centre: RelatedSearch,
  ktrdr: KtrdrApi,
  sourceLog: SourceLog,
  signal: AbortSignal,
): Promise<readonly OperationRecord[]> {
  const named = operationsMentionedIn(centre.traces).filter((id) => id !== centre.operationId);
  const ids = [...new Set([...occupyingOperations(centre), ...named])].slice(0, MOST_OTHER_OPERATIONS);
  const answers = await Promise.all(ids.map((id) => sourceLog.operation(ktrdr.operation(id, signal))));
  return answers.flatMap((answer) => (answer?.kind === 'record' ? [answer.record] : []));
}

function neighbourQueries(centre: RelatedSearch): readonly TraceQuery[] {
  const queries: TraceQuery[] = [];
  const { operationId, now, lookbackMs } = centre;
  if (operationId !== null)
    queries.push({
      service: 'ktrdr-api',
      attributes: { 'http.target': `/api/v1/operations/${operationId}` },
      window: windowOfOperation(operationId, now, lookbackMs),
      limit: MOST_POLLS,
    });
  const minutes = minutesAround(centre.traces);
  if (isDownload(centre) && minutes !== null)
    queries.push({
      service: 'ktrdr-ib-host-service',
      operation: 'ib.connect',
      attributes: { 'connection.status': 'error' },
      window: minutes,
      limit: MOST_CONNECTIONS,
    });
  return queries;
}

function isDownload({ operationId, operation, traces }: RelatedSearch): boolean {
  if (operationId !== null && typeOfOperationId(operationId) === 'data_load') return true;
  if (operation?.kind === 'record' && operation.record.operationType === 'data_load') return true;
  return traces.some((trace) => trace.spans.some((span) => span.name === 'data.download'));
}

/** What keeps the workers busy matters where no worker was free: a refused start, an agent or an operation that waits. */
function occupyingOperations({ operationId, operation, workers }: RelatedSearch): readonly string[] {
  const isWaiting = operation?.kind === 'record' && operation.record.status === 'pending';
  const isAgent = operationId !== null && (typeOfOperationId(operationId) ?? '').startsWith('agent');
  if (operationId !== null && !isWaiting && !isAgent) return [];
  const ids = (workers ?? []).map((worker) => worker.currentOperationId).filter((id) => id !== null);
  return [...new Set(ids)].filter((id) => id !== operationId).slice(0, MOST_OTHER_OPERATIONS);
}
