/** Reader of Jaeger's own JSON: `/api/traces`, the UI's download, and the back ends that imitate them. */
import type { Attributes, AttributeValue, Micros, Span, SpanEvent } from '../../../diagnosis/trace.ts';
import { plural } from '../../../language/plurals.ts';
import type { PortionsOf } from '../portions.ts';
import {
  byTime,
  collect,
  createShared,
  createSharedByContent,
  NO_EVENTS,
  type Reader,
  type Remarks,
  remark,
  statusWith,
} from './collect.ts';
import { normaliseSpanId, normaliseTraceId } from './ids.ts';
import { readAttributes, readResource, readSpanTags } from './tags.ts';
import { arrayOf, integerOf, isObject, type Json, jsonText, numberOf, objectOf, textOf } from './values.ts';

interface Process {
  readonly service: string;
  readonly attributes: Attributes;
}

interface Reading {
  readonly spans: Span[];
  readonly remarks: Remarks;
  readonly nameOf: (wire: unknown) => string;
  readonly processOf: (wire: unknown) => Process;
}

/** The ID of the trace as sent and as read, because every span and every reference repeats it. */
interface TraceIdentity {
  readonly wire: unknown;
  readonly id: string | null;
}

interface Reference {
  readonly parentId: string;
  readonly followsFrom: boolean;
}

/** Reads traces in Jaeger JSON (`{traceID, spans, processes}`), however incomplete. */
export function createLegacyReader(portionsOf: PortionsOf): Reader {
  const reading: Reading = {
    spans: [],
    remarks: new Map(),
    nameOf: createShared(textOf),
    processOf: createSharedByContent(readProcess),
  };
  return {
    add: (trace) => readTrace(trace, portionsOf, reading),
    traces: () => collect(reading.spans, reading.remarks),
  };
}

function readTrace(document: Json, portionsOf: PortionsOf, reading: Reading): void {
  const { spans, remarks } = reading;
  const own: TraceIdentity = { wire: document['traceID'], id: normaliseTraceId(document['traceID']) };
  const processes = readProcesses(objectOf(document['processes']), reading);
  let unreadable = 0;
  let lastId = own.id;
  for (const portion of portionsOf(arrayOf(document['spans']))) {
    for (const item of portion) {
      const span = isObject(item) ? readSpan(item, own, processes, reading) : null;
      if (span === null) unreadable += 1;
      else {
        spans.push(span);
        lastId = span.traceId;
      }
    }
  }
  if (lastId === null) return;
  for (const warning of arrayOf(document['warnings'])) remark(remarks, lastId, textOf(warning));
  if (unreadable > 0) remark(remarks, lastId, `Skipped ${plural(unreadable, 'span')} without a readable ID.`);
}

function readSpan(wire: Json, own: TraceIdentity, processes: Processes, reading: Reading): Span | null {
  const { remarks, nameOf } = reading;
  const traceId = wire['traceID'] === own.wire ? own.id : (normaliseTraceId(wire['traceID']) ?? own.id);
  const spanId = normaliseSpanId(wire['spanID']);
  if (traceId === null || spanId === null) return null;
  const tags = readSpanTags(wire['tags'], pairValue);
  const reference = parentOf(wire, traceId);
  const process = processIn(wire, processes, reading);
  for (const warning of arrayOf(wire['warnings'])) remark(remarks, traceId, textOf(warning));
  for (const warning of tags.warnings) remark(remarks, traceId, warning);
  return {
    traceId,
    spanId,
    parentId: reference?.parentId ?? null,
    followsFrom: reference?.followsFrom ?? false,
    name: nameOf(wire['operationName']),
    service: process.service,
    kind: tags.kind,
    start: timeOf(wire['startTime']),
    duration: timeOf(wire['duration']),
    status: statusWith(tags.status, tags.statusMessage),
    attributes: tags.attributes,
    events: readLogs(wire['logs']),
    resource: process.attributes,
  };
}

/** The time as sent; NaN if there is none. Old Jaegers send numbers near 2^64 where they subtract in unsigned arithmetic. */
function timeOf(value: unknown): Micros {
  return (numberOf(value) ?? Number.NaN) as Micros;
}

/** The parent that Jaeger shows: the first CHILD_OF in the same trace, else the first FOLLOWS_FROM in it. */
function parentOf(wire: Json, traceId: string): Reference | null {
  let fallback: Reference | null = null;
  for (const reference of arrayOf(wire['references'])) {
    if (!isObject(reference)) continue;
    const parentId = normaliseSpanId(reference['spanID']);
    if (parentId === null || isElsewhere(reference['traceID'], wire['traceID'], traceId)) continue;
    if (reference['refType'] !== 'FOLLOWS_FROM') return { parentId, followsFrom: false };
    fallback ??= { parentId, followsFrom: true };
  }
  if (fallback !== null) return fallback;
  const deprecated = normaliseSpanId(wire['parentSpanID']);
  return deprecated === null ? null : { parentId: deprecated, followsFrom: false };
}

/** A reference nearly always spells the trace ID as its span does, so the spellings are compared first. */
function isElsewhere(referenced: unknown, own: unknown, traceId: string): boolean {
  return referenced !== own && (normaliseTraceId(referenced) ?? traceId) !== traceId;
}

function readLogs(logs: unknown): readonly SpanEvent[] {
  const list = arrayOf(logs);
  if (list.length === 0) return NO_EVENTS;
  const events: SpanEvent[] = [];
  for (const log of list) {
    if (!isObject(log)) continue;
    const { event, ...attributes } = readAttributes(log['fields'], pairValue);
    const name = event ?? attributes['message'] ?? '';
    events.push({ name: textOf(name), time: timeOf(log['timestamp']), attributes });
  }
  return events.sort(byTime);
}

type Processes = ReadonlyMap<string, Process>;

const UNKNOWN: Process = { service: '', attributes: {} };

/** Jaeger 1.53 creates one process per instrumentation scope. Here, those of one service become one object. */
function readProcesses(wire: Json, { processOf }: Reading): Processes {
  return new Map(Object.entries(wire).map(([id, value]) => [id, processOf(value)]));
}

function processIn(wire: Json, processes: Processes, { processOf }: Reading): Process {
  const known = processes.get(textOf(wire['processID']));
  if (known !== undefined) return known;
  return isObject(wire['process']) ? processOf(wire['process']) : UNKNOWN;
}

function readProcess(value: unknown): Process {
  const wire = objectOf(value);
  const resource = readResource(wire['tags'], pairValue);
  const service = textOf(wire['serviceName']) || resource.service;
  return { service: service === 'OTLPResourceNoServiceName' ? '' : service, attributes: resource.attributes };
}

function pairValue(pair: Json): AttributeValue {
  const value = pair['value'];
  if (typeof value === 'string') return pair['type'] === 'int64' ? integerOf(value) : value;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return value === null || value === undefined ? null : jsonText(value);
}
