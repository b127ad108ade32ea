import { endOf, type Micros, micros, type Span, type Trace } from '../trace.ts';

/**
 * All spans of a set of traces with their relations; built once, in linear time, without recursion. Large traces are walked
 * by position: a span's index in `spans`.
 */
export interface SpanTree {
  /** Ordered by start. */
  readonly spans: readonly Span[];
  /** Spans without a delivered parent: true roots and orphans. */
  readonly roots: readonly Span[];
  /** For each position that of the parent, or -1. */
  readonly parents: Int32Array;
  /** The children of position p are in `children` from `firstChild[p]` up to `firstChild[p + 1]`, ordered by start. */
  readonly children: Int32Array;
  readonly firstChild: Int32Array;
  /** -1 for a span of another tree. */
  positionOf(span: Span): number;
  /** The same for many spans; fast when they are in the order of the tree. */
  positionsOf(wanted: readonly Span[]): readonly number[];
  parentOf(span: Span): Span | null;
  /** Ordered by start. */
  childrenOf(span: Span): readonly Span[];
  /** Nearest first; ends at a root, or where a malformed trace has a cycle. */
  ancestorsOf(span: Span): readonly Span[];
  /** The span itself and all below it, parents before children. */
  subtreeOf(span: Span): readonly Span[];
}

export function buildTree(traces: readonly Trace[]): SpanTree {
  const { spans, parents, positionOfId } = inOrder(traces);
  cutCircles(parents);
  const { children, firstChild } = childrenIn(parents);

  const positionOf = (span: Span) => {
    const position = positionOfId(span.traceId, span.spanId);
    return spans[position] === span ? position : -1;
  };
  const at = (positions: readonly number[]) =>
    positions.map((position) => spans[position]).filter((span) => span !== undefined);
  return {
    spans,
    roots: spans.filter((_, i) => parents[i] === -1),
    parents,
    children,
    firstChild,
    positionOf,
    positionsOf(wanted) {
      let last = -1;
      return wanted.map((span) => {
        last = spans[last + 1] === span ? last + 1 : positionOf(span);
        return last;
      });
    },
    parentOf: (span) => spans[parents[positionOf(span)] ?? -1] ?? null,
    childrenOf(span) {
      const position = positionOf(span);
      return position === -1 ? [] : at([...children.subarray(firstChild[position], firstChild[position + 1])]);
    },
    ancestorsOf(span) {
      const ancestors: number[] = [];
      for (let above = parents[positionOf(span)] ?? -1; above !== -1; above = parents[above] ?? -1)
        ancestors.push(above);
      return at(ancestors);
    },
    subtreeOf(span) {
      const found = [positionOf(span)];
      for (const position of found) {
        for (let i = firstChild[position] ?? 0; i < (firstChild[position + 1] ?? 0); i += 1)
          found.push(children[i] ?? -1);
      }
      return at(found);
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

interface Order {
  readonly spans: readonly Span[];
  readonly parents: Int32Array;
  /** -1 when there is no such span. */
  positionOfId(traceId: string, spanId: string): number;
}

/** By start, with the position of each parent. */
function inOrder(traces: readonly Trace[]): Order {
  const [first, second] = traces;
  // The list of a single trace is kept, so that the indexes of it (attributes, names) are built once.
  const all = first !== undefined && second === undefined ? first.spans : traces.flatMap((trace) => trace.spans);
  // A single trace is already in order, unless it was written by hand.
  const spans = isByStart(all) ? all : all.toSorted((a, b) => a.start - b.start);
  const byTrace = new Map<string, Map<string, number>>();
  let traceId: string | null = null;
  let byId = new Map<string, number>();
  for (let i = 0; i < spans.length; i += 1) {
    const span = spans[i];
    if (span === undefined) continue;
    if (span.traceId !== traceId) {
      traceId = span.traceId;
      byId = byTrace.get(traceId) ?? new Map();
      byTrace.set(traceId, byId);
    }
    byId.set(span.spanId, i);
  }
  let ids = 0;
  for (const { size } of byTrace.values()) ids += size;
  if (ids < spans.length) return inOrder([{ traceId: '', spans: withoutTwins(spans), warnings: [] }]);

  const positionOfId = (ofTrace: string, spanId: string) => byTrace.get(ofTrace)?.get(spanId) ?? -1;
  const parents = new Int32Array(spans.length).fill(-1);
  let last = -1;
  for (let i = 0; i < spans.length; i += 1) {
    const span = spans[i];
    if (span?.parentId == null) continue;
    // Most spans follow a sibling, whose parent is already known.
    const sibling = last === -1 ? undefined : spans[last];
    const isSibling = sibling?.parentId === span.parentId && sibling.traceId === span.traceId;
    parents[i] = isSibling ? (parents[last] ?? -1) : positionOfId(span.traceId, span.parentId);
    last = i;
  }
  return { spans, parents, positionOfId };
}

/** A trace should not have two spans with one ID; if it does, the longest is kept. */
function withoutTwins(spans: readonly Span[]): readonly Span[] {
  const longest = new Map<string, Span>();
  for (const span of spans) {
    const id = `${span.traceId}-${span.spanId}`;
    const twin = longest.get(id);
    if (twin === undefined || twin.duration < span.duration) longest.set(id, span);
  }
  const kept = new Set(longest.values());
  return spans.filter((span) => kept.has(span));
}

function isByStart(spans: readonly Span[]): boolean {
  let before = Number.NEGATIVE_INFINITY;
  for (const { start } of spans) {
    if (start < before) return false;
    before = start;
  }
  return true;
}

/** Counted first, so that two flat lists hold all children; filled in order of start. */
function childrenIn(parents: Int32Array): { readonly children: Int32Array; readonly firstChild: Int32Array } {
  const firstChild = new Int32Array(parents.length + 1);
  for (const parent of parents) if (parent !== -1) firstChild[parent + 1] = (firstChild[parent + 1] ?? 0) + 1;
  for (let i = 1; i < firstChild.length; i += 1) firstChild[i] = (firstChild[i] ?? 0) + (firstChild[i - 1] ?? 0);
  const next = firstChild.slice();
  const children = new Int32Array(firstChild[parents.length] ?? 0);
  for (let i = 0; i < parents.length; i += 1) {
    const parent = parents[i] ?? -1;
    const slot = next[parent];
    if (parent === -1 || slot === undefined) continue;
    children[slot] = i;
    next[parent] = slot + 1;
  }
  return { children, firstChild };
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
