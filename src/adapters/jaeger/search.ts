/**
 * The two ways to search: older Jaegers send whole traces per service, newer ones list their ids and send them one by one.
 * Most cannot search for a tag over all services, so each service is searched.
 */
import type { Trace } from '../../diagnosis/trace.ts';
import { briefly } from '../../jobs/gather/source-failure.ts';
import { inTurns } from '../../jobs/in-turns.ts';
import type { SourceFailure, TraceQuery } from '../../jobs/ports.ts';
import {
  type Client,
  errorFailure,
  type Failed,
  isFailed,
  type ReportedError,
  type SummariesFound,
  type TracesFound,
} from './client.ts';
import type { Dialect } from './dialect.ts';
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

/** Requests at a time: enough to be quick, few enough not to load a small Jaeger. */
export const WIDTH = 5;
const MOST_SERVICES = 200;
const JAEGERS_OWN = /^jaeger(?:-(?:all-in-one|query|collector|agent|ingester))?$/;
/** The error of the older API for a NaN, which JSON can't express: one such value makes the whole answer fail. */
const NOT_A_NUMBER = /unsupported value/;
/** How many traces of a service are read where the search itself fails. */
const UNFILTERED_TRACES = 200;
const NEEDS_SERVICE = /service\s*name/i;

export async function searchTraces(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  return search.dialect.api === 'v1' ? searchWhole(search, query) : searchBySummary(search, query);
}

export async function fetchTrace(
  { client, dialect, signal }: SearchTools,
  traceId: string,
): Promise<TracesFound | Failed> {
  const reply = await client.traces(tracePath(dialect.api, traceId), signal);
  if (reply.kind !== 'error' || dialect.api === 'v3' || !NOT_A_NUMBER.test(reply.message))
    return settled(client, reply);
  return settled(client, await client.traces(tracePath('v3', traceId), signal));
}

async function searchWhole(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  const { client, signal } = search;
  const found = await overServices(search, query, async (service) => {
    const reply = await client.traces(legacySearchPath(query, service), signal);
    if (reply.kind !== 'error' || !NOT_A_NUMBER.test(reply.message)) return settled(client, reply);
    const all = settled(client, await client.traces(unfilteredPath(query, service, UNFILTERED_TRACES), signal));
    return all.kind === 'failed' ? all : { ...all, remarks: [...all.remarks, unfilteredNote(service)] };
  });
  if (found.kind === 'failed') return found;
  const { good, gaps, searchedServices } = found;
  const traces = union(good.flatMap((reply) => reply.traces));
  return { kind: 'found', traces, gaps: [...gaps, ...remarksIn(good)], searchedServices };
}

function unfilteredNote(service: string): string {
  return `A value that is no number breaks the search in ${service}; its newest ${UNFILTERED_TRACES} traces were looked through.`;
}

async function searchBySummary(search: SearchTools, query: TraceQuery): Promise<SearchResult | Failed> {
  const { client, dialect, signal } = search;
  if (query.service === undefined) {
    const reply = await client.summaries(summariesPath(query, null), signal);
    if (reply.kind === 'failed') return reply;
    if (reply.kind === 'error' && !NEEDS_SERVICE.test(reply.message)) return errorFailure(client.host, reply);
    if (reply.kind === 'summaries' && (reply.summaries.length > 0 || !dialect.both))
      return fetchAll(search, query, { good: [reply], gaps: [], searchedServices: null });
  }
  const found = await overServices(search, query, async (service) =>
    settled(client, await client.summaries(summariesPath(query, service), signal)),
  );
  return found.kind === 'failed' ? found : fetchAll(search, query, found);
}

/** The traces that the search listed, newest first, as many as are asked for. */
async function fetchAll(
  search: SearchTools,
  query: TraceQuery,
  listed: Omit<ServiceReplies<SummariesFound>, 'kind'>,
): Promise<SearchResult | Failed> {
  const summaries = listed.good.flatMap((reply) => reply.summaries);
  const newestFirst = summaries.toSorted((a, b) => b.startNanos - a.startNanos);
  const ids = [...new Set(newestFirst.map(({ traceId }) => traceId))].slice(0, query.limit);
  const replies = await inTurns(ids, WIDTH, async (id) => fetchTrace(search, id));
  const outcome = split(replies, ids, 'traces could not be read');
  if (outcome.kind === 'failed') return outcome;
  const gone = outcome.good.filter(({ traces }) => traces.length === 0).length;
  const lost = gone === 0 ? [] : [`${gone} of ${ids.length} traces were found by the search but are no longer stored.`];
  const traces = union(outcome.good.flatMap((reply) => reply.traces));
  const gaps = [...listed.gaps, ...outcome.gaps, ...lost, ...remarksIn(outcome.good)];
  return { kind: 'found', traces, gaps, searchedServices: listed.searchedServices };
}

