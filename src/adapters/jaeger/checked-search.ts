/** Searches as the use cases mean them: every hit checked, known weaknesses of stores worked around. */
import type { Trace } from '../../diagnosis/trace.ts';
import { inTurns } from '../../jobs/in-turns.ts';
import type { TimeWindow, TraceQuery } from '../../jobs/ports.ts';
import type { Failed } from './client.ts';
import { gapSentence, WIDTH } from './fan-out.ts';
import { hasOperationAttribute, OPERATION_ID, satisfies } from './match.ts';
import { fetchTrace, type SearchResult, type SearchTools, searchTraces, settled, union } from './search.ts';

/** One operation is about one trace, or about ten when the context got lost. */
const TRACES_PER_OPERATION = 20;
/** What Elasticsearch reads as a pattern; a dot is not among them because it matches itself too. */
const PATTERN_CHARACTERS = /[#@&<>~?+*|{}[\]()"\\]/;
/** How many traces per service are looked through where errors cannot be searched for. */
const LOOK_THROUGH = 100;

export async function findOperation(
  search: SearchTools,
  operationId: string,
  window: TimeWindow,
): Promise<SearchResult | Failed> {
  const ask = (id: string) =>
    searchTraces(search, { attributes: { [OPERATION_ID]: id }, window, limit: TRACES_PER_OPERATION });
  const first = await ask(operationId);
  if (first.kind === 'failed') return first;
  let found: SearchResult = {
    ...first,
    traces: first.traces.filter((trace) => hasOperationAttribute(trace, operationId)),
  };
  if (found.traces.length === 0 && PATTERN_CHARACTERS.test(operationId)) {
    const again = await ask(operationId.replace(/[.#@&<>~?+*|{}[\]()"\\]/g, '\\$&'));
    if (again.kind === 'failed') return found;
    found = { ...again, traces: again.traces.filter((trace) => hasOperationAttribute(trace, operationId)) };
  }
  return search.dialect.api === 'v1' ? refetched(search, found) : found;
}

export async function searchChecked(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  const first = await searchTraces(search, query);
  if (first.kind === 'failed') return first;
  const hits = first.traces.filter((trace) => satisfies(trace, query));
  const { error, ...attributes } = query.attributes ?? {};
  if (error !== 'true' || hits.length === first.traces.length) return newest(first, hits, query.limit);
  // Jaeger 2.8 to 2.16 take "true" for false here and answer with other traces: look through the newest ones instead.
  const limit = Math.max(query.limit, LOOK_THROUGH);
  const second = await searchTraces(search, { ...query, attributes, limit });
  if (second.kind === 'failed') return newest(first, hits, query.limit);
  const more = second.traces.filter((trace) => satisfies(trace, query));
  const gap = `This Jaeger cannot search by error status; the newest ${limit} matching traces of each service were looked through.`;
  return newest({ ...second, gaps: [...second.gaps, gap] }, union([...hits, ...more]), query.limit);
}

function newest(found: SearchResult, traces: readonly Trace[], limit: number): SearchResult {
  return { ...found, traces: traces.toSorted((a, b) => startOf(b) - startOf(a)).slice(0, limit) };
}

function startOf(trace: Trace): number {
  return trace.spans[0]?.start ?? 0;
}

/** Elasticsearch cuts search results to the window; by id the trace comes whole, or not at all when it is too old. */
async function refetched(search: SearchTools, found: SearchResult): Promise<SearchResult> {
  const ids = found.traces.map(({ traceId }) => traceId);
  const replies = await inTurns(ids, WIDTH, async (id) => settled(search.client, await fetchTrace(search, id)));
  const whole = replies.flatMap((reply) => (reply.kind === 'traces' ? reply.traces : []));
  const failure = replies.find((reply) => reply.kind === 'failed')?.failure;
  const missing = ids.filter((_id, index) => replies[index]?.kind === 'failed');
  const gaps =
    failure === undefined
      ? []
      : [gapSentence('traces could not be read again as a whole', missing, ids.length, failure)];
  return { ...found, traces: union([...found.traces, ...whole]), gaps: [...found.gaps, ...gaps] };
}
