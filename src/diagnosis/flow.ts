/** The operation as a person would tell it: its own spans in order, noise left out, with what each has to say. */

import { readNumber, readText } from './attributes.ts';
import { chargesOf } from './blame.ts';
import { criticalPath, isAwaited, type WalkedPath } from './critical-path.ts';
import { shorten } from './evidence.ts';
import { errorOf } from './facts/errors.ts';
import type { Facts } from './facts/index.ts';
import { isObservation } from './facts/noise.ts';
import { extentOf } from './facts/tree.ts';
import type { CriticalPath, FlowStep } from './finding.ts';
import { endOf, type Span } from './trace.ts';

/** More steps than a reader can use; the trace itself has the rest. */
const MOST_STEPS = 400;

export interface Flow {
  readonly steps: readonly FlowStep[];
  readonly criticalPath: CriticalPath | null;
}

export function flowOf(facts: Facts): Flow {
  const { tree } = facts;
  const shown = facts.own.filter((span) => !isObservation(span));
  const extent = extentOf(shown);
  if (extent === null) return { steps: [], criticalPath: null };

  const visible = new Uint8Array(tree.spans.length);
  for (const span of shown) visible[tree.indexOf(span)] = 1;
  const isVisible = (span: Span) => visible[tree.indexOf(span)] === 1;
  const roots: Span[] = [];
  const entries: Span[] = [];
  for (const span of shown) {
    const parent = tree.parentOf(span);
    if (parent === null || !isVisible(parent)) roots.push(span);
    else if (!isDetached(span, parent)) continue;
    entries.push(span);
  }
  const path = criticalPath(
    entries,
    tree.childrenOf,
    (child, parent) => isAwaited(child, parent) && isVisible(child) && !isDetached(child, parent),
  );
  const self = new Float64Array(tree.spans.length);
  for (const node of path.nodes) self[tree.indexOf(node.span)] = node.self;

  const steps = inOrder(roots, tree.childrenOf, isVisible).map(({ span, depth }): FlowStep => {
    const selfUs = self[tree.indexOf(span)] ?? 0;
    return {
      service: span.service,
      operation: span.name,
      spanId: span.spanId,
      traceId: span.traceId,
      startMs: ms(span.start - extent.start),
      durationMs: ms(span.duration),
      selfMs: ms(selfUs),
      onCriticalPath: selfUs > 0,
      error: errorOf(span) !== null || readText(span, 'toStatus')?.toLowerCase() === 'failed',
      depth,
      note: noteOf(span),
    };
  });
  return { steps, criticalPath: { totalMs: ms(path.total), byService: byService(path, tree.childrenOf) } };
}

/** Whom the time is charged to: what a call waited for is its callee's. */
function byService(path: WalkedPath, childrenOf: (span: Span) => readonly Span[]): CriticalPath['byService'] {
  const lengths = new Map<string, number>();
  for (const { service, length } of chargesOf(path, childrenOf))
    lengths.set(service, (lengths.get(service) ?? 0) + length);
  const share = (us: number) => (path.total === 0 ? 0 : Math.round((us / path.total) * 10_000) / 10_000);
  return [...lengths]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([service, us]) => ({ service, ms: ms(us), share: share(us) }));
}

/** Depth first, siblings by start: the order in which a tree is read. No more than a reader can use. */
function inOrder(
  roots: readonly Span[],
  childrenOf: (span: Span) => readonly Span[],
  isVisible: (span: Span) => boolean,
): readonly { readonly span: Span; readonly depth: number }[] {
  const ordered: { readonly span: Span; readonly depth: number }[] = [];
  const waiting = roots.toSorted((a, b) => b.start - a.start).map((span) => ({ span, depth: 0 }));
  for (let at = waiting.pop(); at !== undefined && ordered.length < MOST_STEPS; at = waiting.pop()) {
    ordered.push(at);
    for (const child of childrenOf(at.span).toReversed())
      if (isVisible(child)) waiting.push({ span: child, depth: at.depth + 1 });
  }
  return ordered;
}

/** Background work: a worker answers the request that starts it and goes on below that span long after it has ended. */
function isDetached(span: Span, parent: Span): boolean {
  return span.start >= endOf(parent) || endOf(span) - endOf(parent) > parent.duration;
}

function noteOf(span: Span): string {
  const error = errorOf(span);
  const transition = readText(span, 'toStatus');
  const parts = [
    transition === null ? null : `${readText(span, 'fromStatus') ?? '?'} → ${transition}`.toLowerCase(),
    readText(span, 'operationError'),
    readText(span, 'cancellationReason'),
    readNumber(span, 'httpStatus') === null ? null : String(readNumber(span, 'httpStatus')),
    span.kind === 'client' ? readText(span, 'httpUrl') : null,
    error === null ? null : [error.type, error.message].filter((part) => part !== null && part !== '').join(': '),
    readText(span, 'selectionStatus') === null
      ? null
      : `${readText(span, 'selectionStatus')}, ${readText(span, 'workersAvailable') ?? '?'} of ${readText(span, 'workersCapable') ?? '?'} capable free, ${readText(span, 'workersTotal') ?? '?'} in all`,
    readNumber(span, 'rows') === null ? null : `${readNumber(span, 'rows')} rows`,
    readNumber(span, 'progressPercentage') === null || span.name.startsWith('POST')
      ? null
      : `${readNumber(span, 'progressPercentage')} %`,
  ];
  return shorten(parts.filter((part) => part !== null && part !== '').join(' · '), 160);
}

function ms(us: number): number {
  return Math.round(us) / 1000;
}
