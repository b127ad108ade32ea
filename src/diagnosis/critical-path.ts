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

/** A span cut to what its parent was waiting for, and how far the walk has come in it. */
interface Frame {
  readonly span: Span;
  readonly start: number;
  readonly end: number;
  /** What to add to the times of all below it, because another machine's clock wrote them. */
  readonly shift: number;
  /** By end, ascending: the walk takes them from the back. */
  readonly children: readonly Span[];
  /** How many of them are still to be looked at. */
  left: number;
  /** Everything after this moment is accounted for. */
  cursor: number;
  self: number;
}

type ChildrenOf = (span: Span) => readonly Span[];
type Awaits = (child: Span, parent: Span) => boolean;

/**
 * The path over several entries at once, as if a virtual root waited for all of them; entries that overlap are cut where a
 * later-ending one begins. `awaits` tells which of its children a span waits for.
 */
export function criticalPath(entries: readonly Span[], childrenOf: ChildrenOf, awaits: Awaits = isAwaited): WalkedPath {
  const waiting = entries.toSorted((a, b) => endOf(a) - endOf(b) || longerLast(a, b));
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
    walk(frameOf(entry, entry.start, end, 0, childrenOf), childrenOf, awaits, nodes);
    cursor = entry.start;
    before = entry;
  }
  return { nodes, gaps, total: endOf(last) - cursor };
}

/** Nobody waits for what merely follows, nor the sender of a message for its reader. */
export function isAwaited(child: Span, parent: Span): boolean {
  return !child.followsFrom && !(parent.kind === 'producer' && child.kind === 'consumer');
}

/** Within one entry, self times add up to the length of the interval exactly. */
function walk(root: Frame, childrenOf: ChildrenOf, awaits: Awaits, nodes: PathNode[]): void {
  const stack: Frame[] = [root];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child = nextAwaited(frame, awaits);
    if (child === null) {
      nodes.push({ span: frame.span, self: frame.self + frame.cursor - frame.start });
      stack.pop();
      continue;
    }
    const shift = frame.shift + skewOf(child, frame.span);
    const start = Math.max(child.start + shift, frame.start);
    const end = Math.min(endOf(child) + shift, frame.end);
    frame.self += frame.cursor - end;
    frame.cursor = start;
    // Most spans of a large trace are leaves: they need no frame.
    if (childrenOf(child).length === 0) nodes.push({ span: child, self: end - start });
    else stack.push(frameOf(child, start, end, shift, childrenOf));
  }
}

function frameOf(span: Span, start: number, end: number, shift: number, childrenOf: ChildrenOf): Frame {
  const children = byEnd(childrenOf(span), span);
  return { span, start, end, shift, children, left: children.length, cursor: end, self: 0 };
}

/** The child that ended last before the cursor. Of those that outlive the parent, and so end with it, the longest. */
function nextAwaited(frame: Frame, awaits: Awaits): Span | null {
  let longest: Span | null = null;
  let earliest = frame.end;
  while (frame.left > 0) {
    const child = frame.children[frame.left - 1];
    if (child === undefined) break;
    const shift = frame.shift + skewOf(child, frame.span);
    const end = endOf(child) + shift;
    if (longest !== null && end < frame.end) break;
    frame.left -= 1;
    const start = Math.max(child.start + shift, frame.start);
    if (Math.min(end, frame.end) <= start || Math.min(end, frame.end) > frame.cursor || !awaits(child, frame.span))
      continue;
    if (end < frame.end) return child;
    if (start < earliest) {
      longest = child;
      earliest = start;
    }
  }
  return longest;
}

/** Children come by start; one after the other they end in that order too, and nothing need be copied. */
function byEnd(children: readonly Span[], parent: Span): readonly Span[] {
  const order = (a: Span, b: Span) => endOf(a) + skewOf(a, parent) - endOf(b) - skewOf(b, parent) || longerLast(a, b);
  for (let i = 1; i < children.length; i += 1) {
    const [a, b] = [children[i - 1], children[i]];
    if (a !== undefined && b !== undefined && order(a, b) > 0) return children.toSorted(order);
  }
  return children;
}

/** Among spans that end together the longest is waited for; ids decide the rest, so that the order of delivery never does. */
function longerLast(a: Span, b: Span): number {
  return b.start - a.start || (a.spanId < b.spanId ? -1 : 1);
}

/**
 * How far another machine's clock is off, at least: its answer came within the call, so its work did too. A call that
 * failed shows nothing, because its callee may have gone on alone; nor does anything but a call that says it is one.
 */
function skewOf(callee: Span, call: Span): number {
  if (call.kind !== 'client' || callee.kind !== 'server' || callee.service === call.service) return 0;
  if (callee.duration > call.duration || call.status.code === 'error') return 0;
  return Math.max(0, call.start - callee.start) - Math.max(0, endOf(callee) - endOf(call));
}
