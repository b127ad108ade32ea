/** The trace store behind the port: the Jaeger at the configured URL, in the dialect it speaks. */
import { describeFailure } from '../../jobs/gather/source-failure.ts';
import type { Clock, TraceAnswer, TraceSource } from '../../jobs/ports.ts';
import { createHttp, type HttpOptions } from '../http/client.ts';
import { JAEGER } from './answer.ts';
import { findOperation, searchChecked } from './checked-search.ts';
import { createClient, type Failed, isFailed } from './client.ts';
import type { Dialect } from './dialect.ts';
import { createDialectCache } from './dialect.ts';
import { fetchTrace, type SearchResult } from './search.ts';
import type { SearchTools } from './services.ts';
import { normaliseTraceId } from './wire/ids.ts';

export interface JaegerOptions extends HttpOptions {
  readonly api: 'auto' | 'v1' | 'v3';
  /** Searched first, and alone when the list of services cannot be read. */
  readonly preferredServices: readonly string[];
  readonly now: Clock;
}

export function createJaegerSource(options: JaegerOptions): TraceSource {
  const client = createClient(createHttp(options, JAEGER));
  const known = createDialectCache(client, options.api, options.now);

  async function withDialect<Good extends { readonly kind: string }>(
    signal: AbortSignal,
    run: (search: SearchTools) => Promise<Good | Failed>,
  ): Promise<{ readonly kind: 'answered'; readonly api: Dialect['api']; readonly value: Good } | Failed> {
    for (let attempt = 1; ; attempt += 1) {
      const current = await known.current(signal);
      if (current.kind === 'failed') return current;
      const { dialect } = current;
      const value = await run({ client, dialect, preferredServices: options.preferredServices, signal });
      if (!isFailed(value)) return { kind: 'answered', api: dialect.api, value };
      // Jaeger may have been upgraded, which adds or removes whole APIs.
      if (!value.strange) return value;
      known.forget();
      if (attempt === 2) return value;
    }
  }

  async function traces(
    signal: AbortSignal,
    run: (search: SearchTools) => Promise<SearchResult | Failed>,
  ): Promise<TraceAnswer> {
    const result = await withDialect(signal, run);
    if (result.kind === 'failed') return { kind: 'unavailable', failure: result.failure };
    const { traces, gaps, searchedServices } = result.value;
    return { kind: 'traces', traces, gaps, searchedServices, detail: detailOf(result.api, result.value) };
  }

  return {
    findOperation: (operationId, window, signal) =>
      traces(signal, (search) => findOperation(search, operationId, window)),

    getTrace: (traceId, signal) => traces(signal, (search) => getTrace(search, traceId)),

    search: (query, signal) => traces(signal, (search) => searchChecked(search, query)),

    async services(signal) {
      const result = await withDialect(signal, ({ dialect }) => client.services(dialect.api, signal));
      return result.kind === 'failed' ? { kind: 'unavailable', failure: result.failure } : result.value;
    },

    async probe(signal) {
      const started = options.now();
      known.forget();
      const result = await withDialect(signal, ({ dialect }) => client.services(dialect.api, signal));
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

async function getTrace(search: SearchTools, traceId: string): Promise<SearchResult | Failed> {
  const id = normaliseTraceId(traceId);
  if (id === null) {
    const gap = `"${traceId.slice(0, 64)}" is not a trace id: 16 or 32 hexadecimal digits are expected.`;
    return { kind: 'found', traces: [], gaps: [gap], searchedServices: null, listedServices: null };
  }
  const reply = await fetchTrace(search, id);
  if (reply.kind === 'failed') return reply;
  return { kind: 'found', traces: reply.traces, gaps: reply.remarks, searchedServices: null, listedServices: null };
}

function detailOf(api: Dialect['api'], { searchedServices, listedServices }: SearchResult): string {
  if (searchedServices === null) return api;
  const isPart = listedServices !== null && listedServices > searchedServices;
  const count = isPart ? `${searchedServices} of ${listedServices}` : searchedServices;
  return `${api}, ${count} ${count === 1 ? 'service' : 'services'} searched`;
}

function countOf(services: readonly string[]): string {
  if (services.length === 0) return 'no services: nothing was exported to it yet';
  return services.length === 1 ? '1 service' : `${services.length} services`;
}
