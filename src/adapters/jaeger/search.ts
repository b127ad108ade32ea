/** The two ways to search: older Jaegers send whole traces per service, newer ones name them and send them one by one. */
import type { Trace } from '../../diagnosis/trace.ts';
import { inTurns } from '../../jobs/in-turns.ts';
import type { TraceQuery } from '../../jobs/ports.ts';
import { type Client, errorFailure, type Failed, isFailed, type Summary, type TracesReply } from './client.ts';
import type { Dialect } from './dialect.ts';
import { gapSentence, planSearch, WIDTH } from './fan-out.ts';
import { legacySearchPath, summariesPath, tracePath, unfilteredPath } from './paths.ts';

/** Hits as Jaeger sees them, not yet checked, each trace once. */
export interface SearchResult {
  readonly kind: 'found';
  readonly traces: readonly Trace[];
  readonly gaps: readonly string[];
  /** Null for one search over all services. */
  readonly searchedServices: number | null;
}

export interface SearchTools {
  readonly client: Client;
  readonly dialect: Dialect;
  readonly preferredServices: readonly string[];
  readonly signal: AbortSignal;
}

/** How the older API fails on a NaN: it has no word for it, and one such value spoils the whole answer. */
const NOT_A_NUMBER = /unsupported value/;
/** How many traces of a service are read where the search itself fails. */
const UNFILTERED_TRACES = 200;
const NEEDS_SERVICE = /service\s*name/i;

export async function searchTraces(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  return search.dialect.api === 'v1' ? searchWhole(search, query) : searchBySummary(search, query);
}

export async function fetchTrace({ client, dialect, signal }: SearchTools, traceId: string): Promise<TracesReply> {
  const reply = await client.traces(tracePath(dialect.api, traceId), signal);
  if (reply.kind !== 'error' || dialect.api === 'v3' || !NOT_A_NUMBER.test(reply.message)) return reply;
  return client.traces(tracePath('v3', traceId), signal);
}

/** Turns Jaeger's own words into a failure, so that only two outcomes are left. */
export function settled(client: Client, reply: TracesReply): Extract<TracesReply, { kind: 'traces' }> | Failed {
  return reply.kind === 'error' ? errorFailure(client.host, reply.httpStatus, reply.message) : reply;
}

async function searchWhole(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  const { client, signal } = search;
  return overServices(search, query, async (service) => {
    const reply = await client.traces(legacySearchPath(query, service), signal);
    if (reply.kind !== 'error' || !NOT_A_NUMBER.test(reply.message)) return settled(client, reply);
    const all = settled(client, await client.traces(unfilteredPath(query, service, UNFILTERED_TRACES), signal));
    return all.kind === 'failed' ? all : { ...all, remarks: [...all.remarks, lookedThrough(service)] };
  });
}

function lookedThrough(service: string): string {
  return `A value that is no number breaks the search in ${service}; its newest ${UNFILTERED_TRACES} traces were looked through.`;
}

async function searchBySummary(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  const { client, dialect, signal } = search;
  if (query.service === undefined) {
    const reply = await client.summaries(summariesPath(query, null), signal);
    if (reply.kind === 'failed') return reply;
    if (reply.kind === 'error' && !NEEDS_SERVICE.test(reply.message)) {
      return errorFailure(client.host, reply.httpStatus, reply.message);
    }
    const found = reply.kind === 'summaries' && (reply.summaries.length > 0 || !dialect.both);
    if (found) return fetchAll(search, query, { summaries: reply.summaries, gaps: [], searchedServices: null });
  }
  return searchSummariesByService(search, query);
}

async function searchSummariesByService(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  const { client, signal } = search;
  const plan = await servicesToSearch(search, query);
  if (plan.kind === 'failed') return plan;
  const replies = await inTurns(plan.services, WIDTH, async (service) => {
    const reply = await client.summaries(summariesPath(query, service), signal);
    return reply.kind === 'error' ? errorFailure(client.host, reply.httpStatus, reply.message) : reply;
  });
  const outcome = divide(replies, plan.services, 'services could not be searched');
  if (outcome.kind === 'failed') return outcome;
  const summaries = outcome.good.flatMap((reply) => reply.summaries);
  const gaps = [...plan.gaps, ...outcome.gaps];
  return fetchAll(search, query, { summaries, gaps, searchedServices: plan.services.length });
}

