/** The check of every hit on our side: stores differ in what a condition means, and some take values as patterns. */
import { type Attributes, micros, type Span, type Trace } from '../../diagnosis/trace.ts';
import type { TraceQuery } from '../../jobs/ports.ts';

export const OPERATION_ID = 'operation.id';

export function hasOperationAttribute(trace: Trace, operationId: string): boolean {
  return trace.spans.some((span) => holds(span.attributes, OPERATION_ID, operationId));
}

/** True when one span of the trace satisfies the whole query. */
export function satisfies(trace: Trace, query: TraceQuery): boolean {
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
