/** Splits the tags of a span into its own attributes and what Jaeger put among them: status, kind, scope, warnings. */
import type { Attributes, AttributeValue, SpanKind, SpanStatus } from '../../../diagnosis/trace.ts';
import { arrayOf, isObject, textOf } from './values.ts';

export interface SpanTags {
  readonly attributes: Attributes;
  readonly status: SpanStatus['code'];
  readonly statusMessage: string | null;
  readonly kind: SpanKind;
  readonly warnings: readonly string[];
}

/** Reads the value of one key-value pair, as its dialect writes it. */
export type ValueReader = (pair: Readonly<Record<string, unknown>>) => AttributeValue;

const JAEGERS_OWN: ReadonlySet<string> = new Set([
  'span.kind',
  'otel.status_code',
  'otel.status_description',
  'otel.scope.name',
  'otel.scope.version',
  'otel.library.name',
  'otel.library.version',
  'internal.span.format',
  'w3c.tracestate',
]);
const WARNINGS = '@jaeger@warnings';

/** The first of two equal keys wins; a null value counts as a value. */
export function readAttributes(pairs: unknown, readValue: ValueReader): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  for (const pair of arrayOf(pairs)) {
    if (isObject(pair)) put(attributes, pair['key'], readValue(pair));
  }
  return attributes;
}

/** Attributes of a process or resource, without `service.name`, which becomes the span's `service`. */
export function readResource(pairs: unknown, readValue: ValueReader): { service: string; attributes: Attributes } {
  const attributes: Record<string, AttributeValue> = {};
  let service: string | null = null;
  for (const pair of arrayOf(pairs)) {
    if (!isObject(pair)) continue;
    const key = pair['key'];
    if (key === 'service.name') service ??= String(readValue(pair) ?? '');
    else if (typeof key === 'string' && !JAEGERS_OWN.has(key)) put(attributes, key, readValue(pair));
  }
  return { service: service ?? '', attributes };
}

/** Shared, as most spans of some clients have no tags at all. */
const NO_TAGS: SpanTags = { attributes: {}, status: 'unset', statusMessage: null, kind: 'unspecified', warnings: [] };

export function readSpanTags(pairs: unknown, readValue: ValueReader): SpanTags {
  const list = arrayOf(pairs);
  if (list.length === 0) return NO_TAGS;
  const attributes: Record<string, AttributeValue> = {};
  let code: string | null = null;
  let error = false;
  let statusMessage: string | null = null;
  let kind: SpanKind | null = null;
  let warnings: readonly string[] = [];
  for (const pair of list) {
    if (!isObject(pair)) continue;
    const key = pair['key'];
    if (key === 'error') {
      const value = readValue(pair);
      if (value === true || value === 'true') error = true;
      // "unset" is how VictoriaTraces writes a span without a status; any other text is an error message.
      else if (typeof value === 'string' && value !== 'false' && value !== 'unset') put(attributes, key, value);
    } else if (key === WARNINGS) {
      warnings = warningsIn(pair);
    } else if (typeof key === 'string' && JAEGERS_OWN.has(key)) {
      const value = readValue(pair);
      if (key === 'span.kind') kind ??= kindOf(value);
      else if (key === 'otel.status_code') code ??= String(value).toUpperCase();
      else if (key === 'otel.status_description') statusMessage ??= textOf(value) || null;
    } else {
      put(attributes, key, readValue(pair));
    }
  }
  const status = error || code === 'ERROR' ? 'error' : code === 'OK' ? 'ok' : 'unset';
  return { attributes, status, statusMessage, kind: kind ?? 'unspecified', warnings };
}

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

/** From OTLP's number, its enum name (`SPAN_KIND_SERVER`) or Jaeger's word. */
export function kindOf(value: unknown): SpanKind {
  if (typeof value === 'number') return KINDS[value] ?? 'unspecified';
  const word = typeof value === 'string' ? value.toLowerCase().replace('span_kind_', '') : '';
  return KINDS.find((kind) => kind === word) ?? 'unspecified';
}

function put(attributes: Record<string, AttributeValue>, key: unknown, value: AttributeValue): void {
  // `__proto__` as a plain assignment would change the object's prototype instead of adding a key.
  if (typeof key !== 'string' || key === '__proto__') return;
  // Reading a value is faster than `hasOwn`, which is needed only for inherited names such as `toString`.
  if (attributes[key] === undefined || !Object.hasOwn(attributes, key)) attributes[key] = value;
}

function warningsIn(pair: Readonly<Record<string, unknown>>): readonly string[] {
  const value = pair['value'];
  if (typeof value === 'string') return [value];
  if (!isObject(value)) return [];
  if (typeof value['stringValue'] === 'string') return [value['stringValue']];
  const list = isObject(value['arrayValue']) ? arrayOf(value['arrayValue']['values']) : [];
  return list.flatMap((item) =>
    isObject(item) && typeof item['stringValue'] === 'string' ? [item['stringValue']] : [],
  );
}
