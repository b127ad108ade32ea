/** The trace store behind the port: the Jaeger at the configured URL, in the dialect it speaks. */
import type { Trace } from '../../diagnosis/trace.ts';
import { describeFailure } from '../../jobs/gather/source-failure.ts';
import type { Clock, TraceAnswer, TraceSource } from '../../jobs/ports.ts';
import { createHttp, type HttpOptions } from '../http/client.ts';
import { type Pace, paced } from '../http/pace.ts';
import { JAEGER } from './answer.ts';
import { findOperation, searchChecked } from './checked-search.ts';
import { createClient, type Failed, isFailed, type ServicesFound } from './client.ts';
import type { Dialect } from './dialect.ts';
import { createDialectCache } from './known-dialect.ts';
import { fetchTrace, type SearchResult } from './search.ts';
import type { SearchTools } from './services.ts';
import { createShared } from './shared.ts';
import { normaliseTraceId } from './wire/ids.ts';

export interface JaegerOptions extends HttpOptions {
  readonly api: 'auto' | 'v1' | 'v3';
  /** Searched first, and alone when the list of services cannot be read. */
  readonly preferredServices: readonly string[];
  readonly now: Clock;
  /** Without it, requests are sent at once. */
  readonly pace?: Pace | null;
}

/** Every worker start adds a service, so the list must be read again soon. */
const SERVICES_KEPT_MS = 10_000;
const RATE_VARIABLE = 'JAEGER_REQUESTS_PER_SECOND';

export function createJaegerSource(options: JaegerOptions): TraceSource {
  const http = createHttp(options, JAEGER);
  const client = createClient(options.pace ? paced(http, options.pace, JAEGER, RATE_VARIABLE) : http);
  const known = createDialectCache(client, options.api, options.now);
  const listed = createShared<ServicesFound>(client.host, { keptMs: SERVICES_KEPT_MS, now: options.now });
  const { preferredServices } = options;

  function forget(): void {
    known.forget();
    listed.forget();
  }

  async function ask<Good extends { readonly kind: string }>(
    signal: AbortSignal,
    run: (search: SearchTools) => Promise<Good | Failed>,
  ): Promise<Answered<Good> | Failed> {
    for (let attempt = 1; ; attempt += 1) {
      const current = await known.current(signal);
      if (current.kind === 'failed') return current;
      const { dialect } = current;
      const services = () => listed.get(signal, (within) => client.services(dialect.api, within));
      const value = await run({ client, dialect, services, preferredServices, known: NONE, signal });
      if (!isFailed(value)) {
        known.confirm(dialect);
        return { kind: 'answered', api: dialect.api, value };
      }
      // Jaeger may have been upgraded, which adds or removes whole APIs.
      if (!value.strange) return value;
      forget();
      if (attempt === 2) return value;
    }
  }

  return {
    async findOperation(operationId, window, signal, whole = []) {
      const byId = new Map(whole.map((trace) => [trace.traceId, trace]));
      return tracesOf(await ask(signal, (search) => findOperation({ ...search, known: byId }, operationId, window)));
    },

    getTrace: async (traceId, signal) => tracesOf(await ask(signal, (search) => getTrace(search, traceId))),

    search: async (query, signal) => tracesOf(await ask(signal, (search) => searchChecked(search, query))),

    async services(signal) {
      const result = await ask(signal, ({ services }) => services());
      return result.kind === 'failed' ? { kind: 'unavailable', failure: result.failure } : result.value;
    },

    async probe(signal) {
      const started = options.now();
      forget();
      const result = await ask(signal, ({ services }) => services());
      const version = result.kind === 'failed' ? null : await client.version(signal);
      const tookMs = Math.round((options.now() - started) / 1000);
      if (result.kind === 'failed')
        return { name: 'jaeger', state: 'unavailable', detail: describeFailure('Jaeger', result.failure), tookMs };
      const name = version === null ? 'Jaeger' : `Jaeger ${version}`;
      const detail = `${name} at ${client.host} speaks ${result.api} and lists ${countOf(result.value.services)}.`;
      return { name: 'jaeger', state: 'ok', detail, tookMs };
    },
  };
}

const NONE: ReadonlyMap<string, Trace> = new Map();

interface Answered<Good> {
  readonly kind: 'answered';
  readonly api: Dialect['api'];
  readonly value: Good;
}

function tracesOf(result: Answered<SearchResult> | Failed): TraceAnswer {
  if (result.kind === 'failed') return { kind: 'unavailable', failure: result.failure };
  const { traces, gaps, searchedServices } = result.value;
  return { kind: 'traces', traces, gaps, searchedServices, detail: detailOf(result.api, result.value) };
}

async function getTrace(search: SearchTools, traceId: string): Promise<SearchResult | Failed> {
  const id = normaliseTraceId(traceId);
  if (id === null) {
    const gap = `"${traceId.slice(0, 64)}" isn't a trace ID: it must have 16 or 32 hexadecimal digits.`;
    return { ...BY_ID, traces: [], gaps: [gap] };
  }
  const reply = await fetchTrace(search, id);
  if (reply.kind === 'failed') return reply;
  return { ...BY_ID, traces: reply.traces, gaps: reply.remarks };
}

const BY_ID = { kind: 'found', searchedServices: null, listedServices: null, mayBeCut: false } as const;

function detailOf(api: Dialect['api'], { searchedServices, listedServices }: SearchResult): string {
  if (searchedServices === null) return api;
  const isPart = listedServices !== null && listedServices > searchedServices;
  const count = isPart ? `${searchedServices} of ${listedServices}` : searchedServices;
  return `${api}, ${count} ${count === 1 ? 'service' : 'services'} searched`;
}

function countOf(services: readonly string[]): string {
  if (services.length === 0) return 'no services: nothing has been exported to it yet';
  return services.length === 1 ? '1 service' : `${services.length} services`;
}
