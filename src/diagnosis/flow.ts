/** The operation as a person would tell it: its own spans in order, noise left out, with what each has to say. */

import { readNumber, readText } from './attributes.ts';
import { criticalPath } from './critical-path.ts';
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
  const shown = facts.own.filter((span) => !isObservation(span));
  const extent = extentOf(shown);
  if (extent === null) return { steps: [], criticalPath: null };

  const visible = new Set(shown);
  const selfOf = new Map<Span, number>();
  const byService = new Map<string, number>();
  const add = (service: string, us: number) => byService.set(service, (byService.get(service) ?? 0) + us);
  const roots = shown.filter((span) => visibleParent(facts, span, visible) === null);
  const detached = new Set(shown.filter((span) => isDetached(span, visibleParent(facts, span, visible))));
  const { nodes, gaps, total } = criticalPath([...roots, ...detached], (span) =>
    facts.tree.childrenOf(span).filter((child) => visible.has(child) && !detached.has(child) && !child.followsFrom),
  );
  for (const { span, self } of nodes) {
    selfOf.set(span, self);
    add(span.service, self);
  }
  // Nobody shows what happened in a gap; it was the wait for the process that reported next.
  for (const { before, length } of gaps) add(before.service, length);

  const depths = new Map<Span, number>();
  const steps: FlowStep[] = [];
  for (const span of inOrder(facts, roots, visible)) {
    const parent = visibleParent(facts, span, visible);
    const depth = parent === null ? 0 : (depths.get(parent) ?? 0) + 1;
    depths.set(span, depth);
    if (steps.length >= MOST_STEPS) break;
    steps.push({
      service: span.service,
      operation: span.name,
      spanId: span.spanId,
      traceId: span.traceId,
      startMs: ms(span.start - extent.start),
      durationMs: ms(span.duration),
      selfMs: ms(selfOf.get(span) ?? 0),
      onCriticalPath: (selfOf.get(span) ?? 0) > 0,
      error: errorOf(span) !== null || readText(span, 'toStatus')?.toLowerCase() === 'failed',
      depth,
      note: noteOf(span),
    });
  }
  const share = (us: number) => (total === 0 ? 0 : Math.round((us / total) * 10_000) / 10_000);
  return {
    steps,
    criticalPath: {
      totalMs: ms(total),
      byService: [...byService]
        .sort((a, b) => b[1] - a[1])
        .map(([service, us]) => ({ service, ms: ms(us), share: share(us) })),
    },
  };
}

/** Depth first, siblings by start: the order in which a tree is read. */
function inOrder(facts: Facts, roots: readonly Span[], visible: ReadonlySet<Span>): readonly Span[] {
  const ordered: Span[] = [];
  const waiting = [...roots].sort((a, b) => b.start - a.start);
  for (let span = waiting.pop(); span !== undefined; span = waiting.pop()) {
    ordered.push(span);
    const children = facts.tree.childrenOf(span).filter((child) => visible.has(child));
    for (let i = children.length - 1; i >= 0; i -= 1) {
      const child = children[i];
      if (child !== undefined) waiting.push(child);
    }
  }
  return ordered;
}

/** Background work: a worker answers the request that starts it and goes on below that span long after it has ended. */
function isDetached(span: Span, parent: Span | null): boolean {
  if (parent === null) return false;
  return span.start >= endOf(parent) || endOf(span) - endOf(parent) > parent.duration;
}

function visibleParent(facts: Facts, span: Span, visible: ReadonlySet<Span>): Span | null {
  const parent = facts.tree.parentOf(span);
  return parent !== null && visible.has(parent) ? parent : null;
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
