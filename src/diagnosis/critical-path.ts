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

/** `childrenOf` yields the spans that a span may wait for; fire-and-forget children are left out by the caller. */
export function criticalPath(root: Span, childrenOf: (span: Span) => readonly Span[]): readonly PathNode[] {
  const path: PathNode[] = [];
  const stack: Frame[] = [enter({ span: root, start: root.start, end: endOf(root) }, childrenOf)];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child = frame.children.pop();
    if (child === undefined) {
      path.push({ span: frame.span, self: frame.self + frame.cursor - frame.start });
      stack.pop();
    } else if (child.end <= frame.cursor) {
      frame.self += frame.cursor - child.end;
      frame.cursor = child.start;
      stack.push(enter(child, childrenOf));
    }
  }
  return path;
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
