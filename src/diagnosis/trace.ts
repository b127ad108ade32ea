/**
 * The input vocabulary: OpenTelemetry's words, plain immutable data, one unit of time.
 * Both Jaeger dialects are converted to this once, where they enter; nothing behind it knows a wire format.
 */

/** Integer microseconds since the Unix epoch, or a length of time. Safe in a double until the year 2255. */
export type Micros = number & { readonly __unit: 'µs' };

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export type AttributeValue = string | number | boolean | null | readonly AttributeValue[];

/** A key may occur twice on the wire; readers keep the first. Jaeger's own tags (`error`, `span.kind`, `otel.*`) are not here. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface SpanEvent {
  readonly name: string;
  readonly time: Micros;
  readonly attributes: Attributes;
}

export interface SpanStatus {
  readonly code: 'unset' | 'ok' | 'error';
  readonly message: string | null;
}

export interface Span {
  /** 32 lower-case hex digits, padded. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** The CHILD_OF parent in the same trace; it may not have been delivered. */
  readonly parentId: string | null;
  /** True when the only reference to the parent is FOLLOWS_FROM: the parent did not wait for it. */
  readonly followsFrom: boolean;
  readonly name: string;
  /** `service.name`; empty when the resource has none. */
  readonly service: string;
  readonly kind: SpanKind;
  /** Not negative, and at most ten years before the largest safe integer. */
  readonly start: Micros;
  /** At most ten years, never negative. */
  readonly duration: Micros;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  /** Ordered by time. */
  readonly events: readonly SpanEvent[];
  /** Shared by all spans of one process. */
  readonly resource: Attributes;
}

export interface Trace {
  readonly traceId: string;
  /** Ordered by start, then by span ID; IDs are unique. Never empty. */
  readonly spans: readonly Span[];
  /** Warnings from Jaeger or a reader, and what was left out. Clock-skew noise is dropped. */
  readonly warnings: readonly string[];
}

export function micros(value: number): Micros {
  return Math.round(value) as Micros;
}

const EARLIEST = Date.UTC(2015) * 1000;
const LATEST = Date.UTC(2100) * 1000;

/** False for values that can't be a time in ktrdr: a time in another unit, a zero value such as year 1 or 1970, a wrapped counter. */
export function isPlausibleTime(time: number): boolean {
  return time >= EARLIEST && time < LATEST;
}

export function endOf(span: Span): Micros {
  return (span.start + span.duration) as Micros;
}
