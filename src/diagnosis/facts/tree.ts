import { endOf, type Micros, micros, type Span, type Trace } from '../trace.ts';

/** All spans of a set of traces with their relations; built once, in linear time, without recursion. */
export interface SpanTree {
  /** Ordered by start. */
  readonly spans: readonly Span[];
  /** Spans without a delivered parent: true roots and orphans. */
  readonly roots: readonly Span[];
  /** Where the span stands in `spans`; -1 for a span of another tree. */
  indexOf(span: Span): number;
  parentOf(span: Span): Span | null;
  /** Ordered by start. */
  childrenOf(span: Span): readonly Span[];
  /** Nearest first; ends at a root or where a malformed trace runs in a circle. */
  ancestorsOf(span: Span): readonly Span[];
  /** The span itself and all below it, parents before children. */
  subtreeOf(span: Span): readonly Span[];
}

const NONE: readonly Span[] = [];

export function buildTree(traces: readonly Trace[]): SpanTree {
  const { spans, byId } = inOrder(traces);
  const positions = new Map<Span, number>();
  const parents = new Int32Array(spans.length).fill(-1);
  for (const [i, span] of spans.entries()) {
    positions.set(span, i);
    if (span.parentId !== null) parents[i] = byId.get(span.traceId)?.get(span.parentId) ?? -1;
  }
  cutCircles(parents);

  const children: Span[][] = new Array(spans.length);
  const roots: Span[] = [];
  for (const [i, span] of spans.entries()) {
    const parent = parents[i] ?? -1;
    const siblings = children[parent];
    if (parent === -1) roots.push(span);
    else if (siblings === undefined) children[parent] = [span];
    else siblings.push(span);
  }

  const indexOf = (span: Span) => positions.get(span) ?? -1;
  const parentOf = (span: Span) => spans[parents[indexOf(span)] ?? -1] ?? null;
  const childrenOf = (span: Span) => children[indexOf(span)] ?? NONE;
  return {
    spans,
    roots,
    indexOf,
    parentOf,
    childrenOf,
    ancestorsOf(span) {
      const ancestors: Span[] = [];
      for (let at = parentOf(span); at !== null; at = parentOf(at)) ancestors.push(at);
      return ancestors;
    },
    subtreeOf(span) {
      const found: Span[] = [span];
      for (let i = 0; i < found.length; i += 1) {
        const at = found[i];
        if (at !== undefined) for (const child of childrenOf(at)) found.push(child);
      }
      return found;
    },
  };
}

/** First start and last end over spans; null when there are none. */
export function extentOf(spans: readonly Span[]): { readonly start: Micros; readonly end: Micros } | null {
  const first = spans[0];
  if (first === undefined) return null;
  let start: number = first.start;
  let end: number = endOf(first);
  for (const span of spans) {
    if (span.start < start) start = span.start;
    if (endOf(span) > end) end = endOf(span);
  }
  return { start: micros(start), end: micros(end) };
}

interface Ordered {
  /** By start. */
  readonly spans: readonly Span[];
  /** Trace id → span id → where it stands in `spans`. */
  readonly byId: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Of spans under one id, which no trace should have, the longest counts. */
function inOrder(traces: readonly Trace[]): Ordered {
  const spans = traces.flatMap((trace) => trace.spans).sort((a, b) => a.start - b.start);
  const byId = new Map<string, Map<string, number>>();
  const repeated = new Set<Span>();
  for (const [i, span] of spans.entries()) {
    const ofTrace = byId.get(span.traceId) ?? new Map<string, number>();
    byId.set(span.traceId, ofTrace);
    const known = ofTrace.get(span.spanId);
    const twin = known === undefined ? undefined : spans[known];
    if (twin !== undefined) repeated.add(twin.duration < span.duration ? twin : span);
    if (twin === undefined || twin.duration < span.duration) ofTrace.set(span.spanId, i);
  }
  if (repeated.size === 0) return { spans, byId };
  return inOrder([{ traceId: '', spans: spans.filter((span) => !repeated.has(span)), warnings: [] }]);
}

/** A span that is its own ancestor loses its parent, so that every walk ends. */
function cutCircles(parents: Int32Array): void {
  const walkThatSaw = new Int32Array(parents.length).fill(-1);
  for (let first = 0; first < parents.length; first += 1) {
    let at = first;
    while (at !== -1 && walkThatSaw[at] === -1) {
      walkThatSaw[at] = first;
      at = parents[at] ?? -1;
    }
    if (at !== -1 && walkThatSaw[at] === first) parents[at] = -1;
  }
}
