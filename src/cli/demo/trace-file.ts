/** A trace file that someone gave to the page: read like `diagnose --file`, and written as the recorded Jaeger expects it. */
import { readTraceDocument } from '../../adapters/jaeger/read.ts';
import type { Attributes, AttributeValue, Span, Trace } from '../../diagnosis/trace.ts';
import { subjectOf } from '../../diagnosis/vocabulary/subject.ts';
import { operationsMentionedIn } from '../../jobs/gather/traces.ts';
import { textIn } from '../file-content.ts';

/** What can be asked about the file, the likeliest first; or a sentence on why it can't be read. */
export type TraceFile =
  | { readonly kind: 'traces'; readonly asks: readonly string[]; readonly document: unknown }
  | { readonly kind: 'unreadable'; readonly sentence: string };

/** The largest content of a gzip file. */
const MOST_UNZIPPED_BYTES = 100 * 1024 * 1024;
const MOST_ASKS = 10;

export function readTraceFile(bytes: Uint8Array): TraceFile {
  const text = textIn(Buffer.from(bytes), MOST_UNZIPPED_BYTES, '');
  if (!text.ok) return unreadable(`The file ${text.problem}.`);
  const document = readTraceDocument(text.value);
  if (document.kind !== 'traces')
    return unreadable(`This isn’t a trace: it looks like ${document.looksLike}. Use Jaeger JSON or OTLP JSON.`);
  const { traces } = document;
  const operations = operationsMentionedIn(traces).filter((id) => operationIdOf(id) === id);
  const asks = [...operations, ...traces.map(({ traceId }) => traceId)].slice(0, MOST_ASKS);
  return { kind: 'traces', asks, document: otlpOf(traces) };
}

function unreadable(sentence: string): TraceFile {
  return { kind: 'unreadable', sentence };
}

function operationIdOf(text: string): string | null {
  const subject = subjectOf(text);
  return subject?.kind === 'operation' ? subject.operationId : null;
}

const KINDS: Readonly<Record<Span['kind'], number>> = {
  unspecified: 0,
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};
const STATUS_CODES: Readonly<Record<Span['status']['code'], number>> = { unset: 0, ok: 1, error: 2 };

/** One list of resource spans: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. */
function otlpOf(traces: readonly Trace[]): unknown {
  const spans = traces.flatMap((trace) => trace.spans);
  return {
    resourceSpans: spans.map((span) => ({
      resource: { attributes: attributesOf({ ...span.resource, 'service.name': span.service }) },
      scopeSpans: [{ spans: [otlpSpan(span)] }],
    })),
  };
}

function otlpSpan({ traceId, spanId, parentId, name, kind, start, duration, status, attributes, events }: Span) {
  return {
    traceId,
    spanId,
    parentSpanId: parentId ?? '',
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(start + duration),
    attributes: attributesOf(attributes),
    events: events.map((event) => ({
      name: event.name,
      timeUnixNano: nanos(event.time),
      attributes: attributesOf(event.attributes),
    })),
    status: { code: STATUS_CODES[status.code], message: status.message ?? '' },
  };
}

function nanos(micros: number): string {
  return String(BigInt(micros) * 1000n);
}

function attributesOf(attributes: Attributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: otlpValue(value) }));
}

function otlpValue(value: AttributeValue): object {
  if (value === null) return {};
  if (Array.isArray(value)) return { arrayValue: { values: value.map(otlpValue) } };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { stringValue: String(value) };
}
