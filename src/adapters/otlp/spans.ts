/**
 * The bot's own spans as OTLP JSON (opentelemetry.io/docs/specs/otlp, `ExportTraceServiceRequest`). The IDs are derived from
 * the request's ID, so all processes that work on a request write to the same trace without passing trace context through the
 * queue.
 */
import { createHash } from 'node:crypto';
import type { Stretch, TracedStretch } from '../../jobs/telemetry.ts';

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status: { readonly code: number; readonly message?: string };
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly doubleValue: number };
}

/** `SpanKind` and `Status.StatusCode` of the protocol. */
const KIND: Readonly<Record<Stretch['kind'], number>> = { internal: 1, server: 2, consumer: 5 };
const STATUS = { unset: 0, error: 2 } as const;

const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

export function spansOf({ requestId, isRoot, stretch }: TracedStretch): readonly OtlpSpan[] {
  const root = digits(requestId, 'request', SPAN_DIGITS);
  return isRoot ? spansIn(stretch, requestId, { spanId: root }) : spansIn(stretch, requestId, { parentSpanId: root });
}

/** A stretch that is recorded twice because its job ran again starts at another time, so it is another span. */
function spansIn(
  stretch: Stretch,
  requestId: string,
  ids: { readonly spanId?: string; readonly parentSpanId?: string },
): readonly OtlpSpan[] {
  const { name, kind, startMs, endMs, attributes, error, parts = [] } = stretch;
  const spanId = ids.spanId ?? digits(requestId, `${name} ${startMs}`, SPAN_DIGITS);
  const { parentSpanId } = ids;
  const span: OtlpSpan = {
    traceId: traceIdOf(requestId),
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind: KIND[kind],
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(Math.max(startMs, endMs)),
    attributes: attributesOf(attributes),
    status: error === null ? { code: STATUS.unset } : { code: STATUS.error, message: error },
  };
  return [span, ...parts.flatMap((part) => spansIn(part, requestId, { parentSpanId: spanId }))];
}

export function attributesOf(values: Stretch['attributes']): readonly OtlpAttribute[] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (value === null) return [];
    return [{ key, value: typeof value === 'number' ? { doubleValue: value } : { stringValue: value } }];
  });
}

function traceIdOf(requestId: string): string {
  return digits(requestId, 'trace', TRACE_DIGITS);
}

function digits(requestId: string, what: string, count: number): string {
  return createHash('sha256').update(`${what}\n${requestId}`).digest('hex').slice(0, count);
}

/** A double can't hold a current time in nanoseconds. */
function nanos(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}
