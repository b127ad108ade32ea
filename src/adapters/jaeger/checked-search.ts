/** Searches whose hits are checked, with workarounds for known weaknesses of stores. */
import { type Attributes, micros, type Span, type Trace } from '../../diagnosis/trace.ts';
import { ATTRIBUTE } from '../../diagnosis/vocabulary/attributes.ts';
import { isWhole } from '../../jobs/gather/traces.ts';
import { inTurns } from '../../jobs/in-turns.ts';
import type { TimeWindow, TraceQuery } from '../../jobs/ports.ts';
import type { Failed } from './client.ts';
import { gapSentence, WIDTH } from './parts.ts';
import { fetchTrace, type SearchResult, searchTraces, union } from './search.ts';
import type { SearchTools } from './services.ts';

const [OPERATION_ID] = ATTRIBUTE.operationId;

/** One operation has about one trace, or about ten when trace context was lost. */
const TRACES_PER_OPERATION = 20;
/** Characters that Elasticsearch treats as a pattern. The dot is left out because it also matches itself. */
const PATTERN_CHARACTERS = /[#@&<>~?+*|{}[\]()"\\]/;
/** How many traces per service are checked where errors cannot be searched for. */
const LOOK_THROUGH = 100;

export async function findOperation(
  search: SearchTools,
  operationId: string,
  window: TimeWindow,
): Promise<SearchResult | Failed> {
  const searchFor = (id: string) =>
    searchTraces(search, { attributes: { [OPERATION_ID]: id }, window, limit: TRACES_PER_OPERATION });
  const first = await searchFor(operationId);
  if (first.kind === 'failed') return first;
  let found: SearchResult = {
    ...first,
    traces: first.traces.filter((trace) => names(trace, operationId)),
  };
  if (found.traces.length === 0 && PATTERN_CHARACTERS.test(operationId)) {
    const again = await searchFor(operationId.replace(/[.#@&<>~?+*|{}[\]()"\\]/g, '\\$&'));
    if (again.kind === 'failed') return again;
    found = { ...again, traces: again.traces.filter((trace) => names(trace, operationId)) };
  }
  if (found.traces.length >= TRACES_PER_OPERATION)
    found = {
      ...found,
      gaps: [...found.gaps, `Only the newest ${TRACES_PER_OPERATION} traces of each service were read.`],
    };
  return found.mayBeCut ? refetched(search, found) : found;
}

export async function searchChecked(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  const first = await searchTraces(search, query);
  if (first.kind === 'failed') return first;
  const hits = first.traces.filter((trace) => satisfies(trace, query));
  const { error, ...attributes } = query.attributes ?? {};
  if (error !== 'true' || hits.length === first.traces.length) return newest(first, hits, query.limit);
  // Jaeger 2.8 to 2.16 take "true" for false here and answer with other traces: check the newest ones instead.
  const limit = Math.max(query.limit, LOOK_THROUGH);
  const second = await searchTraces(search, { ...query, attributes, limit });
  if (second.kind === 'failed') return newest(first, hits, query.limit);
  const more = second.traces.filter((trace) => satisfies(trace, query));
  const gap = `This Jaeger can’t search by error status, so the newest ${limit} matching traces of each service were scanned instead.`;
  return newest({ ...second, gaps: [...second.gaps, gap] }, union([...hits, ...more]), query.limit);
}

function names(trace: Trace, operationId: string): boolean {
  return trace.spans.some((span) => holds(span.attributes, OPERATION_ID, operationId));
}

function newest(found: SearchResult, traces: readonly Trace[], limit: number): SearchResult {
  return { ...found, traces: traces.toSorted((a, b) => startOf(b) - startOf(a)).slice(0, limit) };
}

function startOf(trace: Trace): number {
  return trace.spans[0]?.start ?? 0;
}

/**
 * Reads cut traces again. Elasticsearch cuts search results to an hour or more around the window. By ID, a trace comes whole,
 * or not at all when it is too old. The window ends now, so only the beginning can be cut off: a trace with every parent is
 * whole.
 */
async function refetched(search: SearchTools, found: SearchResult): Promise<SearchResult> {
  const ids = found.traces.filter((trace) => !isWhole(trace)).map(({ traceId }) => traceId);
  const replies = await inTurns(ids, WIDTH, async (id) => fetchTrace(search, id));
  const whole = replies.flatMap((reply) => (reply.kind === 'traces' ? reply.traces : []));
  const failure = replies.find((reply) => reply.kind === 'failed')?.failure;
  const missing = ids.filter((_id, index) => replies[index]?.kind === 'failed');
  const gaps =
    failure === undefined ? [] : [gapSentence('traces couldn’t be reread in full', missing, ids.length, failure)];
  return { ...found, traces: union([...found.traces, ...whole]), gaps: [...found.gaps, ...gaps] };
}

/** Hits are checked again because stores differ in what a condition means, and some take values as patterns. */
function satisfies(trace: Trace, query: TraceQuery): boolean {
  return trace.spans.some((span) => spanSatisfies(span, query));
}

function spanSatisfies(span: Span, query: TraceQuery): boolean {
  const { service, operation, minDurationMs, window } = query;
  if (span.start < window.from || span.start > window.to) return false;
  if (service !== undefined && span.service !== service) return false;
  if (operation !== undefined && span.name !== operation) return false;
  if (minDurationMs !== undefined && span.duration < micros(minDurationMs * 1000)) return false;
  return Object.entries(query.attributes ?? {}).every(([key, wanted]) => hasAttribute(span, key, wanted));
}

function hasAttribute(span: Span, key: string, wanted: string): boolean {
  if (key === 'error') return wanted === 'true' ? span.status.code === 'error' : holds(span.attributes, key, wanted);
  if (key === 'span.kind') return span.kind === wanted.toLowerCase();
  if (key === 'service.name') return span.service === wanted;
  if (holds(span.attributes, key, wanted) || holds(span.resource, key, wanted)) return true;
  return span.events.some((event) => holds(event.attributes, key, wanted));
}

function holds(attributes: Attributes, key: string, wanted: string): boolean {
  return Object.hasOwn(attributes, key) && String(attributes[key]) === wanted;
}
