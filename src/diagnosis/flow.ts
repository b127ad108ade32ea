/** The execution flow: the operation's spans in order, without noise, each with a note. */

import { percent } from '../language/numbers.ts';
import { type Clean, cleanText } from './clean.ts';
import { onOneLine, shorten } from './evidence.ts';
import { errorOf } from './facts/errors.ts';
import type { Facts } from './facts/index.ts';
import { extentOf, type SpanTree } from './facts/tree.ts';
import type { CriticalPath, FlowStep, LeftOut } from './finding.ts';
import { attributeTime } from './timing/blame.ts';
import { criticalPath, isAwaited, type WalkedPath } from './timing/critical-path.ts';
import { endOf, type Micros, type Span } from './trace.ts';
import { readNumber, readText } from './vocabulary/attributes.ts';
import { noiseName } from './vocabulary/noise.ts';
import { joined } from './words.ts';

/** More steps than a reader can use; the trace itself has the rest. */
const MOST_STEPS = 400;
const LONGEST_NOTE = 160;

export interface Flow {
  readonly steps: readonly FlowStep[];
  readonly criticalPath: CriticalPath | null;
  readonly leftOut: readonly LeftOut[];
}

export function flowOf(facts: Facts, clean: Clean = cleanText): Flow {
  const walked = walk(facts);
  if (walked === null) return { steps: [], criticalPath: null, leftOut: [] };
  const { tree } = facts;
  const { path, startedAt, roots, isShown, count } = walked;
  const steps = inOrder(tree, roots, isShown).flatMap(({ at, depth }): readonly FlowStep[] => {
    const [span, self = 0] = [tree.spans[at], path.self[at]];
    if (span === undefined) return [];
    const step = {
      service: span.service,
      operation: span.name,
      spanId: span.spanId,
      traceId: span.traceId,
      startMs: ms(span.start - startedAt),
      durationMs: ms(span.duration),
      selfMs: ms(self),
      onCriticalPath: self > 0,
      error: isFailed(span),
      depth,
      note: noteOf(span, clean),
    };
    return [step];
  });
  return {
    steps,
    criticalPath: { totalMs: ms(path.total), byService: byService(tree, path) },
    leftOut: leftOutOf(facts, count - steps.length),
  };
}

interface WalkedActivity {
  readonly path: WalkedPath;
  /** The first start of the activity: the zero of the flow's times. */
  readonly startedAt: Micros;
  /** Positions of its spans without a parent among them. */
  readonly roots: readonly number[];
  /** By position: 1 for spans of the activity. */
  readonly isShown: Uint8Array;
  readonly count: number;
}

/** The critical path through the operation's activity; null without any. */
export function walk({ tree, activity }: Facts): WalkedActivity | null {
  const extent = extentOf(activity);
  if (extent === null) return null;
  const isShown = new Uint8Array(tree.spans.length);
  const isDetached = new Uint8Array(tree.spans.length);
  const positions = tree.positionsOf(activity);
  for (const at of positions) isShown[at] = 1;
  const roots: number[] = [];
  const entries: Span[] = [];
  for (const at of positions) {
    const [span, parent] = [tree.spans[at], tree.spans[tree.parents[at] ?? -1]];
    if (span === undefined) continue;
    if (parent === undefined || isShown[tree.parents[at] ?? -1] !== 1) roots.push(at);
    else if (outlives(span, parent)) isDetached[at] = 1;
    else continue;
    entries.push(span);
  }
  const path = criticalPath(
    tree,
    entries,
    (child, parent) => isShown[child] === 1 && isDetached[child] === 0 && isAwaited(tree, child, parent),
  );
  return { path, startedAt: extent.start, roots, isShown, count: positions.length };
}

export function isFailed(span: Span): boolean {
  return errorOf(span) !== null || readText(span, 'toStatus')?.toLowerCase() === 'failed';
}

function leftOutOf({ operationSpans, activity }: Facts, beyond: number): readonly LeftOut[] {
  const counts = new Map<string, number>();
  // Both lists have the same order.
  let next = 0;
  for (const span of operationSpans.own) {
    if (span === activity[next]) next += 1;
    else counts.set(noiseName(span), (counts.get(noiseName(span)) ?? 0) + 1);
  }
  if (beyond > 0) counts.set('later span', beyond);
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

/** The time that a call spends waiting belongs to the callee. */
function byService(tree: SpanTree, path: WalkedPath): CriticalPath['byService'] {
  const lengths = new Map<string, number>();
  for (const { service, length } of attributeTime(tree, path))
    lengths.set(service, (lengths.get(service) ?? 0) + length);
  const share = (us: number) => (path.total === 0 ? 0 : Math.round((us / path.total) * 10_000) / 10_000);
  return [...lengths]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([service, us]) => ({ service, ms: ms(us), share: share(us) }));
}

interface Step {
  readonly at: number;
  readonly depth: number;
}

/** Depth first, siblings by start. */
function inOrder(tree: SpanTree, roots: readonly number[], isShown: Uint8Array): readonly Step[] {
  const ordered: Step[] = [];
  const waiting: Step[] = roots.toSorted((a, b) => b - a).map((at) => ({ at, depth: 0 }));
  for (let step = waiting.pop(); step !== undefined && ordered.length < MOST_STEPS; step = waiting.pop()) {
    ordered.push(step);
    const below = tree.children.subarray(tree.firstChild[step.at], tree.firstChild[step.at + 1]);
    for (const at of below.toReversed()) if (isShown[at] === 1) waiting.push({ at, depth: step.depth + 1 });
  }
  return ordered;
}

/** Background work: a worker responds to the request that starts it, and its work below that span goes on long after. */
function outlives(span: Span, parent: Span): boolean {
  return span.start >= endOf(parent) || endOf(span) - endOf(parent) > parent.duration;
}

function noteOf(span: Span, clean: Clean): string {
  const error = errorOf(span);
  const transition = readText(span, 'toStatus');
  const progress = span.name.startsWith('POST') ? null : readNumber(span, 'progressPercentage');
  const parts = [
    transition === null ? null : joined(' → ', readText(span, 'fromStatus') ?? '', transition).toLowerCase(),
    readText(span, 'operationError'),
    readText(span, 'cancellationReason'),
    readNumber(span, 'httpStatus') === null ? null : String(readNumber(span, 'httpStatus')),
    span.kind === 'client' ? readText(span, 'httpUrl') : null,
    error === null ? null : [error.type, error.message].filter((part) => part !== null && part !== '').join(': '),
    selectionNote(span),
    readNumber(span, 'rows') === null ? null : `${readNumber(span, 'rows')} rows`,
    progress === null ? null : percent(progress),
  ];
  const note = parts.filter((part) => part !== null && part !== '').join(' · ');
  // Cleaning is expensive, and only a text that is cut needs it here: whole notes are cleaned with the diagnosis.
  return note.length <= LONGEST_NOTE ? onOneLine(note) : shorten(clean(note), LONGEST_NOTE);
}

/** `success, 1 of 2 capable free, 3 in total`, as far as the span counts them. */
function selectionNote(span: Span): string | null {
  const [status, free, capable, total] = (
    ['selectionStatus', 'workersAvailable', 'workersCapable', 'workersTotal'] as const
  ).map((name) => readText(span, name));
  if (status == null) return null;
  return joined(
    ', ',
    status,
    free == null || capable == null ? null : `${free} of ${capable} capable free`,
    total == null ? null : `${total} in total`,
  );
}

function ms(us: number): number {
  return Math.round(us) / 1000;
}
