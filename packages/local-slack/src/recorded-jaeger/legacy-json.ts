/** OTLP spans in Jaeger's own JSON, as its translator renders them. */
import type { StoredSpan, StoredTrace } from './stored.ts';
import type { Behaviour } from './versions.ts';
import { type KeyValue, plainValue, type WireSpan } from './wire.ts';

interface Pair {
  readonly key: string;
  readonly type: string;
  readonly value: unknown;
}

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const ERROR = 2;
const OK = 1;

export function legacyTrace(
  trace: StoredTrace,
  behaviour: Behaviour,
  warningsOf: (span: StoredSpan) => readonly string[],
) {
  const processes = new Map<string, { id: string; process: ReturnType<typeof legacyProcess> }>();
  const spans = trace.spans.map((span) => {
    const process = legacyProcess(span, behaviour);
    const content = JSON.stringify(process);
    const known = processes.get(content) ?? { id: `p${processes.size + 1}`, process };
    processes.set(content, known);
    return legacySpan(span, known.id, behaviour, warningsOf(span));
  });
  const byId = Object.fromEntries([...processes.values()].map(({ id, process }) => [id, process]));
  return { traceID: legacyTraceId(trace.traceId), spans, processes: byId, warnings: null };
}

export function legacyProcess({ service, resource, scope }: StoredSpan, behaviour: Behaviour) {
  const own = resource.attributes.filter(({ key }) => key !== 'service.name').map(pair);
  const tags = behaviour.scopeIn === 'process' ? [...own, ...scopeTags('otel.library', scope)] : own;
  return { serviceName: service === '' ? 'OTLPResourceNoServiceName' : service, tags };
}

export function legacySpan(span: StoredSpan, processID: string, behaviour: Behaviour, warnings: readonly string[]) {
  const { wire } = span;
  const scope = behaviour.scopeIn === 'span' ? scopeTags('otel.scope', span.scope) : [];
  const format = behaviour.scopeIn === 'process' ? [text('internal.span.format', 'otlp')] : [];
  return {
    traceID: legacyTraceId(wire.traceId),
    spanID: wire.spanId,
    operationName: wire.name,
    references: references(wire),
    startTime: span.startMicros,
    duration: span.durationMicros,
    tags: [...scope, ...wire.attributes.map(pair), ...kindAndStatus(wire), ...format],
    logs: wire.events.map((event) => ({
      timestamp: Number(BigInt(event.timeUnixNano) / 1000n),
      fields: [...(event.name === '' ? [] : [text('event', event.name)]), ...event.attributes.map(pair)],
    })),
    processID,
    warnings: warnings.length === 0 ? null : warnings,
  };
}

function kindAndStatus({ kind, status }: WireSpan): readonly Pair[] {
  const tags: Pair[] = [];
  const word = KINDS[kind];
  if (word !== undefined && word !== '') tags.push(text('span.kind', word));
  if (status.code === OK) tags.push(text('otel.status_code', 'OK'));
  if (status.code === ERROR) tags.push(text('otel.status_code', 'ERROR'), { key: 'error', type: 'bool', value: true });
  if (status.message !== '') tags.push(text('otel.status_description', status.message));
  return tags;
}

function references({ traceId, parentSpanId, links }: WireSpan) {
  const isParent = (link: WireSpan['links'][number]) => link.traceId === traceId && link.spanId === parentSpanId;
  const own = links.find(isParent);
  const parent = {
    refType: own === undefined ? 'CHILD_OF' : refType(own),
    traceID: legacyTraceId(traceId),
    spanID: parentSpanId,
  };
  const others = links
    .filter((link) => !isParent(link))
    .map((link) => ({ refType: refType(link), traceID: legacyTraceId(link.traceId), spanID: link.spanId }));
  return parentSpanId === '' ? others : [parent, ...others];
}

function refType(link: WireSpan['links'][number]): string {
  const type = link.attributes.find(({ key }) => key === 'opentracing.ref_type');
  return type !== undefined && plainValue(type.value) === 'child_of' ? 'CHILD_OF' : 'FOLLOWS_FROM';
}

/** Ids of 64 bits lose their leading zeros. */
function legacyTraceId(traceId: string): string {
  return traceId.startsWith('0'.repeat(16)) ? traceId.slice(16) : traceId;
}

function scopeTags(prefix: string, { name, version }: StoredSpan['scope']): readonly Pair[] {
  const tags = name === '' ? [] : [text(`${prefix}.name`, name)];
  return version === '' ? tags : [...tags, text(`${prefix}.version`, version)];
}

const TYPES: Readonly<Record<string, string>> = {
  boolValue: 'bool',
  intValue: 'int64',
  doubleValue: 'float64',
  bytesValue: 'binary',
};

function pair({ key, value }: KeyValue): Pair {
  const plain = plainValue(value);
  const type = TYPES[Object.keys(value)[0] ?? ''] ?? 'string';
  return { key, type, value: typeof plain === 'object' ? JSON.stringify(plain) : plain };
}

function text(key: string, value: string): Pair {
  return { key, type: 'string', value };
}