interface ServiceReplies<Good> {
  readonly kind: 'split';
  readonly good: readonly Good[];
  readonly gaps: readonly string[];
  readonly searchedServices: number | null;
}

async function overServices<Good extends { readonly kind: string }>(
  search: SearchTools,
  query: TraceQuery,
  run: (service: string) => Promise<Good | Failed>,
): Promise<ServiceReplies<Good> | Failed> {
  const plan = await servicesToSearch(search, query);
  if (plan.kind === 'failed') return plan;
  const { services } = plan;
  const outcome = split(await inTurns(services, WIDTH, run), services, 'services could not be searched');
  if (outcome.kind === 'failed') return outcome;
  return { ...outcome, gaps: [...plan.gaps, ...outcome.gaps], searchedServices: services.length };
}

/** An error that Jaeger reports as a failure, so that only two outcomes are left. */
function settled<Good>(client: Client, reply: Good | ReportedError | Failed): Good | Failed {
  return isReported(reply) ? errorFailure(client.host, reply) : reply;
}

function isReported<Good>(reply: Good | ReportedError | Failed): reply is ReportedError {
  return typeof reply === 'object' && reply !== null && 'kind' in reply && reply.kind === 'error';
}

interface Plan {
  readonly kind: 'plan';
  readonly services: readonly string[];
  readonly gaps: readonly string[];
}

async function servicesToSearch(search: SearchTools, query: TraceQuery): Promise<Plan | Failed> {
  if (query.service !== undefined) return { kind: 'plan', services: [query.service], gaps: [] };
  const { client, dialect, preferredServices, signal } = search;
  const reply = await client.services(dialect.api, signal);
  if (reply.kind === 'services') return planSearch(reply.services, preferredServices);
  if (preferredServices.length === 0 || reply.strange) return reply;
  const gap = 'The list of services could not be read; only those in JAEGER_SERVICES were searched.';
  return { kind: 'plan', services: preferredServices, gaps: [gap] };
}

/** Preferred services first, Jaeger's own left out, at most 200. */
function planSearch(listed: readonly string[], preferred: readonly string[]): Plan {
  const known = new Set(listed);
  const first = preferred.filter((service) => known.has(service));
  const all = [...new Set([...first, ...listed])].filter((service) => !JAEGERS_OWN.test(service));
  const services = all.slice(0, MOST_SERVICES);
  const gap = `Only ${MOST_SERVICES} of ${all.length} services were searched; set JAEGER_SERVICES to name those that matter.`;
  return { kind: 'plan', services, gaps: services.length < all.length ? [gap] : [] };
}

type Split<Good> = { readonly kind: 'split'; readonly good: readonly Good[]; readonly gaps: readonly string[] };

/** A part that failed is a gap; the whole is a failure only if every part failed. */
function split<Good extends { readonly kind: string }>(
  replies: readonly (Good | Failed)[],
  names: readonly string[],
  what: string,
): Split<Good> | Failed {
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
  if (first === null) return { kind: 'split', good, gaps: [] };
  if (good.length === 0) return first;
  return { kind: 'split', good, gaps: [gapSentence(what, missing, names.length, first.failure)] };
}

/** One sentence for all the services (or traces) that failed, with the first reason. */
export function gapSentence(what: string, missing: readonly string[], of: number, failure: SourceFailure): string {
  const names = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', …' : '');
  return `${missing.length} of ${of} ${what} (${names}): ${briefly(failure)}.`;
}

function remarksIn(replies: readonly { readonly remarks: readonly string[] }[]): readonly string[] {
  return [...new Set(replies.flatMap(({ remarks }) => remarks))];
}

/** The same trace comes once per service that took part; of unequal copies the one with more spans stays. */
export function union(traces: readonly Trace[]): readonly Trace[] {
  const byId = new Map<string, Trace>();
  for (const trace of traces) {
    const known = byId.get(trace.traceId);
    if (known === undefined || known.spans.length < trace.spans.length) byId.set(trace.traceId, trace);
  }
  return [...byId.values()];
}
