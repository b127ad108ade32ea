/** Spans in memory, found the way each version finds them. */
import { searchTerms } from './search-terms.ts';
import type { StoredSpan, StoredTrace } from './stored.ts';
import type { Behaviour } from './versions.ts';
import { documentSchema, valueText, type WireScope, type WireSpan } from './wire.ts';

/** All conditions hold on one span, and `from` ≤ its start ≤ `to`. An empty service is any, where the version allows it. */
export interface Filter {
  readonly service: string;
  readonly operation: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly minMicros: number;
  readonly maxMicros: number;
}

export interface Store {
  readonly services: readonly string[];
  operations(service: string): readonly { readonly name: string; readonly kind: number }[];
  byId(traceId: string): StoredTrace | null;
  /** Null when this version refuses the limit; -1 and 0 have no bound where they are taken. */
  find(filter: Filter, limit: number): readonly StoredTrace[] | null;
}

const MOST_TRACES = 100_000;

/**
 * `documents` are by-id or search answers of v3; a span that occurs in several is stored once. `nowMicros` hides what has not
 * ended by then.
 */
export function createStore(
  documents: readonly unknown[],
  behaviour: Behaviour,
  nowMicros: (() => number) | null = null,
): Store {
  const stored = group(documents.flatMap(spansOf));
  const terms = new WeakMap<StoredSpan, ReadonlySet<string>>();

  function termsOf(span: StoredSpan): ReadonlySet<string> {
    const known = terms.get(span) ?? searchTerms(span, behaviour);
    terms.set(span, known);
    return known;
  }

  function matches(span: StoredSpan, filter: Filter, wanted: readonly string[]): boolean {
    if (filter.service !== '' && span.service !== filter.service) return false;
    if (filter.operation !== '' && span.wire.name !== filter.operation) return false;
    if (span.startMicros < filter.fromMicros || span.startMicros > filter.toMicros) return false;
    if (span.durationMicros < filter.minMicros || span.durationMicros > filter.maxMicros) return false;
    return wanted.every((term) => termsOf(span).has(term));
  }

  const starts = new Map([...stored.values()].map((trace) => [trace, startOf(trace)]));

  function arrived(trace: StoredTrace | undefined, now: number): readonly StoredTrace[] {
    if (trace === undefined || (starts.get(trace) ?? 0) > now) return [];
    const spans = trace.spans.filter((span) => endOf(span) <= now);
    return spans.length === 0 ? [] : [spans.length === trace.spans.length ? trace : { ...trace, spans }];
  }

  function all(): readonly StoredTrace[] {
    const now = nowMicros?.() ?? Number.POSITIVE_INFINITY;
    return [...stored.values()].flatMap((trace) => arrived(trace, now));
  }

  return {
    get services() {
      return [...new Set(all().flatMap((trace) => trace.spans.map(({ service }) => service)))];
    },

    operations(service) {
      const spans = all()
        .flatMap((trace) => trace.spans)
        .filter((span) => span.service === service);
      const found = new Map(
        spans.map(({ wire }) => [`${wire.kind} ${wire.name}`, { name: wire.name, kind: wire.kind }]),
      );
      return [...found.values()];
    },

    byId: (traceId) => arrived(stored.get(traceId), nowMicros?.() ?? Number.POSITIVE_INFINITY)[0] ?? null,

    find(filter, limit) {
      if (behaviour.store === 'new' && (limit <= 0 || limit >= MOST_TRACES)) return null;
      const wanted = Object.entries(filter.tags).map(([key, value]) => termOf(key, value, behaviour));
      const found = all().filter(({ spans }) => spans.some((span) => matches(span, filter, wanted)));
      if (behaviour.store === 'new') return found.toReversed().slice(0, limit);
      const oldestFirst = found.toSorted((a, b) => startOf(a) - startOf(b));
      return limit > 0 ? oldestFirst.slice(-limit) : oldestFirst;
    },
  };
}

function termOf(key: string, value: string, behaviour: Behaviour): string {
  const folded = behaviour.matching === 'named' && key === 'span.kind' ? value.toLowerCase() : value;
  return `${key}=${folded}`;
}

function startOf(trace: StoredTrace): number {
  return Math.min(...trace.spans.map((span) => span.startMicros));
}

/** Documents are not changed, and reading them takes longest when a few of many are replaced. */
const known = new WeakMap<object, readonly StoredSpan[]>();

function spansOf(document: unknown): readonly StoredSpan[] {
  if (typeof document !== 'object' || document === null) return spansIn(document);
  const spans = known.get(document) ?? spansIn(document);
  known.set(document, spans);
  return spans;
}

function spansIn(document: unknown): readonly StoredSpan[] {
  return documentSchema.parse(document).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const name = resource.attributes.find(({ key }) => key === 'service.name');
    const service = name === undefined ? '' : valueText(name.value);
    return scopeSpans.flatMap(({ scope, spans }) => spans.map((wire) => toStored(wire, service, resource, scope)));
  });
}

function toStored(recorded: WireSpan, service: string, resource: StoredSpan['resource'], scope: WireScope): StoredSpan {
  // The recording Jaeger's own warnings: this server makes those of its version.
  const attributes = recorded.attributes.filter(({ key }) => key !== '@jaeger@warnings');
  const wire = { ...recorded, attributes };
  const start = BigInt(wire.startTimeUnixNano);
  const nanos = BigInt(wire.endTimeUnixNano) - start;
  return {
    service,
    startMicros: Number(start / 1000n),
    durationMicros: nanos > 0n ? Number(nanos / 1000n) : 0,
    resource,
    scope,
    wire,
  };
}

/** In the order in which traces arrived: exporters send a span when it has ended. */
function group(spans: readonly StoredSpan[]): ReadonlyMap<string, StoredTrace> {
  const arrived = spans.toSorted((a, b) => endOf(a) - endOf(b));
  const traces = new Map<string, Map<string, StoredSpan>>();
  for (const span of arrived) {
    const trace = traces.get(span.wire.traceId) ?? new Map<string, StoredSpan>();
    traces.set(span.wire.traceId, trace);
    if (!trace.has(span.wire.spanId)) trace.set(span.wire.spanId, span);
  }
  return new Map([...traces].map(([traceId, byId]) => [traceId, { traceId, spans: [...byId.values()] }]));
}

function endOf(span: StoredSpan): number {
  return span.startMicros + span.durationMicros;
}
