/** Writes spans as Jaeger's two dialects do. */
import type { AttributeValue } from '../../src/diagnosis/trace.ts';
import type { Dialect } from '../../test/support/incidents.ts';
import type { DraftAttributes, DraftSpan } from './draft.ts';

/** Ways to write the same traces. */
export interface Layout {
  /** Spaces that indent the JSON. */
  readonly indent?: number;
  /** Text before and after the document. */
  readonly before?: string;
  readonly after?: string;
  /** Leaves out the object around the list of traces. */
  readonly bare?: boolean;
  /** Attributes in reverse order. */
  readonly reversed?: boolean;
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const STATUS_CODES = ['unset', 'ok', 'error'] as const;

/** Traces come in the order of their first spans. */
export function writeTraces(spans: readonly DraftSpan[], dialect: Dialect, layout: Layout = {}): string {
  const { indent, before = '', after = '' } = layout;
  const document = dialect === 'legacy' ? legacyOf(spans, layout) : otlpOf(spans, layout);
  return `${before}${JSON.stringify(document, null, indent)}${after}`;
}

function legacyOf(spans: readonly DraftSpan[], layout: Layout): unknown {
  const traces = [...groupedBy(spans, ({ traceId }) => traceId)].map(([traceID, own]) => {
    const processes = new Map<string, readonly [id: string, process: unknown]>();
    const processOf = ({ service, resource }: DraftSpan): string => {
      const process = { serviceName: service, tags: legacyTags(resource, layout) };
      const key = JSON.stringify(process);
      const known = processes.get(key) ?? [`p${processes.size + 1}`, process];
      processes.set(key, known);
      return known[0];
    };
    const written = own.map((span) => legacySpan(span, processOf(span), layout));
    return { traceID, spans: written, processes: Object.fromEntries(processes.values()), warnings: null };
  });
  return layout.bare === true ? traces : { data: traces, total: 0, limit: 0, offset: 0, errors: null };
}

function legacySpan(span: DraftSpan, processID: string, layout: Layout): unknown {
  const { traceId, spanId, parentId, followsFrom, status, attributes, kind } = span;
  const own: DraftAttributes = {
    ...attributes,
    ...(kind !== 'unspecified' && { 'span.kind': kind }),
    ...(status.code !== 'unset' && { 'otel.status_code': status.code.toUpperCase() }),
    ...(status.code === 'error' && { error: true }),
    ...(status.message !== null && { 'otel.status_description': status.message }),
  };
  const refType = followsFrom ? 'FOLLOWS_FROM' : 'CHILD_OF';
  return {
    traceID: traceId,
    spanID: spanId,
    operationName: span.name,
    references: parentId === null ? [] : [{ refType, traceID: traceId, spanID: parentId }],
    startTime: span.start,
    duration: span.duration,
    tags: legacyTags(own, layout),
    logs: span.events.map(({ name, time, attributes: fields }) => ({
      timestamp: time,
      fields: legacyTags({ event: name, ...fields }, layout),
    })),
    processID,
    warnings: null,
  };
}

function legacyTags(attributes: DraftAttributes, layout: Layout): unknown {
  return entriesOf(attributes, layout).map(([key, value]) => ({ key, type: legacyType(value), value }));
}

function legacyType(value: AttributeValue): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

function otlpOf(spans: readonly DraftSpan[], layout: Layout): unknown {
  const byProcess = groupedBy(spans, ({ traceId, service, resource }) => JSON.stringify([traceId, service, resource]));
  const resourceSpans = [...byProcess.values()].map((own) => ({
    resource: {
      attributes: otlpAttributes(
        { ...own[0]?.resource, ...(own[0]?.service !== '' && { 'service.name': own[0]?.service ?? '' }) },
        layout,
      ),
    },
    scopeSpans: [{ scope: { name: 'ktrdr' }, spans: own.map((span) => otlpSpan(span, layout)) }],
  }));
  return layout.bare === true ? { resourceSpans } : { result: { resourceSpans } };
}

function otlpSpan(span: DraftSpan, layout: Layout): unknown {
  const { traceId, spanId, parentId, followsFrom, status } = span;
  return {
    traceId,
    spanId,
    ...(parentId !== null && { parentSpanId: parentId }),
    ...(followsFrom && { links: [{ traceId, spanId: parentId }] }),
    name: span.name,
    kind: KINDS.indexOf(span.kind),
    startTimeUnixNano: nanos(span.start),
    endTimeUnixNano: nanos(span.start + span.duration),
    attributes: otlpAttributes(span.attributes, layout),
    events: span.events.map(({ name, time, attributes }) => ({
      name,
      timeUnixNano: nanos(time),
      attributes: otlpAttributes(attributes, layout),
    })),
    status: {
      ...(status.code !== 'unset' && { code: STATUS_CODES.indexOf(status.code) }),
      ...(status.message !== null && { message: status.message }),
    },
  };
}

function otlpAttributes(attributes: DraftAttributes, layout: Layout): unknown {
  return entriesOf(attributes, layout).map(([key, value]) => ({ key, value: otlpValue(value) }));
}

function otlpValue(value: AttributeValue): unknown {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { stringValue: String(value) };
}

function entriesOf(attributes: DraftAttributes, { reversed }: Layout): [string, AttributeValue][] {
  const entries = Object.entries(attributes);
  return reversed === true ? entries.reverse() : entries;
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function nanos(microseconds: number): string {
  return `${Math.round(microseconds)}000`;
}
