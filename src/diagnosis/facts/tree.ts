import { endOf, type Micros, micros, type Span, type Trace } from '../trace.ts';

/** All spans of a set of traces with their relations; built once, in linear time, without recursion. */
export interface SpanTree {
  /** Ordered by start. */
  readonly spans: readonly Span[];
  /** Spans without a delivered parent: true roots and orphans. */
  readonly roots: readonly Span[];
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
  const spans = traces.flatMap((trace) => trace.spans).sort((a, b) => a.start - b.start);
  const byId = new Map<string, Span>();
  for (const span of spans) byId.set(key(span.traceId, span.spanId), span);

  const parents = new Map<Span, Span>();
  for (const span of spans) {
    const parent = span.parentId === null ? undefined : byId.get(key(span.traceId, span.parentId));
    if (parent !== undefined && parent !== span) parents.set(span, parent);
  }
  cutCircles(spans, parents);

  const children = new Map<Span, Span[]>();
  const roots: Span[] = [];
  for (const span of spans) {
    const parent = parents.get(span);
    if (parent === undefined) roots.push(span);
    else {
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [span]);
      else siblings.push(span);
    }
  }

  const parentOf = (span: Span) => parents.get(span) ?? null;
  const childrenOf = (span: Span) => children.get(span) ?? NONE;
  return {
    spans,
    roots,
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

function key(traceId: string, spanId: string): string {
  return `${traceId}/${spanId}`;
}

/** A span that is its own ancestor loses its parent, so that every walk ends. */
function cutCircles(spans: readonly Span[], parents: Map<Span, Span>): void {
  const settled = new Set<Span>();
  for (const span of spans) {
    const path = new Set<Span>();
    let at: Span | undefined = span;
    while (at !== undefined && !settled.has(at)) {
      if (path.has(at)) {
        parents.delete(at);
        break;
      }
      path.add(at);
      at = parents.get(at);
    }
    for (const seen of path) settled.add(seen);
  }
}
