/** Turns the spans of a document, in any order and of any number of traces, into traces as `Trace` describes them. */
import type { Span, SpanEvent, SpanStatus, Trace } from '../../../diagnosis/trace.ts';
import { plural } from '../../../language/plurals.ts';
import { unitOf, withUsableTimes } from './times.ts';
import type { Json } from './values.ts';

/** Warnings by trace ID, collected while a document is read. Each sentence is kept once. */
export type Remarks = Map<string, Set<string>>;

const MOST_REMARKS = 20;
/** Jaeger adds these warnings at every read, even to healthy traces. Orphans are found from the spans instead. */
const NOISE = /clock skew adjustment|timestamps were adjusted by/;

export function remark(remarks: Remarks, traceId: string, sentence: string): void {
  if (NOISE.test(sentence)) return;
  const known = remarks.get(traceId);
  if (known === undefined) remarks.set(traceId, new Set([sentence]));
  else known.add(sentence);
}

/**
 * Reads equal texts once and returns the same string. A large trace repeats its ID and a few names on every span; one shared
 * string saves memory and compares faster.
 */
export function createShared<Text>(read: (wire: unknown) => Text): (wire: unknown) => Text {
  const known = new Map<unknown, Text>();
  return (wire) => {
    const text = known.get(wire);
    if (text !== undefined) return text;
    const fresh = read(wire);
    known.set(wire, fresh);
    return fresh;
  };
}

/**
 * Returns the same object for equal contents: a resource is repeated for every scope or batch, sometimes for every span.
 * Identical text is read once; different text may still have the same content.
 */
export function createSharedByContent<Content>(read: (wire: unknown) => Content): (wire: unknown) => Content {
  const written = new Map<string, Content>();
  const contents = new Map<string, Content>();
  return (wire) => {
    const text = textIn(wire);
    const known = text === null ? undefined : written.get(text);
    if (known !== undefined) return known;
    const fresh = read(wire);
    const content = JSON.stringify(fresh);
    const shared = contents.get(content) ?? fresh;
    contents.set(content, shared);
    if (text !== null) written.set(text, shared);
    return shared;
  };
}

/** Null for a missing value, and for one nested too deeply to stringify. */
function textIn(wire: unknown): string | null {
  try {
    return JSON.stringify(wire) ?? null;
  } catch {
    return null;
  }
}

/** Takes the parts of a response one by one: traces in Jaeger's JSON, resource spans in OTLP. */
export interface Reader {
  add(part: Json): void;
  /** The traces of all added parts. */
  traces(): readonly Trace[];
}

/** Shared objects: most spans have one of these. */
const STATUSES = {
  unset: { code: 'unset', message: null },
  ok: { code: 'ok', message: null },
  error: { code: 'error', message: null },
} as const satisfies Record<SpanStatus['code'], SpanStatus>;

export function statusWith(code: SpanStatus['code'], message: string | null): SpanStatus {
  return message === null ? STATUSES[code] : { code, message };
}

/** In the order in which the trace ids first occur. The times of the spans may be any numbers. */
export function collect(spans: readonly Span[], remarks: Remarks): readonly Trace[] {
  const groups = new Map<string, Span[]>();
  for (const span of spans) {
    const group = groups.get(span.traceId);
    if (group === undefined) groups.set(span.traceId, [span]);
    else group.push(span);
  }
  const unit = unitOf(spans);
  return [...groups].map(([traceId, group]) => {
    const timed = withUsableTimes(group, unit, (sentence) => remark(remarks, traceId, sentence));
    const unique = withoutDuplicates(separateSharedIds(timed), traceId, remarks);
    return { traceId, spans: unique.toSorted(byStart), warnings: warningsOf(traceId, remarks) };
  });
}

/** Most spans have no events: they share this list. */
export const NO_EVENTS: readonly SpanEvent[] = [];

/** Jaeger sorts events by name. Within one microsecond that order is kept, so that all versions give the same result. */
export function byTime(a: SpanEvent, b: SpanEvent): number {
  return a.time - b.time || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

function byStart(a: Span, b: Span): number {
  return a.start - b.start || (a.spanId < b.spanId ? -1 : 1);
}

function warningsOf(traceId: string, remarks: Remarks): readonly string[] {
  const all = [...(remarks.get(traceId) ?? [])].sort();
  if (all.length <= MOST_REMARKS) return all;
  return [...all.slice(0, MOST_REMARKS), `${all.length - MOST_REMARKS} more warnings aren’t shown.`];
}

/**
 * Zipkin's clients use one span ID for both sides of a call. As in Jaeger, the server's span gets a new ID, becomes the child
 * of the client's span, and takes over the children.
 */
function separateSharedIds(spans: readonly Span[]): readonly Span[] {
  const clients = new Set<string>();
  for (const span of spans) if (span.kind === 'client') clients.add(span.spanId);
  const taken = new Set<string>();
  const serverIds = new Map<string, string>();
  for (const span of spans) {
    if (span.kind !== 'server' || !clients.has(span.spanId) || serverIds.has(span.spanId)) continue;
    if (taken.size === 0) for (const other of spans) taken.add(other.spanId);
    const fresh = freshId(span.spanId, taken);
    taken.add(fresh);
    serverIds.set(span.spanId, fresh);
  }
  if (serverIds.size === 0) return spans;
  return spans.map((span) => {
    const own = span.kind === 'server' ? serverIds.get(span.spanId) : undefined;
    if (own !== undefined) return { ...span, spanId: own, parentId: span.spanId, followsFrom: false };
    const parentId = span.parentId === null ? null : (serverIds.get(span.parentId) ?? span.parentId);
    return parentId === span.parentId ? span : { ...span, parentId };
  });
}

function freshId(id: string, taken: ReadonlySet<string>): string {
  let next = BigInt(`0x${id}`);
  for (;;) {
    next = BigInt.asUintN(64, next + 1n);
    const candidate = next.toString(16).padStart(16, '0');
    if (!taken.has(candidate)) return candidate;
  }
}

function withoutDuplicates(spans: readonly Span[], traceId: string, remarks: Remarks): readonly Span[] {
  if (new Set(spans.map(({ spanId }) => spanId)).size === spans.length) return spans;
  const byId = new Map<string, Span>();
  const shared = new Set<string>();
  for (const span of spans) {
    const other = byId.get(span.spanId);
    if (other === undefined) {
      byId.set(span.spanId, span);
    } else if (!sameSpan(other, span)) {
      shared.add(span.spanId);
      if (span.duration > other.duration) byId.set(span.spanId, span);
    }
  }
  if (shared.size > 0) {
    remark(
      remarks,
      traceId,
      `${plural(shared.size, 'span ID was', 'span IDs were')} used by different spans; the longest span of each was kept.`,
    );
  }
  return [...byId.values()];
}

function sameSpan(a: Span, b: Span): boolean {
  return a.start === b.start && a.duration === b.duration && a.name === b.name && a.service === b.service;
}
