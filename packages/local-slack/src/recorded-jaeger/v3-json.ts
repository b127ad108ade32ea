/** Stored spans in the shape of Jaeger's v3: several traces flattened into one list of resources. */
import type { StoredSpan, StoredTrace } from './stored.ts';
import type { Behaviour } from './versions.ts';
import type { WireSpan } from './wire.ts';

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (kind) => `SPAN_KIND_${kind}`,
);
const CODES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'];
const ERROR = 2;

export function v3Result(
  traces: readonly StoredTrace[],
  behaviour: Behaviour,
  warningsOf: (span: StoredSpan) => readonly string[],
) {
  // 1.53 merges all found traces into one entry per resource; later versions keep the traces apart.
  const groups =
    behaviour.v3Encoding === 'base64' ? [traces.flatMap((trace) => trace.spans)] : traces.map(({ spans }) => spans);
  return { result: { resourceSpans: groups.flatMap((spans) => byResource(spans, behaviour, warningsOf)) } };
}

function byResource(
  spans: readonly StoredSpan[],
  behaviour: Behaviour,
  warningsOf: (span: StoredSpan) => readonly string[],
) {
  const resources = new Map<string, Map<string, StoredSpan[]>>();
  for (const span of spans) {
    const resource = entry(resources, JSON.stringify(span.resource), () => new Map<string, StoredSpan[]>());
    entry(resource, JSON.stringify(span.scope), (): StoredSpan[] => []).push(span);
  }
  return [...resources].map(([resource, scopes]) => ({
    resource: JSON.parse(resource),
    scopeSpans: [...scopes].map(([scope, members]) => ({
      scope: dropZeros(JSON.parse(scope)),
      spans: members.map((span) => v3Span(span.wire, behaviour, warningsOf(span))),
    })),
  }));
}

function entry<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  const value = map.get(key) ?? create();
  map.set(key, value);
  return value;
}

function v3Span(wire: WireSpan, behaviour: Behaviour, warnings: readonly string[]) {
  const values = warnings.map((stringValue) => ({ stringValue }));
  const marks = values.length === 0 ? [] : [{ key: '@jaeger@warnings', value: { arrayValue: { values } } }];
  const status = dropZeros(wire.status);
  if (behaviour.v3Encoding === 'hex') {
    return { ...dropZeros({ ...wire, attributes: [...wire.attributes, ...marks] }), status };
  }
  // This version has no warnings in v3, and names and base64 as protobuf's JSON has them.
  return dropZeros({
    ...wire,
    traceId: base64(wire.traceId),
    spanId: base64(wire.spanId),
    parentSpanId: base64(wire.parentSpanId),
    kind: KINDS[wire.kind],
    links: wire.links.map((link) => ({ ...link, traceId: base64(link.traceId), spanId: base64(link.spanId) })),
    attributes: [...wire.attributes, { key: 'internal.span.format', value: { stringValue: 'otlp' } }],
    status: wire.status.code === 0 ? status : { ...status, code: CODES[wire.status.code] },
  });
}

/** Fields with their default value are not sent. */
function dropZeros(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isZero(value)));
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === '0' || (Array.isArray(value) && value.length === 0);
}

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

export function v3Summary({ traceId, spans }: StoredTrace): object {
  const ids = new Set(spans.map(({ wire }) => wire.spanId));
  const root = spans.find(({ wire }) => wire.parentSpanId === '');
  const services = [...new Set(spans.map(({ service }) => service))].map((name) => {
    const own = spans.filter(({ service }) => service === name);
    return dropZeros({ name, spanCount: own.length, errorSpanCount: errorsIn(own) });
  });
  return dropZeros({
    traceId,
    rootServiceName: root?.service ?? '',
    rootOperationName: root?.wire.name ?? '',
    minStartTimeUnixNano: spans
      .map(({ wire }) => wire.startTimeUnixNano)
      .reduce((a, b) => (BigInt(a) < BigInt(b) ? a : b)),
    maxEndTimeUnixNano: spans.map(({ wire }) => wire.endTimeUnixNano).reduce((a, b) => (BigInt(a) > BigInt(b) ? a : b)),
    spanCount: spans.length,
    errorSpanCount: errorsIn(spans),
    orphanSpanCount: spans.filter(({ wire }) => wire.parentSpanId !== '' && !ids.has(wire.parentSpanId)).length,
    services,
  });
}

function errorsIn(spans: readonly StoredSpan[]): number {
  return spans.filter(({ wire }) => wire.status.code === ERROR).length;
}
