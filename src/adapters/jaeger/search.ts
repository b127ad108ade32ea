/**
 * The ways to search. Older Jaegers send whole traces per service. Newer ones send those of all services at once; where their
 * store can't search all services, they list ids per service and send each trace once.
 */
import type { Trace } from '../../diagnosis/trace.ts';
import { inTurns } from '../../jobs/in-turns.ts';
import type { TraceQuery } from '../../jobs/ports.ts';
import {
  type Client,
  errorFailure,
  type Failed,
  isFailed,
  type ReportedError,
  type SummariesFound,
  type TracesFound,
} from './client.ts';
import { split, WIDTH } from './parts.ts';
import { legacySearchPath, tracePath, unfilteredPath, v3SearchPath } from './paths.ts';
import { overServices, type SearchTools, type ServiceReplies } from './services.ts';

/** Hits as Jaeger reports them, not yet checked, each trace once. */
export interface SearchResult {
  readonly kind: 'found';
  readonly traces: readonly Trace[];
  readonly gaps: readonly string[];
  /** Null for one search over all services. */
  readonly searchedServices: number | null;
  /** Number of services that the store lists, when they were searched one by one; null otherwise. */
  readonly listedServices: number | null;
  /** Whether the traces come from a search, which on some stores omits spans far outside its window. */
  readonly mayBeCut: boolean;
}

/** The error of the older API for a NaN, which JSON can't express: one such value makes the whole answer fail. */
const NOT_A_NUMBER = /unsupported value/;
/** Traces read per service when the search itself fails. */
const UNFILTERED_TRACES = 200;
const NEEDS_SERVICE = /service\s*name/i;

export async function searchTraces(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  if (isAmongSome(query) && search.dialect.overAll === 'refused') return searchEach(search, query);
  if (search.dialect.api === 'v1') return searchWhole(search, query);
  const { known, dialect } = search;
  const isOverServices = query.service === undefined && dialect.overAll === 'refused';
  return isOverServices || known.size > 0 ? searchBySummary(search, query) : searchAtOnce(search, query);
}

function isAmongSome(query: TraceQuery): query is TraceQuery & { readonly among: readonly string[] } {
  return query.service === undefined && query.among !== undefined;
}

/** One request for each of a few services. It fails when one of them does. */
async function searchEach(
  search: SearchTools,
  { among, ...query }: TraceQuery & { readonly among: readonly string[] },
): Promise<SearchResult | Failed> {
  const found = await inTurns(among, WIDTH, (service) => searchTraces(search, { ...query, service }));
  const failed = found.find(isFailed);
  if (failed !== undefined) return failed;
  const results = found.filter((one): one is SearchResult => one.kind === 'found');
  return {
    kind: 'found',
    traces: union(results.flatMap(({ traces }) => traces)),
    gaps: results.flatMap(({ gaps }) => gaps),
    searchedServices: among.length,
    listedServices: among.length,
    mayBeCut: true,
  };
}

/** One request. Not used where the same trace would be returned once for each service that took part in it. */
async function searchAtOnce(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  const { client, signal } = search;
  const { service = null } = query;
  const reply = await client.traces(v3SearchPath('traces', query, service), signal);
  if (reply.kind === 'failed') return reply.failure.code === 'too-large' ? searchBySummary(search, query) : reply;
  if (isInVain(search, query, reply))
    return isAmongSome(query) ? searchEach(search, query) : searchServices(search, query);
  if (reply.kind === 'error') return searchBySummary(search, query);
  const services = service === null ? null : 1;
  const counts = { searchedServices: services, listedServices: services };
  return { ...counts, kind: 'found', traces: reply.traces, gaps: remarksIn([reply]), mayBeCut: true };
}

export async function fetchTrace(
  { client, dialect, known, signal }: SearchTools,
  traceId: string,
): Promise<TracesFound | Failed> {
  const trace = known.get(traceId);
  if (trace !== undefined) return { kind: 'traces', traces: [trace], remarks: [] };
  const reply = await client.traces(tracePath(dialect.api, traceId), signal);
  if (reply.kind !== 'error' || dialect.api === 'v3' || !NOT_A_NUMBER.test(reply.message))
    return settled(client, reply);
  return settled(client, await client.traces(tracePath('v3', traceId), signal));
}

async function searchWhole(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  const { client, signal } = search;
  const searchOne = async (service: string) => {
    const reply = await client.traces(legacySearchPath(query, service), signal);
    if (reply.kind !== 'error' || !NOT_A_NUMBER.test(reply.message)) return settled(client, reply);
    const all = settled(client, await client.traces(unfilteredPath(query, service, UNFILTERED_TRACES), signal));
    return all.kind === 'failed' ? all : { ...all, remarks: [...all.remarks, unfilteredNote(service)] };
  };
  const found = await overServices(search, query, searchOne, hasTraces);
  if (found.kind === 'failed') return found;
  const traces = union(found.good.flatMap((reply) => reply.traces));
  return { ...countsOf(found), kind: 'found', traces, gaps: [...found.gaps, ...remarksIn(found.good)], mayBeCut: true };
}

function unfilteredNote(service: string): string {
  return `A NaN value breaks search in ${service}, so its newest ${UNFILTERED_TRACES} traces were scanned instead.`;
}