interface Named {
  readonly summaries: readonly Summary[];
  readonly gaps: readonly string[];
  readonly searchedServices: number | null;
}

async function fetchAll(search: SearchTools, query: TraceQuery, named: Named): Promise<SearchResult | Failed> {
  const newestFirst = named.summaries.toSorted((a, b) => b.startNanos - a.startNanos);
  const ids = [...new Set(newestFirst.map(({ traceId }) => traceId))].slice(0, query.limit);
  const replies = await inTurns(ids, WIDTH, async (id) => settled(search.client, await fetchTrace(search, id)));
  const outcome = divide(replies, ids, 'traces could not be read');
  if (outcome.kind === 'failed') return outcome;
  const gone = outcome.good.filter(({ traces }) => traces.length === 0).length;
  const lost = gone === 0 ? [] : [`${gone} of ${ids.length} traces were found by the search but are no longer stored.`];
  const traces = union(outcome.good.flatMap((reply) => reply.traces));
  const gaps = [...named.gaps, ...outcome.gaps, ...lost, ...remarksIn(outcome.good)];
  return { kind: 'found', traces, gaps, searchedServices: named.searchedServices };
}

async function overServices(
  search: SearchTools,
  query: TraceQuery,
  ask: (service: string) => Promise<Extract<TracesReply, { kind: 'traces' }> | Failed>,
): Promise<SearchResult | Failed> {
  const plan = await servicesToSearch(search, query);
  if (plan.kind === 'failed') return plan;
  const outcome = divide(await inTurns(plan.services, WIDTH, ask), plan.services, 'services could not be searched');
  if (outcome.kind === 'failed') return outcome;
  const traces = union(outcome.good.flatMap((reply) => reply.traces));
  const gaps = [...plan.gaps, ...outcome.gaps, ...remarksIn(outcome.good)];
  return { kind: 'found', traces, gaps, searchedServices: plan.services.length };
}

type Plan = { readonly kind: 'plan'; readonly services: readonly string[]; readonly gaps: readonly string[] };

async function servicesToSearch(search: SearchTools, query: TraceQuery): Promise<Plan | Failed> {
  if (query.service !== undefined) return { kind: 'plan', services: [query.service], gaps: [] };
  const { client, dialect, preferredServices, signal } = search;
  const reply = await client.services(dialect.api, signal);
  if (reply.kind === 'services') return { kind: 'plan', ...planSearch(reply.services, preferredServices) };
  if (preferredServices.length === 0 || reply.strange) return reply;
  const gap = 'The list of services could not be read; only those in JAEGER_SERVICES were searched.';
  return { kind: 'plan', services: preferredServices, gaps: [gap] };
}

type Divided<Good> = { readonly kind: 'divided'; readonly good: readonly Good[]; readonly gaps: readonly string[] };

/** A part that failed is a gap; only when every part failed is the whole a failure. */
function divide<Good extends { readonly kind: string }>(
  replies: readonly (Good | Failed)[],
  names: readonly string[],
  what: string,
): Divided<Good> | Failed {
  const good: Good[] = [];
  const missing: string[] = [];
  let first: Failed | null = null;
  for (const [index, reply] of replies.entries()) {
    if (isFailed(reply)) {
      first ??= reply;
      missing.push(names[index] ?? '');
    } else {
      good.push(reply);
    }
  }
  if (first === null) return { kind: 'divided', good, gaps: [] };
  if (good.length === 0) return first;
  return { kind: 'divided', good, gaps: [gapSentence(what, missing, names.length, first.failure)] };
}

function remarksIn(replies: readonly { readonly remarks: readonly string[] }[]): readonly string[] {
  return [...new Set(replies.flatMap(({ remarks }) => remarks))];
}

/** The same trace comes once per service that took part; of unequal copies the fuller one stays. */
export function union(traces: readonly Trace[]): readonly Trace[] {
  const byId = new Map<string, Trace>();
  for (const trace of traces) {
    const known = byId.get(trace.traceId);
    if (known === undefined || known.spans.length < trace.spans.length) byId.set(trace.traceId, trace);
  }
  return [...byId.values()];
}
