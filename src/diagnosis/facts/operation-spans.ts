import type { Span } from '../trace.ts';
import { carriersOf, readText } from '../vocabulary/attributes.ts';
import { REGISTRATION_SPAN, TRANSITION_SPAN } from '../vocabulary/operations.ts';
import type { SpanTree } from './tree.ts';

/**
 * An agent's trace contains the training runs and backtests that it started, so one trace may belong to several operations.
 *
 *   POST /api/v1/agent/trigger            research
 *     agent.coordinator                   research
 *       POST → POST /training/start       training   ← the request that leads to the training's own register span
 *         operation.register              training
 */
export interface OperationSpans {
  /** IDs registered in these traces, in order of registration. */
  readonly registered: readonly string[];
  /** The spans of the requested operation; all spans when the traces show only one. */
  readonly own: readonly Span[];
}

/** The backend registers an operation, or the worker that took it. */
export function isRegistration({ name }: Pick<Span, 'name'>): boolean {
  return name === REGISTRATION_SPAN;
}

const START_SERVER = /^POST .*\/(?:start|resume|trigger|download)$/;

export function operationSpansOf(tree: SpanTree, operationId: string | null): OperationSpans {
  const registrations = carriersOf(tree.spans, 'operationId').filter(
    (span) => isRegistration(span) && readText(span, 'operationId') !== null,
  );
  const registered = [...new Set(registrations.map((span) => readText(span, 'operationId') ?? ''))];
  if (registered.length < 2 || operationId === null) return { registered, own: tree.spans };

  const below = new Map<Span, Set<string>>();
  for (const span of registrations)
    for (const ancestor of tree.ancestorsOf(span))
      below.set(ancestor, (below.get(ancestor) ?? new Set()).add(readText(span, 'operationId') ?? ''));
  const entry = new Map<Span, string>();
  for (const span of registrations) {
    const above = [span, ...tree.ancestorsOf(span)];
    const requests = above.filter((ancestor) => START_SERVER.test(ancestor.name));
    // The backend's request, too, if it led to no other operation.
    const own = requests.findLast((request) => below.get(request)?.size === 1) ?? requests[0];
    const first = own ?? above.at(-1) ?? span;
    entry.set(first, readText(span, 'operationId') ?? '');
  }
  const owner = new Map<Span, string | null>();
  const own: Span[] = [];
  for (const root of tree.roots) {
    for (const span of tree.subtreeOf(root)) {
      const parent = tree.parentOf(span);
      const named = span.name === TRANSITION_SPAN ? readText(span, 'operationId') : null;
      const owned = entry.get(span) ?? named ?? (parent === null ? null : (owner.get(parent) ?? null));
      owner.set(span, owned);
      // A separate trace (cancel, orphan check) names the operation further down or not at all; it was found by this ID.
      if (owned === operationId || owned === null) own.push(span);
    }
  }
  return { registered, own: own.sort((a, b) => a.start - b.start) };
}

/** The operation of a trace when only the trace was requested: the one registered first, else the one named first. */
export function operationNamedIn(spans: readonly Span[]): string | null {
  let named: string | null = null;
  for (const span of carriersOf(spans, 'operationId')) {
    const id = readText(span, 'operationId');
    if (id === null) continue;
    if (isRegistration(span)) return id;
    named ??= id;
  }
  return named;
}
