/** Reader of OTLP in JSON: Jaeger's `/api/v3`, Tempo, collectors; hex or base64 ids, numbers or names for enums. */
import {
  type Attributes,
  type AttributeValue,
  type Micros,
  micros,
  type Span,
  type SpanEvent,
} from '../../../diagnosis/trace.ts';
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
import { kindOf, readAttributes, readResource, readSpanTags } from './tags.ts';
import { arrayOf, integerOf, isObject, type Json, jsonText, numberOf, objectOf, textOf } from './values.ts';

interface Resource {
  readonly service: string;
  readonly attributes: Attributes;
}

interface Reading {
  readonly spans: Span[];
  readonly remarks: Remarks;
  readonly resourceOf: (wire: unknown) => Resource;
  readonly traceIdOf: (wire: unknown) => string | null;
  readonly nameOf: (wire: unknown) => string;
  unreadable: number;
}

/** Spans of several traces lie mixed in one list; a resource may occur many times and is shared here. */
export function createOtlpReader(portionsOf: PortionsOf): Reader {
  const reading: Reading = {
    spans: [],
    remarks: new Map(),
    resourceOf: createSharedByContent((wire) => readResource(objectOf(wire)['attributes'], pairValue)),
    traceIdOf: createShared(normaliseTraceId),
    nameOf: createShared(textOf),
    unreadable: 0,
  };
  return {
    add: (resourceSpans) => readResourceSpans(resourceSpans, portionsOf, reading),
    traces() {
      const { spans, remarks, unreadable } = reading;
      const [first] = spans;
      if (first !== undefined && unreadable > 0)
        remark(remarks, first.traceId, `Skipped ${plural(unreadable, 'span')} without a readable ID.`);
      return collect(spans, remarks);
    },
  };
}

function readResourceSpans(wire: Json, portionsOf: PortionsOf, reading: Reading): void {
  const resource = reading.resourceOf(wire['resource']);
  const scopes = arrayOf(wire['scopeSpans'] ?? wire['instrumentationLibrarySpans']);
  for (const scopePortion of portionsOf(scopes)) {
    for (const scope of scopePortion) readScopeSpans(objectOf(scope), resource, portionsOf, reading);
  }
}

function readScopeSpans(wire: Json, resource: Resource, portionsOf: PortionsOf, reading: Reading): void {
  for (const portion of portionsOf(arrayOf(wire['spans']))) {
    for (const item of portion) {
      const span = isObject(item) ? readSpan(item, resource, reading) : null;
      if (span === null) reading.unreadable += 1;
      else reading.spans.push(span);
    }
  }
}

function readSpan(wire: Json, resource: Resource, { remarks, traceIdOf, nameOf }: Reading): Span | null {
  const traceId = traceIdOf(wire['traceId'] ?? wire['traceID']);
  const spanId = normaliseSpanId(wire['spanId'] ?? wire['spanID']);
  if (traceId === null || spanId === null) return null;
  const tags = readSpanTags(wire['attributes'], pairValue);
  const status = objectOf(wire['status']);
  const start = nanosOf(wire['startTimeUnixNano']);
  const parentId = normaliseSpanId(wire['parentSpanId'] ?? wire['parentSpanID']);
  const link = linkOf(wire['links'], traceId, parentId);
  for (const warning of tags.warnings) remark(remarks, traceId, warning);
  return {
    traceId,
    spanId,
    parentId: parentId ?? link?.spanId ?? null,
    followsFrom: link !== null && !link.childOf,
    name: nameOf(wire['name']),
    service: resource.service,
    kind: wire['kind'] === undefined ? tags.kind : kindOf(wire['kind']),
    start: start?.micros ?? NO_TIME,
    duration: durationOf(start, nanosOf(wire['endTimeUnixNano'])),
    status: statusWith(spanStatusOf(status['code'], tags.status), textOf(status['message']) || tags.statusMessage),
    attributes: tags.attributes,
    events: readEvents(wire['events']),
    resource: resource.attributes,
  };
}

function spanStatusOf(code: unknown, fromTags: Span['status']['code']): Span['status']['code'] {
  if (code === 2 || code === 'STATUS_CODE_ERROR' || fromTags === 'error') return 'error';
  return code === 1 || code === 'STATUS_CODE_OK' ? 'ok' : fromTags;
}

interface Link {
  readonly spanId: string;
  readonly childOf: boolean;
}

