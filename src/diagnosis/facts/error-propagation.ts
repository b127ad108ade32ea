/** How a failure spread: whether the spans above it failed because of it, or dealt with it and failed for another reason, if at all. */

import { endOf, type Span } from '../trace.ts';
import { readText } from '../vocabulary/attributes.ts';
import { isTransport } from '../vocabulary/noise.ts';
import type { SpanError } from './errors.ts';
import type { SpanTree } from './tree.ts';

type Failed = ReadonlyMap<Span, SpanError>;

/**
 * `recovered`: a retry went well, or a caller succeeded explicitly. `contained`: a caller outlived it without a word, or went on
 * and failed for a reason of its own. `propagated`: it went all the way up, or its caller had ended before.
 */
export type PropagationOutcome = 'propagated' | 'contained' | 'recovered';

export interface PropagationOutcomes {
  /** Failed spans that a failure below them explains. */
  readonly explained: ReadonlySet<Span>;
  of(error: SpanError): PropagationOutcome;
}

export function propagationOutcomesOf(tree: SpanTree, failed: Failed): PropagationOutcomes {
  const dealtWith = createDealtWith(tree, failed);
  return {
    explained: explainedIn(tree, failed, dealtWith),
    of({ span, type, httpStatus }) {
      // Recorded on a span that does not call itself failed: somebody caught it there.
      const isCaughtThere = span.status.code !== 'error' && type !== null && (httpStatus === null || httpStatus < 400);
      if (isCaughtThere) return span.status.code === 'ok' ? 'recovered' : 'contained';
      for (let at = tree.positionOf(span); ; at = tree.parents[at] ?? -1) {
        const [below, parent] = [tree.spans[at], tree.spans[tree.parents[at] ?? -1]];
        if (below === undefined || parent === undefined) return 'propagated';
        const end = dealtWith(at);
        if (end !== null) return end;
        if (failed.has(parent)) continue;
        if (endOf(parent) < endOf(below)) return 'propagated';
        return parent.status.code === 'ok' ? 'recovered' : 'contained';
      }
    },
  };
}

/** What explains a span explains all above it too: each way up is walked once, first by whoever began earliest, who comes furthest. */
function explainedIn(tree: SpanTree, failed: Failed, dealtWith: DealtWith): ReadonlySet<Span> {
  const explained = new Set<Span>();
  const isWalked = new Uint8Array(tree.spans.length);
  for (const source of [...failed.keys()].sort((a, b) => a.start - b.start)) {
    for (let at = tree.positionOf(source); isWalked[at] === 0; at = tree.parents[at] ?? -1) {
      isWalked[at] = 1;
      const parent = tree.spans[tree.parents[at] ?? -1];
      // Work that began after its caller had failed (it went on behind a timeout) explains nothing.
      if (parent === undefined || source.start > endOf(parent) || dealtWith(at) !== null) break;
      if (failed.has(parent)) explained.add(parent);
    }
  }
  return explained;
}

/** How its caller dealt with what failed at or below a position of the tree; null when it did not. */
type DealtWith = (at: number) => 'recovered' | 'contained' | null;

/** When a caller last began something, so that what came after a failure is known without another look at all it did. */
interface Begun {
  /** Of requests that went well, by name and address. */
  readonly well: Map<string, number>;
  /** Of what failed, by message. */
  readonly failed: Map<string, number>;
  /** Of all that went well. */
  lastWell: number;
}

function createDealtWith({ spans, parents, children, firstChild }: SpanTree, failed: Failed): DealtWith {
  const known = new Map<number, Begun>();

  function begunBelow(parent: number): Begun {
    const begun: Begun = { well: new Map(), failed: new Map(), lastWell: -1 };
    for (const at of children.subarray(firstChild[parent], firstChild[parent + 1])) {
      const child = spans[at];
      if (child === undefined || isTransport(child)) continue;
      const error = failed.get(child);
      if (error === undefined) begun.lastWell = Math.max(begun.lastWell, child.start);
      const [moments, key] = error === undefined ? [begun.well, requestOf(child)] : [begun.failed, error.message];
      moments.set(key, Math.max(moments.get(key) ?? -1, child.start));
    }
    return begun;
  }

  return (at) => {
    const parentAt = parents[at] ?? -1;
    const [span, parent] = [spans[at], spans[parentAt]];
    const lastChild = spans[children[(firstChild[parentAt + 1] ?? 0) - 1] ?? -1];
    if (span === undefined || parent === undefined || lastChild === undefined) return null;
    const end = endOf(span);
    if (lastChild.start < end) return null;
    const begun = known.get(parentAt) ?? begunBelow(parentAt);
    known.set(parentAt, begun);
    const isLater = (start: number | undefined) => start !== undefined && start >= end;
    // The same request was made again later and went well.
    if (isLater(begun.well.get(requestOf(span)))) return 'recovered';
    const [own, below] = [failed.get(parent)?.message ?? '', failed.get(span)?.message ?? ''];
    const isAnother = own !== '' && below !== '' && !own.includes(below) && !below.includes(own);
    // The caller did more after this failure, and failed in the end with other words.
    return isAnother && (isLater(begun.lastWell) || isLater(begun.failed.get(own))) ? 'contained' : null;
  };
}

function requestOf(span: Span): string {
  return `${span.name} ${readText(span, 'httpUrl') ?? ''}`;
}
