/** The answers in which Jaeger gives a trace by its id, as text, in both dialects. */
import { type BenchSpan, TRACE_ID } from './training-trace.ts';

export type Dialect = 'legacy' | 'v3';

export function traceText(spans: readonly BenchSpan[], dialect: Dialect): string {
  return dialect === 'legacy' ? legacyText(spans) : v3Text(spans);
}

const SERVICES = { api: 'ktrdr-api', worker: 'ktrdr-training-worker-596940a3' };
const RESOURCE = {
  'deployment.environment': 'development',
  'service.version': '1.0.7.2',
  'telemetry.sdk.language': 'python',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.version': '1.38.0',
};

function legacyText(spans: readonly BenchSpan[]): string {
  const process = (service: string) => ({ serviceName: service, tags: tags(RESOURCE) });
  const processes = { p1: process(SERVICES.api), p2: process(SERVICES.worker) };
  const list = spans.map((span) => JSON.stringify(legacySpan(span))).join(',');
  return `{"data":[{"traceID":"${TRACE_ID}","spans":[${list}],"processes":${JSON.stringify(processes)},"warnings":null}],"total":0,"limit":0,"offset":0,"errors":null}`;
}

function legacySpan(span: BenchSpan) {
  const { parentId, exception } = span;
  const told = {
    'otel.scope.name': span.scope,
    ...span.attributes,
    'span.kind': span.kind,
    ...(span.status === 'unset' ? {} : { 'otel.status_code': span.status.toUpperCase() }),
    ...(span.status === 'error' ? { error: true, 'otel.status_description': span.statusMessage ?? '' } : {}),
  };
  const parent = parentId === null ? [] : [{ refType: 'CHILD_OF', traceID: TRACE_ID, spanID: parentId }];
  const timestamp = endOf(span);
  return {
    traceID: TRACE_ID,
    spanID: span.id,
    operationName: span.name,
    references: parent,
    startTime: span.startMicros,
    duration: span.durationMicros,
    tags: tags(told),
    logs: exception === null ? [] : [{ timestamp, fields: tags({ event: 'exception', ...exception }) }],
    processID: span.process === 'api' ? 'p1' : 'p2',
    warnings: null,
  };
}

function tags(attributes: BenchSpan['attributes']) {
  return Object.entries(attributes).map(([key, value]) => ({ key, type: tagType(value), value }));
}

function tagType(value: string | number | boolean): string {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return Number.isInteger(value) ? 'int64' : 'float64';
}

/** One resource per process and scope, as Jaeger's v3 groups them. */
function v3Text(spans: readonly BenchSpan[]): string {
  const groups = new Map<string, BenchSpan[]>();
  for (const span of spans) {
    const key = `${span.process} ${span.scope}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [span]);
    else group.push(span);
  }
  const resources = [...groups.values()].map((group) => {
    const [first] = group;
    if (first === undefined) return '';
    const resource = { attributes: pairs({ 'service.name': SERVICES[first.process], ...RESOURCE }) };
    const list = group.map((span) => JSON.stringify(v3Span(span))).join(',');
    return `{"resource":${JSON.stringify(resource)},"scopeSpans":[{"scope":{"name":"${first.scope}"},"spans":[${list}]}]}`;
  });
  return `{"result":{"resourceSpans":[${resources.join(',')}]}}`;
}

const KINDS = { internal: 1, server: 2, client: 3 };

function v3Span(span: BenchSpan) {
  const { parentId, exception } = span;
  return {
    traceId: TRACE_ID,
    spanId: span.id,
    ...(parentId === null ? {} : { parentSpanId: parentId }),
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanos(span.startMicros),
    endTimeUnixNano: nanos(endOf(span)),
    attributes: pairs(span.attributes),
    ...(exception === null
      ? {}
      : { events: [{ timeUnixNano: nanos(endOf(span)), name: 'exception', attributes: pairs(exception) }] }),
    status:
      span.status === 'unset'
        ? {}
        : {
            code: span.status === 'ok' ? 1 : 2,
            ...(span.statusMessage === null ? {} : { message: span.statusMessage }),
          },
  };
}

function pairs(attributes: BenchSpan['attributes']) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean) {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function endOf(span: BenchSpan): number {
  return span.startMicros + span.durationMicros;
}

function nanos(micros: number): string {
  return `${micros}000`;
}
