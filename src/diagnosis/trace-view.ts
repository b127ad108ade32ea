/** Every span of an operation's traces, noise included, for a reader who wants to see them all. */
import type { Case } from './case.ts';
import { factsOf } from './facts/index.ts';
import { buildTree, extentOf, type SpanTree } from './facts/tree.ts';
import { isFailed, walk } from './flow.ts';
import { type Micros, micros, type Span } from './trace.ts';

export interface TraceView {
  /** The zero of the flow's times. */
  readonly startedAt: Micros;
  /** Depth first, siblings by start. Times are by one clock, as in the diagnosis. */
  readonly spans: readonly ViewedSpan[];
}

export interface ViewedSpan {
  readonly span: Span;
  /** Its position in the view, or -1. */
  readonly parent: number;
  /** Microseconds of the critical path that were spent in the span itself; 0 off the path. */
  readonly self: number;
  readonly isFailed: boolean;
}

/** `related`: IDs of the related traces that are part of the view. */
export function traceViewOf(input: Case, related: ReadonlySet<string>): TraceView {
  const facts = factsOf(input);
  const walked = walk(facts);
  const others = facts.case.neighbours.filter(({ traceId }) => related.has(traceId));
  const spans = inOrder(facts.tree, walked?.path.self ?? null);
  for (const one of inOrder(buildTree(others), null))
    spans.push({ ...one, parent: one.parent < 0 ? -1 : one.parent + facts.tree.spans.length });
  return { startedAt: walked?.startedAt ?? extentOf(spans.map(({ span }) => span))?.start ?? micros(0), spans };
}

function inOrder(tree: SpanTree, self: Float64Array | null): ViewedSpan[] {
  const ordered: ViewedSpan[] = [];
  const waiting = tree
    .positionsOf(tree.roots)
    .map((at) => ({ at, parent: -1 }))
    .reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { at, parent } = next;
    const span = tree.spans[at];
    if (span === undefined) continue;
    const own = ordered.push({ span, parent, self: self?.[at] ?? 0, isFailed: isFailed(span) }) - 1;
    for (let i = (tree.firstChild[at + 1] ?? 0) - 1; i >= (tree.firstChild[at] ?? 0); i -= 1)
      waiting.push({ at: tree.children[i] ?? -1, parent: own });
  }
  return ordered;
}
