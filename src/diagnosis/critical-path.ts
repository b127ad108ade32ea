/**
 * What the result waited for: walking back from the end, at every instant exactly one span is being waited on.
 *
 *   |---------------- root ----------------|
 *     |-- a --|   |---- b ----|   |-- c --|       path: root, c, root, b, root, a, root
 *               |-- d --|                         d ended while b was still awaited: not on the path
 *
 * The inclusive backward walk of Jaeger and CRISP, made iterative: self times add up to the root's duration.
 */
import { endOf, type Span } from './trace.ts';

export interface PathNode {
  readonly span: Span;
  /** Microseconds of the path spent in the span itself; a span that waits several times appears once. */
  readonly self: number;
}

/** A span cut to what its parent was waiting for. */
interface Interval {
  readonly span: Span;
  readonly start: number;
  readonly end: number;
}

interface Frame extends Interval {
  /** By end, ascending: the walk takes them from the back. */
  readonly children: Interval[];
  /** Everything after this moment is accounted for. */
  cursor: number;
  self: number;
}

/** Time in which no span was open, between one that ended and one that began. */
export interface Gap {
  readonly length: number;
  /** The span whose beginning ended the wait. */
  readonly before: Span;
}

export interface WalkedPath {
  readonly nodes: readonly PathNode[];
  readonly gaps: readonly Gap[];
  /** Self times and gaps together: from the first start to the last end of the entries. */
  readonly total: number;
}

/**
 * The path over several entries at once, as if a virtual root waited for all of them; entries that overlap are cut where a
 * later-ending one begins. `childrenOf` yields the spans that a span may wait for; fire-and-forget children are left out by
 * the caller.
 */
export function criticalPath(entries: readonly Span[], childrenOf: (span: Span) => readonly Span[]): WalkedPath {
  const waiting = [...entries].sort(
    (a, b) => endOf(a) - endOf(b) || b.start - a.start || (a.spanId < b.spanId ? -1 : 1),
  );
  const last = waiting.at(-1);
  if (last === undefined) return { nodes: [], gaps: [], total: 0 };

  const nodes: PathNode[] = [];
  const gaps: Gap[] = [];
  let cursor: number = endOf(last);
  let before = last;
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    const end = Math.min(endOf(entry), cursor);
    if (entry.start >= end) continue;
    if (end < cursor) gaps.push({ length: cursor - end, before });
    walk({ span: entry, start: entry.start, end }, childrenOf, nodes);
    cursor = entry.start;
    before = entry;
  }
  return { nodes, gaps, total: endOf(last) - cursor };
}

/** Within one entry, self times add up to the length of the interval exactly. */
function walk(root: Interval, childrenOf: (span: Span) => readonly Span[], nodes: PathNode[]): void {
  const stack: Frame[] = [enter(root, childrenOf)];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child = frame.children.pop();
    if (child === undefined) {
      nodes.push({ span: frame.span, self: frame.self + frame.cursor - frame.start });
      stack.pop();
    } else if (child.end <= frame.cursor) {
      frame.self += frame.cursor - child.end;
      frame.cursor = child.start;
      stack.push(enter(child, childrenOf));
    }
  }
}

function enter(interval: Interval, childrenOf: (span: Span) => readonly Span[]): Frame {
  const children: Interval[] = [];
  for (const span of childrenOf(interval.span)) {
    const start = Math.max(span.start, interval.start);
    const end = Math.min(endOf(span), interval.end);
    if (end > start) children.push({ span, start, end });
  }
  children.sort((a, b) => a.end - b.end || b.start - a.start || (a.span.spanId < b.span.spanId ? -1 : 1));
  return { ...interval, children, cursor: interval.end, self: 0 };
}