/** Lists the ids, and reads the traces that aren't known one by one. */
async function searchBySummary(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  const { client, dialect, signal } = search;
  if (query.service === undefined && dialect.overAll !== 'refused') {
    const reply = await client.summaries(v3SearchPath('trace-summaries', query, null), signal);
    if (reply.kind === 'failed') return reply;
    if (!isInVain(search, query, reply)) {
      if (reply.kind === 'error') return errorFailure(client.host, reply);
      return fetchAll(search, query, { good: [reply], gaps: [], searchedServices: null, listedServices: null });
    }
  }
  return searchServices(search, query);
}

async function searchServices(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  const { client, signal } = search;
  const searchOne = async (service: string) =>
    settled(client, await client.summaries(v3SearchPath('trace-summaries', query, service), signal));
  const found = await overServices(search, query, searchOne, ({ summaries }) => summaries.length > 0);
  return found.kind === 'failed' ? found : fetchAll(search, query, found);
}

/** Whether the response shows only that the services must be searched one by one. Records what it reveals about the store. */
function isInVain(
  { dialect }: SearchTools,
  query: TraceQuery,
  reply: TracesFound | SummariesFound | ReportedError,
): boolean {
  if (query.service !== undefined) return false;
  if (reply.kind === 'error') {
    if (!NEEDS_SERVICE.test(reply.message)) return false;
    dialect.overAll = 'refused';
    return true;
  }
  const count = reply.kind === 'traces' ? reply.traces.length : reply.summaries.length;
  if (count > 0) dialect.overAll = 'works';
  return count === 0 && dialect.overAll === 'unknown';
}

type Listed = Omit<ServiceReplies<SummariesFound>, 'kind'>;

/** The listed traces, newest first, up to the limit of the query. */
async function fetchAll(search: SearchTools, query: TraceQuery, listed: Listed): Promise<SearchResult | Failed> {
  const summaries = listed.good.flatMap((reply) => reply.summaries);
  const newestFirst = summaries.toSorted((a, b) => b.startNanos - a.startNanos);
  const ids = [...new Set(newestFirst.map(({ traceId }) => traceId))].slice(0, query.limit);
  const replies = await inTurns(ids, WIDTH, async (id) => fetchTrace(search, id));
  const outcome = split(replies, ids, 'traces couldn’t be read');
  if (outcome.kind === 'failed') return outcome;
  const read = outcome.good.flatMap((reply) => reply.traces);
  const gone = outcome.good.length - outcome.good.filter(hasTraces).length;
  const missing = new Set(ids.filter((id) => !read.some(({ traceId }) => traceId === id)));
  const again = gone === 0 ? [] : await readThroughSearch(search, query, listed);
  const recovered = again.flatMap((reply) => reply.traces).filter(({ traceId }) => missing.has(traceId));
  const lost = gone - Math.min(gone, union(recovered).length);
  const gaps = [...listed.gaps, ...outcome.gaps, ...remarksIn([...outcome.good, ...again])];
  if (lost > 0) gaps.push(`${lost} of ${ids.length} traces were listed by the search but couldn’t be read.`);
  return { ...countsOf(listed), kind: 'found', traces: union([...read, ...recovered]), gaps, mayBeCut: false };
}

/** Elasticsearch finds traces that it no longer returns by ID, because a read by ID checks only the newest indices. */
async function readThroughSearch(
  search: SearchTools,
  query: TraceQuery,
  { searchedServices }: Listed,
): Promise<readonly TracesFound[]> {
  const { client, signal } = search;
  const searchOne = async (service: string | null) =>
    settled(client, await client.traces(v3SearchPath('traces', query, service), signal));
  if (searchedServices === null) {
    const reply = await searchOne(null);
    return reply.kind === 'failed' ? [] : [reply];
  }
  const found = await overServices(search, query, searchOne, hasTraces);
  return found.kind === 'failed' ? [] : found.good;
}

function hasTraces({ traces }: TracesFound): boolean {
  return traces.length > 0;
}

function countsOf({ searchedServices, listedServices }: Omit<Listed, 'good' | 'gaps'>) {
  return { searchedServices, listedServices };
}

/** Turns an error that Jaeger reports into a failure, so that callers handle only two outcomes. */
function settled<Good>(client: Client, reply: Good | ReportedError | Failed): Good | Failed {
  return isReported(reply) ? errorFailure(client.host, reply) : reply;
}

function isReported<Good>(reply: Good | ReportedError | Failed): reply is ReportedError {
  return typeof reply === 'object' && reply !== null && 'kind' in reply && reply.kind === 'error';
}

function remarksIn(replies: readonly { readonly remarks: readonly string[] }[]): readonly string[] {
  return [...new Set(replies.flatMap(({ remarks }) => remarks))];
}

/** The same trace may be returned once per service that took part. Of different copies, the one with the most spans is kept. */
export function union(traces: readonly Trace[]): readonly Trace[] {
  const byId = new Map<string, Trace>();
  for (const trace of traces) {
    const known = byId.get(trace.traceId);
    if (known === undefined || known.spans.length < trace.spans.length) byId.set(trace.traceId, trace);
  }
  return [...byId.values()];
}
