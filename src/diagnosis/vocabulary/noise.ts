import type { Span } from '../trace.ts';
import { carriersOf, readText } from './attributes.ts';
import { spansNamed } from './span-names.ts';

/** Spans of the ASGI middleware, which only repeat their parent's status. */
export function isTransport({ name }: Pick<Span, 'name'>): boolean {
  return name.endsWith(' http send') || name.endsWith(' http receive');
}

const OBSERVATION_PATH = /\/(?:health|metrics|ready)(?:[/?]|$)|\/api\/v1\/(?:operations|workers)(?:[/?]|$)/;

/**
 * Status polls, health checks, and list calls only read an operation. Their errors (a poll that times out, a 404) are never
 * the cause. Changes of an operation (cancel, status update, resume) are not observations.
 */
export function isObservation(span: Span): boolean {
  if (isList(span)) return true;
  const method = readText(span, 'httpMethod');
  if (method === null ? !isGet(span) : method !== 'GET') return false;
  const path = readText(span, 'httpTarget') ?? readText(span, 'httpUrl') ?? span.name;
  return OBSERVATION_PATH.test(path);
}

/** The kind of a span that only observes or only repeats, for counting. */
export function noiseName(span: Span): string {
  if (isTransport(span)) return 'ASGI event';
  const path = readText(span, 'httpTarget') ?? readText(span, 'httpUrl') ?? span.name;
  if (/\/(?:health|metrics|ready)(?:[/?]|$)/.test(path)) return 'health check';
  return /\/operations\/[^/]/.test(path) ? 'status poll' : 'list call';
}

export function withoutTransport(spans: readonly Span[]): readonly Span[] {
  return without(spans, spansNamed(spans, isTransport));
}

export function withoutObservations(spans: readonly Span[]): readonly Span[] {
  const asking = [...spansNamed(spans, (span) => isList(span) || isGet(span)), ...carriersOf(spans, 'httpMethod')];
  return without(spans, asking.filter(isObservation));
}

/** The same list when nothing is left out, so that its indexes are built once. */
function without(spans: readonly Span[], unwanted: readonly Span[]): readonly Span[] {
  if (unwanted.length === 0) return spans;
  const left = new Set(unwanted);
  return spans.filter((span) => !left.has(span));
}

function isList({ name }: Pick<Span, 'name'>): boolean {
  return name === 'operations.list' || name === 'workers.list';
}

function isGet({ name }: Pick<Span, 'name'>): boolean {
  return name === 'GET' || name.startsWith('GET ');
}
