/**
 * What the result waited for: walking back from the end, at every instant exactly one span is being waited on.
 *
 *   |---------------- root ----------------|
 *     |-- a --|   |---- b ----|   |-- c --|       path: root, c, root, b, root, a, root
 *               |-- d --|                         d ended while b was still awaited: not on the path
 *
 * The inclusive backward walk of Jaeger and CRISP, made iterative: self times add up to the root's duration.
 */
import type { SpanTree } from '../facts/tree.ts';
import { endOf, type Span } from '../trace.ts';

/** Time in which no span was open, between one that ended and one that began. */
interface Gap {
  readonly length: number;
  /** The span whose start ended the wait. */
  readonly before: Span;
}

export interface WalkedPath {
  /** For each position in the tree, the microseconds of the path spent in the span itself; 0 off the path. */
  readonly self: Float64Array;
  readonly gaps: readonly Gap[];
  /** Self times and gaps together: from the first start to the last end of the entries. */
  readonly total: number;
}

/** Positions of a child and its parent: does the parent wait for it? */
export type Awaits = (child: number, parent: number) => boolean;

/** A span cut to what its parent was waiting for. */
interface Interval {
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

/** An interval, and how far the walk has come in it. */
interface Frame extends Interval {
  /** Positions by end, ascending, of which those from `first` up to `left` are still to be visited: the walk takes them from the back. */
  readonly children: Int32Array;
  readonly first: number;
  left: number;
  /** Everything after this moment is accounted for. */
  cursor: number;
}

/**
 * The path over several entries at once, as if a virtual root waited for all of them; entries that overlap are cut where a
 * later-ending one begins. Without entries, over the roots of the tree.
 */
export function criticalPath(tree: SpanTree, entries: readonly Span[] = tree.roots, awaits?: Awaits): WalkedPath {
  const waiting = entries.toSorted((a, b) => endOf(a) - endOf(b) || longerLast(a, b));
  const last = waiting.at(-1);
  const self = new Float64Array(tree.spans.length);
  if (last === undefined) return { self, gaps: [], total: 0 };

  const gaps: Gap[] = [];
  const isAwaitedHere = awaits ?? ((child, parent) => isAwaited(tree, child, parent));
  let cursor: number = endOf(last);
  let before = last;
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    const end = Math.min(endOf(entry), cursor);
    if (entry.start >= end) continue;
    if (end < cursor) gaps.push({ length: cursor - end, before });
    const interval = { at: tree.positionOf(entry), start: entry.start, end };
    walk(tree, frameOf(tree, interval), isAwaitedHere, self);
    cursor = entry.start;
    before = entry;
  }
  return { self, gaps, total: endOf(last) - cursor };
}

/** False for a span that merely follows, and for the reader of a message, whose sender doesn't wait. */
export function isAwaited({ spans }: SpanTree, child: number, parent: number): boolean {
  const span = spans[child];
  return span?.followsFrom === false && !(span.kind === 'consumer' && spans[parent]?.kind === 'producer');
}

/** Within one entry, self times add up to the length of the interval exactly. */
function walk(tree: SpanTree, root: Frame, awaits: Awaits, self: Float64Array): void {
  const stack: Frame[] = [root];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const at = nextAwaited(tree, frame, awaits);
    const child = tree.spans[at];
    if (child === undefined) {
      self[frame.at] = (self[frame.at] ?? 0) + frame.cursor - frame.start;
      stack.pop();
      continue;
    }
    const start = Math.max(child.start, frame.start);
    const end = Math.min(endOf(child), frame.end);
    self[frame.at] = (self[frame.at] ?? 0) + frame.cursor - end;
    frame.cursor = start;
    // Most spans of a large trace are leaves: they need no frame.
    if (tree.firstChild[at] === tree.firstChild[at + 1]) self[at] = end - start;
    else stack.push(frameOf(tree, { at, start, end }));
  }
}

function frameOf(tree: SpanTree, { at, start, end }: Interval): Frame {
  const { children, first, left } = byEnd(tree, at);
  // Written out: in a deep trace, spreading the interval costs more than the rest of the walk.
  return { at, start, end, children, first, left, cursor: end };
}

/** The child that ended last before the cursor, or -1. Of those that outlive the parent, and so end with it, the longest. */
function nextAwaited({ spans }: SpanTree, frame: Frame, awaits: Awaits): number {
  let longest = -1;
  let earliest = frame.end;
  while (frame.left > frame.first) {
    const at = frame.children[frame.left - 1] ?? -1;
    const child = spans[at];
    if (child === undefined) break;
    const end = endOf(child);
    if (longest !== -1 && end < frame.end) break;
    frame.left -= 1;
    const start = Math.max(child.start, frame.start);
    const cut = Math.min(end, frame.end);
    if (cut <= start || cut > frame.cursor || !awaits(at, frame.at)) continue;
    if (end < frame.end) return at;
    if (start < earliest) {
      longest = at;
      earliest = start;
    }
  }
  return longest;
}

/** Children come by start; one after the other they end in that order too, and nothing need be copied. */
function byEnd({ spans, children, firstChild }: SpanTree, at: number): Pick<Frame, 'children' | 'first' | 'left'> {
  const [first = 0, left = 0] = [firstChild[at], firstChild[at + 1]];
  const order = (i: number, j: number) => {
    const [a, b] = [spans[i], spans[j]];
    if (a === undefined || b === undefined) return 0;
    return endOf(a) - endOf(b) || longerLast(a, b);
  };
  for (let i = first + 1; i < left; i += 1) {
    if (order(children[i - 1] ?? 0, children[i] ?? 0) <= 0) continue;
    return { children: children.subarray(first, left).toSorted(order), first: 0, left: left - first };
  }
  return { children, first, left };
}

/** Among spans that end together, the longest is the one waited for; IDs break ties, so that the order of delivery never matters. */
function longerLast(a: Span, b: Span): number {
  return b.start - a.start || (a.spanId < b.spanId ? -1 : 1);
}