/**
 * Follows Jaeger's rendering: a link to the parent decides whether the parent waited. For a span without a parent, a link into
 * its own trace replaces it.
 */
function linkOf(links: unknown, traceId: string, parentId: string | null): Link | null {
  let found: Link | null = null;
  for (const item of arrayOf(links)) {
    const wire = objectOf(item);
    if (normaliseTraceId(wire['traceId'] ?? wire['traceID']) !== traceId) continue;
    const spanId = normaliseSpanId(wire['spanId'] ?? wire['spanID']);
    if (spanId === null || (parentId !== null && spanId !== parentId)) continue;
    const childOf = readAttributes(wire['attributes'], pairValue)['opentracing.ref_type'] === 'child_of';
    if (childOf) return { spanId, childOf };
    found ??= { spanId, childOf };
  }
  return found;
}

function readEvents(events: unknown): readonly SpanEvent[] {
  const list = arrayOf(events);
  if (list.length === 0) return NO_EVENTS;
  const read: SpanEvent[] = [];
  for (const item of list) {
    const wire = objectOf(item);
    const attributes = readAttributes(wire['attributes'], pairValue);
    read.push({ name: textOf(wire['name']), time: nanosOf(wire['timeUnixNano'])?.micros ?? NO_TIME, attributes });
  }
  return read.sort(byTime);
}

/** Whole microseconds and the remaining nanoseconds, because a double can't hold both. */
interface Nanos {
  readonly micros: Micros;
  readonly rest: number;
}

const NO_TIME = Number.NaN as Micros;
/** A smaller number isn't a time in nanoseconds. Its last digits may matter, so they are kept as a fraction. */
const LEAST_WHOLE = 1e14;

function nanosOf(value: unknown): Nanos | null {
  const digits = typeof value === 'number' ? String(Math.trunc(value)) : value;
  if (typeof digits !== 'string' || digits === '' || digits.length > 19) return roughly(value);
  let [whole, rest] = [0, 0];
  for (let i = 0; i < digits.length; i += 1) {
    const digit = digits.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return roughly(value);
    if (i < digits.length - 3) whole = whole * 10 + digit;
    else rest = rest * 10 + digit;
  }
  return whole < LEAST_WHOLE ? roughly(value) : { micros: micros(whole), rest };
}

/** For a number that isn't a time in nanoseconds; `times.ts` finds its unit. */
function roughly(value: unknown): Nanos | null {
  const nanos = numberOf(value);
  return nanos === null ? null : { micros: (nanos / 1000) as Micros, rest: 0 };
}

/** May be negative; NaN without a start or an end. */
function durationOf(start: Nanos | null, end: Nanos | null): Micros {
  if (start === null || end === null) return NO_TIME;
  return (end.micros - start.micros - (end.rest < start.rest ? 1 : 0)) as Micros;
}

function pairValue(pair: Json): AttributeValue {
  const value = anyValue(pair['value']);
  return typeof value === 'object' && value !== null ? jsonText(value) : value;
}

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

const DEEPEST = 32;

/** `NaN` and the infinities stay the words that OTLP sends, because a saved case is JSON, which can't express them as numbers. */
function anyValue(value: unknown, depth = 0): Value {
  if (!isObject(value) || depth > DEEPEST) return null;
  if (typeof value['stringValue'] === 'string') return value['stringValue'];
  if ('intValue' in value) return integerOf(value['intValue']);
  if ('boolValue' in value) return value['boolValue'] === true || value['boolValue'] === 'true';
  if ('doubleValue' in value) return doubleOf(value['doubleValue']);
  if ('bytesValue' in value) return textOf(value['bytesValue']);
  if ('arrayValue' in value)
    return arrayOf(objectOf(value['arrayValue'])['values']).map((item) => anyValue(item, depth + 1));
  if ('kvlistValue' in value) return mapValue(arrayOf(objectOf(value['kvlistValue'])['values']), depth);
  return null;
}

function mapValue(pairs: readonly unknown[], depth: number): Value {
  const entries = pairs
    .filter(isObject)
    .map((pair) => [textOf(pair['key']), anyValue(pair['value'], depth + 1)] as const);
  return Object.fromEntries(entries);
}

function doubleOf(value: unknown): number | string | null {
  if (typeof value === 'number') return value;
  const number = typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : textOf(value);
}
