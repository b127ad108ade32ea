/** What is known about one operation, derived once per case from either vocabulary of the spans and shared by all rules. */

import type { Case, OperationRecord } from '../case.ts';
import type { Micros, Span } from '../trace.ts';
import { readText } from '../vocabulary/attributes.ts';
import { withoutObservations, withoutTransport } from '../vocabulary/noise.ts';
import { canonicalType, isKtrdrs } from '../vocabulary/operations.ts';
import { spansNamed } from '../vocabulary/span-names.ts';
import { typeOfOperationId } from '../vocabulary/subject.ts';
import { type Call, callsOf, type Dispatch, dispatchesOf } from './calls.ts';
import { byOneClock, type ClockOffset } from './clocks.ts';
import { type Errors, errorsOf } from './errors.ts';
import { isRegistration, type OperationSpans, operationNamedIn, operationSpansOf } from './operation-spans.ts';
import { lastActivityOf, type Phase, phasesOf } from './phases.ts';
import { latestAnswerOf, type Progress, progressOf } from './progress.ts';
import { type Failure, failureOf } from './reported-error.ts';
import { type Parameters, parametersOf, requestsOf, type StartRequest } from './start.ts';
import { type Status, statusFrom } from './status.ts';
import { resumedAtIn, type Transition, transitionsOf } from './transitions.ts';
import { buildTree, type SpanTree } from './tree.ts';
import { selectionsOf, type WorkerSelection, type Workers, workersOf } from './workers.ts';

/** Null means that no source has it; an empty list means that the sources say there is none. */
export interface Facts {
  /** As given, except for the times of its spans, which are all by one clock. */
  readonly case: Case;
  readonly clocks: readonly ClockOffset[];
  /** Requested, or found in the requested trace. */
  readonly operationId: string | null;
  /** One of ktrdr's operation types, or another as a record or a span has it. */
  readonly type: string | null;
  readonly tree: SpanTree;
  readonly operationSpans: OperationSpans;
  /** The operation's spans without those of the transport, by start. */
  readonly own: readonly Span[];
  /** Own spans without status polls and health checks. */
  readonly activity: readonly Span[];
  readonly parameters: Parameters;
  /** The request that started it; when the command line retried, the last one. */
  readonly start: StartRequest | null;
  /** The last request to resume it. */
  readonly resume: StartRequest | null;
  readonly selections: readonly WorkerSelection[];
  readonly calls: readonly Call[];
  readonly dispatches: readonly Dispatch[];
  readonly transitions: readonly Transition[];
  readonly phases: readonly Phase[];
  readonly errors: Errors;
  readonly status: Status;
  readonly failure: Failure;
  readonly progress: Progress | null;
  readonly workers: Workers;
  readonly record: OperationRecord | null;
  /** End of the last span of its activity. */
  readonly lastActivity: Micros | null;
}

export function factsOf(given: Case): Facts {
  const { input, clocks } = byOneClock(given);
  const { subject } = input;
  const tree = buildTree(input.traces);
  const operationId = subject.kind === 'operation' ? subject.operationId : operationNamedIn(tree.spans);
  const operationSpans = operationSpansOf(tree, operationId);
  const own = withoutTransport(operationSpans.own);
  const activity = withoutObservations(own);
  const latest = latestAnswerOf(input);
  const record = latest?.kind === 'record' ? latest.record : null;
  const requests = requestsOf(own);
  const start = requests.findLast((request) => !request.resume) ?? null;
  const foreign = !isKtrdrs(tree.spans);
  const calls = callsOf(tree, own, !foreign);
  const transitions = transitionsOf(own, operationId);
  const read = {
    case: input,
    clocks,
    operationId,
    type: record?.operationType ?? typeOf(operationId, own) ?? start?.type ?? null,
    tree,
    operationSpans,
    own,
    activity,
    record,
    parameters: parametersOf(own, record),
    start,
    resume: requests.findLast((request) => request.resume) ?? null,
    selections: selectionsOf(own),
    calls,
    dispatches: dispatchesOf(tree, own, calls),
    transitions,
    phases: phasesOf(own),
    errors: errorsOf(tree, own),
    progress: progressOf(input, own, { operationId, resumedAt: resumedAtIn(transitions) }),
    lastActivity: lastActivityOf(activity),
  };
  const status = statusFrom(read);
  return { ...read, status, failure: failureOf({ ...read, status }, foreign), workers: workersOf(read) };
}

function typeOf(operationId: string | null, own: readonly Span[]): string | null {
  const typeInId = operationId === null ? null : typeOfOperationId(operationId);
  if (typeInId !== null) return typeInId;
  for (const span of spansNamed(own, isRegistration)) {
    const type = readText(span, 'operationType');
    if (type !== null) return canonicalType(type) ?? type.toLowerCase();
  }
  return null;
}
