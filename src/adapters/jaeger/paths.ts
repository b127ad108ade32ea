/** The requests of both dialects, as paths relative to the base URL. */
import type { Micros } from '../../diagnosis/trace.ts';
import type { TraceQuery } from '../../jobs/ports.ts';

export const SERVICES_PATH = { v1: 'api/services', v3: 'api/v3/services' } as const;

export function tracePath(api: 'v1' | 'v3', traceId: string): string {
  return `${api === 'v1' ? 'api' : 'api/v3'}/traces/${traceId}`;
}

/** A search of the older API: whole traces. `tags` as JSON is the only form that other stores with this API also support. */
export function legacySearchPath(query: TraceQuery, service: string): string {
  const parameters = new URLSearchParams({
    service,
    start: String(query.window.from),
    end: String(query.window.to),
    limit: String(depthOf(query)),
  });
  if (query.operation !== undefined) parameters.set('operation', query.operation);
  if (query.attributes !== undefined) parameters.set('tags', JSON.stringify(query.attributes));
  if (query.minDurationMs !== undefined) parameters.set('minDuration', `${query.minDurationMs}ms`);
  return `api/traces?${parameters}`;
}

/** A search of the newer API: whole traces, or ids with a few numbers each. Without a service it searches all of them. */
export function v3SearchPath(what: 'traces' | 'trace-summaries', query: TraceQuery, service: string | null): string {
  const parameters = new URLSearchParams({
    'query.startTimeMin': isoTime(query.window.from),
    'query.startTimeMax': isoTime(query.window.to),
    'query.searchDepth': String(depthOf(query)),
  });
  if (service !== null) parameters.set('query.serviceName', service);
  if (query.operation !== undefined) parameters.set('query.operationName', query.operation);
  if (query.attributes !== undefined) parameters.set('query.attributes', JSON.stringify(query.attributes));
  if (query.minDurationMs !== undefined) parameters.set('query.durationMin', `${query.minDurationMs}ms`);
  return `api/v3/${what}?${parameters}`;
}

/**
 * Reads every trace of a service, through the v3 API of versions that ignore its filters. This works around NaN attributes,
 * which the older API can't express and fails on.
 */
export function unfilteredPath(query: TraceQuery, service: string, traces: number): string {
  const parameters = new URLSearchParams({
    'query.service_name': service,
    'query.start_time_min': isoTime(query.window.from),
    'query.start_time_max': isoTime(query.window.to),
    'query.num_traces': String(traces),
  });
  return `api/v3/traces?${parameters}`;
}

/** Stores reject a depth of zero, and one above what they hold. */
const DEEPEST = 1000;

function depthOf(query: TraceQuery): number {
  return Math.min(Math.max(1, Math.trunc(query.limit)), DEEPEST);
}

/** RFC 3339 in whole microseconds, which a Date cannot hold. */
function isoTime(time: Micros): string {
  const rest = String(Math.floor(time % 1_000_000)).padStart(6, '0');
  return new Date(Math.floor(time / 1000)).toISOString().replace(/\.\d+Z$/, `.${rest}Z`);
}
