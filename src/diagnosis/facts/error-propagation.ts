/** How an error spread: whether the spans above it failed because of it, or handled it. */

import { endOf, type Span } from '../trace.ts';
import { readText } from '../vocabulary/attributes.ts';
import { isTransport } from '../vocabulary/noise.ts';
import type { SpanError } from './errors.ts';
import type { SpanTree } from './tree.ts';

type Failed = ReadonlyMap<Span, SpanError>;

/**
 * `recovered`: a retry succeeded, or a caller succeeded explicitly. `contained`: a caller has no status, or went
 * on and failed for another reason. `propagated`: it reached the root, or its caller had ended before.
 */
export type PropagationOutcome = 'propagated' | 'contained' | 'recovered';

export interface PropagationOutcomes {
  /** Failed spans that a failure below them explains. */
  readonly explained: ReadonlySet<Span>;
  of(error: SpanError): PropagationOutcome;
}

export function propagationOutcomesOf(tree: SpanTree, failed: Failed): PropagationOutcomes {
  const handlingOf = createHandlingOf(tree, failed);
  return {
    explained: explainedIn(tree, failed, handlingOf),
    of({ span, type, httpStatus }) {
      // Recorded on a span that isn't marked as failed: it was caught there.
      const isCaughtThere = span.status.code !== 'error' && type !== null && (httpStatus === null || httpStatus < 400);
      if (isCaughtThere) return span.status.code === 'ok' ? 'recovered' : 'contained';
      for (let at = tree.positionOf(span); ; at = tree.parents[at] ?? -1) {
        const [below, parent] = [tree.spans[at], tree.spans[tree.parents[at] ?? -1]];
        if (below === undefined || parent === undefined) return 'propagated';
        const handling = handlingOf(at);
        if (handling !== null) return handling;
        if (failed.has(parent)) continue;
        if (endOf(parent) < endOf(below)) return 'propagated';
        return parent.status.code === 'ok' ? 'recovered' : 'contained';
      }
    },
  };
}

/** What explains a span explains all above it, so each path to the root is walked only once, starting with the earliest span, which gets furthest. */
function explainedIn(tree: SpanTree, failed: Failed, handlingOf: HandlingOf): ReadonlySet<Span> {
  const explained = new Set<Span>();
  const isWalked = new Uint8Array(tree.spans.length);
  // An exception on a span that succeeded was caught there.
  const sources = [...failed.keys()].filter(({ status }) => status.code !== 'ok').sort((a, b) => a.start - b.start);
  for (const [i, position] of tree.positionsOf(sources).entries()) {
    const startOfSource = sources[i]?.start ?? 0;
    for (let at = position; isWalked[at] === 0; at = tree.parents[at] ?? -1) {
      isWalked[at] = 1;
      const parent = tree.spans[tree.parents[at] ?? -1];
      // Work that started after its caller had failed (it continued after a timeout) explains nothing.
      if (parent === undefined || startOfSource > endOf(parent) || handlingOf(at) !== null) break;
      if (failed.has(parent)) explained.add(parent);
    }
  }
  return explained;
}

/** How the caller handled what failed at or below a position of the tree; null when it did not. */
type HandlingOf = (at: number) => 'recovered' | 'contained' | null;

/** Latest starts among a caller's children, so that what came after an error is known without another walk. */
interface LatestStarts {
  /** Latest starts of children that succeeded, by name and address. */
  readonly succeeded: Map<string, number>;
  /** Latest starts of children that failed, by message. */
  readonly failed: Map<string, number>;
  /** The latest start of all that succeeded. */
  lastSuccess: number;
}

function createHandlingOf({ spans, parents, children, firstChild }: SpanTree, failed: Failed): HandlingOf {
  const known = new Map<number, LatestStarts>();

  function latestBelow(parent: number): LatestStarts {
    const latest: LatestStarts = { succeeded: new Map(), failed: new Map(), lastSuccess: -1 };
    for (const at of children.subarray(firstChild[parent], firstChild[parent + 1])) {
      const child = spans[at];
      if (child === undefined || isTransport(child)) continue;
      const error = failed.get(child);
      if (error === undefined) latest.lastSuccess = Math.max(latest.lastSuccess, child.start);
      const [starts, key] = error === undefined ? [latest.succeeded, requestOf(child)] : [latest.failed, error.message];
      starts.set(key, Math.max(starts.get(key) ?? -1, child.start));
    }
    return latest;
  }

  return (at) => {
    const parentAt = parents[at] ?? -1;
    const [span, parent] = [spans[at], spans[parentAt]];
    const lastChild = spans[children[(firstChild[parentAt + 1] ?? 0) - 1] ?? -1];
    if (span === undefined || parent === undefined || lastChild === undefined) return null;
    const end = endOf(span);
    if (lastChild.start < end) return null;
    const latest = known.get(parentAt) ?? latestBelow(parentAt);
    known.set(parentAt, latest);
    const isLater = (start: number | undefined) => start !== undefined && start >= end;
    // The same request was made again later and succeeded.
    if (isLater(latest.succeeded.get(requestOf(span)))) return 'recovered';
    const [own, below] = [failed.get(parent)?.message ?? '', failed.get(span)?.message ?? ''];
    const isAnother = own !== '' && below !== '' && !own.includes(below) && !below.includes(own);
    // The caller went on after this error, and failed later with another message.
    return isAnother && (isLater(latest.lastSuccess) || isLater(latest.failed.get(own))) ? 'contained' : null;
  };
}

function requestOf(span: Span): string {
  return `${span.name} ${readText(span, 'httpUrl') ?? ''}`;
}
