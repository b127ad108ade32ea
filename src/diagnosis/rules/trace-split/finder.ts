/** Where one operation's start falls apart into several traces. */

import type { Call } from '../../facts/calls.ts';
import type { Facts } from '../../facts/index.ts';
import { isStartCommand, isWorkersRequest } from '../../facts/start.ts';
import { endOf, type Span } from '../../trace.ts';

export interface Split {
  readonly at: 'cli-backend' | 'backend-worker' | 'backend-host' | 'unknown';
  readonly caller: Span;
  /** Begins a trace of its own. */
  readonly callee: Span;
}

export function splitOf(facts: Facts): Split | null {
  return afterCommand(facts) ?? beforeWorker(facts) ?? beforeHost(facts) ?? somewhere(facts);
}

function afterCommand({ tree, start }: Facts): Split | null {
  if (start === null || start.span.parentId !== null) return null;
  const { traceId } = start.span;
  const command = tree.roots.find((root) => isStartCommand(root) && root.parentId === null && root.traceId !== traceId);
  // A proxy between the two may have a span of its own; only the backend's shows that the context arrived.
  if (command === undefined || tree.subtreeOf(command).some(({ service }) => service === start.span.service))
    return null;
  return { at: 'cli-backend', caller: command, callee: start.span };
}

function beforeWorker(facts: Facts): Split | null {
  const call = facts.dispatches.at(-1)?.call ?? null;
  if (call === null || call.error !== null) return null;
  if (facts.tree.subtreeOf(call.span).some((span) => isWorkersRequest(span) || isWorkersSpan(span))) return null;
  const worker = workerApart(facts, call.span.traceId);
  return worker === null ? null : { at: 'backend-worker', caller: call.span, callee: worker };
}

/** The worker's part begins apart from the start, and no call between them was delivered that could show where. */
function somewhere(facts: Facts): Split | null {
  if (facts.start === null || facts.dispatches.length > 0) return null;
  const worker = workerApart(facts, facts.start.span.traceId);
  return worker === null ? null : { at: 'unknown', caller: facts.start.span, callee: worker };
}

function workerApart({ tree }: Facts, traceId: string): Span | null {
  const isApart = (root: Span) => root.parentId === null && root.traceId !== traceId;
  return tree.roots.find((root) => isApart(root) && (isWorkersRequest(root) || isWorkersSpan(root))) ?? null;
}

function beforeHost({ calls, case: kase }: Facts): Split | null {
  const unanswered = calls.filter(
    ({ endpoint, error, answered }) => isHost(endpoint.role) && error === null && !answered,
  );
  const roots = [...kase.traces, ...kase.neighbours].flatMap((trace) =>
    trace.spans.filter(({ parentId }) => parentId === null),
  );
  for (const call of unanswered) {
    const callee = roots.find((root) => isAnswerTo(call, root));
    if (callee !== undefined) return { at: 'backend-host', caller: call.span, callee };
  }
  return null;
}

/** The same request, or the same fetch, on a host service while the caller waited. Connections to the IB Gateway are always roots. */
function isAnswerTo({ span, endpoint }: Call, root: Span): boolean {
  if (root.service === span.service || root.start < span.start || root.start > endOf(span)) return false;
  const isRequest =
    root.kind === 'server' && root.name.startsWith('POST ') && endpoint.path.endsWith(root.name.slice(5));
  return isRequest || root.name === 'ib.fetch_historical' || root.name === 'training_host.gpu_training';
}

function isHost(role: Call['endpoint']['role']): boolean {
  return role === 'ib-host' || role === 'training-host';
}

function isWorkersSpan({ name }: Span): boolean {
  return /^worker\.(?:training|backtest)/.test(name);
}
