import { bounded } from '../clean.ts';
import { endOf, type Span } from '../trace.ts';
import { carriersOf, readNumber, readText } from '../vocabulary/attributes.ts';
import { type ConnectionFailure, connectionFailureOf } from '../vocabulary/messages.ts';
import { isObservation } from '../vocabulary/noise.ts';
import { spansNamed } from '../vocabulary/span-names.ts';
import { type Endpoint, endpointOf, isWorkerStart } from './endpoints.ts';
import { errorOf, type SpanError } from './errors.ts';
import type { SpanTree } from './tree.ts';

/** One request that a ktrdr process sent. */
export interface Call {
  readonly span: Span;
  readonly method: string;
  readonly endpoint: Endpoint;
  /** Null when there was no response. */
  readonly httpStatus: number | null;
  readonly error: SpanError | null;
  readonly failure: CallFailure | null;
  /** Spans of the callee below this call. */
  readonly answered: boolean;
  readonly observation: boolean;
}

/** `bad-gateway`: 502–504, which a proxy returns if nothing responds behind it, and a service if it has no worker. */
export type CallFailure = ConnectionFailure | 'bad-answer' | 'bad-gateway';

/** A request to a worker to start or resume an operation; documented traces wrap it in `operation.dispatch`. */
export interface Dispatch {
  readonly call: Call | null;
  /** The wrapping span where there is one, else the call's. */
  readonly span: Span;
  readonly failed: boolean;
}

const BARE_METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** If `ktrdrs` is false, the spans are from another system, and its ports and paths don't identify ktrdr's services. */
export function callsOf(tree: SpanTree, spans: readonly Span[], ktrdrs = true): readonly Call[] {
  const calls: Call[] = [];
  for (const span of carriersOf(spans, 'httpUrl')) {
    const url = span.kind === 'client' || BARE_METHODS.has(span.name) ? readText(span, 'httpUrl') : null;
    const address = url === null ? null : endpointOf(url);
    if (address === null) continue;
    const endpoint: Endpoint = ktrdrs ? address : { ...address, role: 'other' };
    const error = errorOf(span);
    calls.push({
      span,
      method: readText(span, 'httpMethod') ?? span.name,
      endpoint,
      httpStatus: readNumber(span, 'httpStatus'),
      error,
      failure: error === null ? null : callFailureOf(error),
      answered: tree.childrenOf(span).some((child) => child.service !== span.service || child.kind === 'server'),
      observation: isObservation(span),
    });
  }
  return calls;
}

export function dispatchesOf(tree: SpanTree, spans: readonly Span[], calls: readonly Call[]): readonly Dispatch[] {
  const dispatches: Dispatch[] = [];
  const wrapped = new Set<Call>();
  for (const span of spansNamed(spans, ({ name }) => name === 'operation.dispatch')) {
    const call = calls.find((candidate) => tree.parentOf(candidate.span) === span) ?? null;
    if (call !== null) wrapped.add(call);
    const status = readText(span, 'dispatchStatus')?.toLowerCase();
    dispatches.push({ call, span, failed: status === 'failed' || span.status.code === 'error' });
  }
  for (const call of calls) {
    if (wrapped.has(call) || call.method !== 'POST' || call.endpoint.role === 'other' || !isWorkerStart(call.endpoint))
      continue;
    dispatches.push({ call, span: call.span, failed: call.error !== null });
  }
  return dispatches.sort((a, b) => a.span.start - b.span.start);
}

/** Why a request got no good response; null for an error of another kind. */
export function callFailureOf({ type, message, httpStatus, span }: SpanError): CallFailure | null {
  const failure = connectionFailureOf(type, message) ?? connectionFailureOf(null, bounded(span.status.message ?? ''));
  if (failure !== null) return failure;
  if (httpStatus === null || httpStatus < 400) return null;
  return httpStatus >= 502 && httpStatus <= 504 ? 'bad-gateway' : 'bad-answer';
}

/** Work of the callee that started after the call had ended: the request was abandoned but ran anyway. */
export function lateChildOf(tree: SpanTree, call: Call): Span | null {
  return tree.childrenOf(call.span).find((child) => child.start > endOf(call.span)) ?? null;
}
