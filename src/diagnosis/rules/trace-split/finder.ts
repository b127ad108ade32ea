/** Where the trace of one start breaks into several traces. */
import type { Call } from '../../facts/calls.ts';
import { endpointOf } from '../../facts/endpoints.ts';
import type { Facts } from '../../facts/index.ts';
import { isStartCommand, isWorkersRequest } from '../../facts/start.ts';
import { endOf, type Span } from '../../trace.ts';
import { carriersOf, readText } from '../../vocabulary/attributes.ts';

export interface TraceSplit {
  readonly at: 'cli-backend' | 'backend-worker' | 'backend-host' | 'unknown';
  /** Null when no trace has the request that the callee handled. */
  readonly caller: Span | null;
  /** Starts a new trace. */
  readonly callee: Span;
  /** True when both belong to the operation; false when only their times and routes connect them. */
  readonly isOfOneOperation: boolean;
}

export function traceSplitOf(facts: Facts): TraceSplit | null {
  return (
    afterCommand(facts) ?? beforeWorker(facts) ?? beforeHost(facts) ?? somewhere(facts) ?? requestWithoutParent(facts)
  );
}

function afterCommand({ tree, start }: Facts): TraceSplit | null {
  if (start === null || start.span.parentId !== null) return null;
  const { traceId } = start.span;
  const command = tree.roots.find((root) => isStartCommand(root) && root.parentId === null && root.traceId !== traceId);
  // A proxy between the two may have a span. Only a span from the backend shows that the context arrived.
  if (command === undefined || tree.subtreeOf(command).some(({ service }) => service === start.span.service))
    return null;
  return { at: 'cli-backend', caller: command, callee: start.span, isOfOneOperation: true };
}

function beforeWorker(facts: Facts): TraceSplit | null {
  const call = facts.dispatches.at(-1)?.call ?? null;
  if (call === null || call.error !== null || facts.tree.subtreeOf(call.span).some(isWorkerSpan)) return null;
  const callee = separateWorkerRoot(facts, call.span.traceId);
  return callee === null ? null : { at: 'backend-worker', caller: call.span, callee, isOfOneOperation: true };
}

/** The worker's spans are in a separate trace, and no delivered call shows where the context was lost. */
function somewhere(facts: Facts): TraceSplit | null {
  if (facts.start === null || facts.dispatches.length > 0) return null;
  const callee = separateWorkerRoot(facts, facts.start.span.traceId);
  return callee === null ? null : { at: 'unknown', caller: facts.start.span, callee, isOfOneOperation: true };
}

/** Only the backend starts work on a worker, so such a request has a parent. If its trace names no operation, it wasn't found by the operation's ID. */
function requestWithoutParent({ tree, case: { traces, neighbours } }: Facts): TraceSplit | null {
  const callee = tree.roots.find((root) => root.parentId === null && root.kind === 'server' && isWorkersRequest(root));
  if (callee === undefined) return null;
  const path = callee.name.replace('POST ', '');
  const [caller = null, second] = [...traces, ...neighbours].flatMap(({ spans }) => {
    const calls = carriersOf(spans, 'httpUrl').filter((span) => isCallAround(callee, span, path));
    return calls.filter(({ spanId }) => !spans.some(({ parentId }) => parentId === spanId));
  });
  return caller === null || second !== undefined
    ? { at: 'unknown', caller: null, callee, isOfOneOperation: false }
    : { at: 'backend-worker', caller, callee, isOfOneOperation: false };
}

function isCallAround(callee: Span, call: Span, path: string): boolean {
  return (
    call.kind === 'client' &&
    call.status.code !== 'error' &&
    call.start <= callee.start &&
    callee.start <= endOf(call) &&
    endpointOf(readText(call, 'httpUrl') ?? '')?.path === path
  );
}

function separateWorkerRoot({ tree }: Facts, traceId: string): Span | null {
  return tree.roots.find((root) => root.parentId === null && root.traceId !== traceId && isWorkerSpan(root)) ?? null;
}

function isWorkerSpan(span: Span): boolean {
  return isWorkersRequest(span) || /^worker\.(?:training|backtest)/.test(span.name);
}

function beforeHost({ calls, case: { traces, neighbours } }: Facts): TraceSplit | null {
  const roots = [...traces, ...neighbours].flatMap(({ spans }) => spans.filter(({ parentId }) => parentId === null));
  for (const call of calls) {
    const isToHost = call.endpoint.role === 'ib-host' || call.endpoint.role === 'training-host';
    if (!isToHost || call.error !== null || call.answered) continue;
    const callee = roots.find((root) => isHandling(root, call));
    if (callee !== undefined) return { at: 'backend-host', caller: call.span, callee, isOfOneOperation: true };
  }
  return null;
}

/** The same request, or its work, on a host service while the caller waited. Connections to the IB Gateway are always roots and don't count. */
function isHandling(root: Span, { span, endpoint }: Call): boolean {
  if (root.service === span.service || root.start < span.start || root.start > endOf(span)) return false;
  const isRequest =
    root.kind === 'server' && root.name.startsWith('POST ') && endpoint.path.endsWith(root.name.slice(5));
  return isRequest || root.name === 'ib.fetch_historical' || root.name === 'training_host.gpu_training';
}
