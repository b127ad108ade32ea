/** Earlier operations of the same kind, to say what is usual. Wanted, never needed: what does not come in time is left out. */

import type { OperationAnswer, OperationRecord, Symptom } from '../../diagnosis/case.ts';
import { isRegistration } from '../../diagnosis/facts/operation-spans.ts';
import { startRequestOf } from '../../diagnosis/facts/start.ts';
import { micros, type Span, type Trace } from '../../diagnosis/trace.ts';
import { readText } from '../../diagnosis/vocabulary/attributes.ts';
import { type Cache, createCache } from '../cache.ts';
import { inTurns } from '../in-turns.ts';
import type { Clock, KtrdrApi, TraceAnswer, TraceQuery, TraceSource } from '../ports.ts';

export interface Baseline {
  readonly traces: readonly Trace[];
  /** Of trainings: only the record counts their epochs. */
  readonly records: readonly OperationRecord[];
}

export interface BaselineSources {
  readonly traces: TraceSource;
  readonly ktrdr: KtrdrApi | null;
  readonly clock: Clock;
}

const DEADLINE_MS = 3000;
const MOST_OF_ITS_KIND = 25;
const MOST_OF_ITS_WORKER = 10;
const MOST_RECORDS = 12;
const RECORDS_AT_ONCE = 4;
/** Larger traces are too dear for a comparison. */
const MOST_SPANS = 20_000;
const MONTH = 30 * 86_400_000_000;
/** Questions about operations of the same minutes share their answers. */
const WINDOW_STEP = 600_000_000;
const KEPT_MS = 60_000;
const MOST_KEPT = 16;

const NONE: Baseline = { traces: [], records: [] };

/** Asked for what has completed, or when somebody finds it slow. */
export async function earlierOperations(
  found: { readonly traces: readonly Trace[]; readonly operation: OperationAnswer | null },
  symptom: Symptom | null,
  sources: BaselineSources,
): Promise<Baseline> {
  const spans = found.traces.flatMap((trace) => trace.spans);
  if (symptom !== 'slow' && !isCompleted(spans, found.operation)) return NONE;
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const own = new Set(found.traces.map(({ traceId }) => traceId));
  const queries = queriesFor(spans);
  const answers = await Promise.all(queries.map((query) => askOnce(query, sources, signal)));
  const unique = new Map(answers.flat().map((trace) => [trace.traceId, trace]));
  const traces = [...unique.values()]
    .filter((trace) => !own.has(trace.traceId) && trace.spans.length <= MOST_SPANS)
    .sort((a, b) => startOf(b) - startOf(a));
  return { traces, records: await recordsOf(spans, traces, sources.ktrdr, signal) };
}

function isCompleted(spans: readonly Span[], operation: OperationAnswer | null): boolean {
  if (operation?.kind === 'record') return operation.record.status === 'completed';
  return spans.some(
    (span) =>
      [readText(span, 'toStatus'), readText(span, 'operationStatus')].some((s) => s?.toLowerCase() === 'completed') ||
      /^worker\.(?:training|backtest)/.test(span.name),
  );
}

/** What the same request started before, and what the same worker process did before: two searches of one service each. */
function queriesFor(spans: readonly Span[]): readonly TraceQuery[] {
  const request = spans.find((span) => startRequestOf(span)?.resume === false);
  if (request === undefined) return [];
  const to = Math.ceil(request.start / WINDOW_STEP) * WINDOW_STEP;
  const window = { from: micros(to - MONTH), to: micros(to) };
  const registration = spans.find(isRegistration);
  const ofItsKind = { service: request.service, operation: request.name, window, limit: MOST_OF_ITS_KIND };
  if (registration === undefined || registration.service === request.service) return [ofItsKind];
  const { service, name } = registration;
  return [ofItsKind, { service, operation: name, window, limit: MOST_OF_ITS_WORKER }];
}

/** Per source, so that it lives as long as what it was read from. */
const caches = new WeakMap<TraceSource, Cache<TraceAnswer>>();

async function askOnce(
  query: TraceQuery,
  { traces: source, clock }: BaselineSources,
  signal: AbortSignal,
): Promise<readonly Trace[]> {
  const cache =
    caches.get(source) ?? createCache({ maxEntries: MOST_KEPT, ttlMs: KEPT_MS, nowMs: () => clock() / 1000 });
  caches.set(source, cache);
  const key = JSON.stringify(query);
  const answer = await cache.fetch(key, () => source.search(query, signal));
  if (answer.kind === 'traces') return answer.traces;
  cache.delete(key);
  return [];
}

async function recordsOf(
  spans: readonly Span[],
  traces: readonly Trace[],
  ktrdr: KtrdrApi | null,
  signal: AbortSignal,
): Promise<readonly OperationRecord[]> {
  const isTraining = spans.some((span) => startRequestOf(span)?.type === 'training');
  if (ktrdr === null || !isTraining) return [];
  const ids = traces.flatMap(({ spans }) =>
    spans.filter(isRegistration).flatMap((s) => readText(s, 'operationId') ?? []),
  );
  const answers = await inTurns(ids.slice(0, MOST_RECORDS), RECORDS_AT_ONCE, (id) => ktrdr.operation(id, signal));
  return answers.flatMap((answer) => (answer.kind === 'record' ? [answer.record] : []));
}

function startOf({ spans }: Trace): number {
  return spans[0]?.start ?? 0;
}
