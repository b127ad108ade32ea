import type { Span } from '../trace.ts';
import { carriersOf, readText } from './attributes.ts';
import { spansNamed } from './span-names.ts';

/** Spans of the ASGI middleware: they repeat their parent's status and say nothing of their own. */
export function isTransport({ name }: Pick<Span, 'name'>): boolean {
  return name.endsWith(' http send') || name.endsWith(' http receive');
}

const OBSERVATION_PATH = /\/(?:health|metrics|ready)(?:[/?]|$)|\/api\/v1\/(?:operations|workers)(?:[/?]|$)/;

/**
 * Looking at an operation is not part of it: status polls, health checks and list calls. Their errors (a poll that times out,
 * a 404) never are the cause. Changes of an operation (cancel, status update, resume) are not observations.
 */
export function isObservation(span: Span): boolean {
  if (isList(span)) return true;
  const method = readText(span, 'httpMethod');
  if (method === null ? !isGet(span) : method !== 'GET') return false;
  const path = readText(span, 'httpTarget') ?? readText(span, 'httpUrl') ?? span.name;
  return OBSERVATION_PATH.test(path);
}

export function withoutTransport(spans: readonly Span[]): readonly Span[] {
  return without(spans, spansNamed(spans, isTransport));
}

export function withoutObservations(spans: readonly Span[]): readonly Span[] {
  const asking = [...spansNamed(spans, (span) => isList(span) || isGet(span)), ...carriersOf(spans, 'httpMethod')];
  return without(spans, asking.filter(isObservation));
}

/** The list itself when nothing is left out, so that what is known of it is not found out again. */
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
