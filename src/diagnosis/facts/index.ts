/** Derived once per case, shared by all rules: what happened, in ktrdr's words, whatever vocabulary the spans used. */

import type { Case, OperationRecord, OperationType } from '../case.ts';
import type { Micros, Span } from '../trace.ts';
import { readText } from '../vocabulary/attributes.ts';
import { isKtrdrs } from '../vocabulary/ktrdr-services.ts';
import { withoutObservations, withoutTransport } from '../vocabulary/noise.ts';
import { canonicalType } from '../vocabulary/operations.ts';
import { spansNamed } from '../vocabulary/span-names.ts';
import { typeOfOperationId } from '../vocabulary/subject.ts';
import { type Call, callsOf, type Dispatch, dispatchesOf } from './calls.ts';
import { type Errors, errorsOf } from './errors.ts';
import { type Parameters, parametersOf } from './parameters.ts';
import { lastActivityOf, type Phase, phasesOf } from './phases.ts';
import { type Progress, progressOf } from './progress.ts';
import { type Failure, failureOf } from './reported-error.ts';
import { isRegistration, type OperationSpans, operationNamedIn, operationSpansOf } from './scope.ts';
import { selectionsOf, type WorkerSelection } from './selection.ts';
import { requestsOf, type StartRequest } from './start.ts';
import { type Status, statusFact } from './status.ts';
import { type Transition, transitionsOf } from './transitions.ts';
import { buildTree, type SpanTree } from './tree.ts';
import { type Workers, workersOf } from './workers.ts';

/** `null` means that no witness says; an empty list means that they say there is none. */
export interface Facts {
  readonly case: Case;
  /** Asked for, or found in the asked trace. */
  readonly operationId: string | null;
  readonly type: OperationType | null;
  readonly tree: SpanTree;
  readonly scope: OperationSpans;
  /** The operation's spans, transport left out, in order of start. */
  readonly own: readonly Span[];
  /** Of them what is its own doing: no status polls, no health checks. */
  readonly doings: readonly Span[];
  readonly parameters: Parameters;
  /** The request that began it; of retries by the command line the last one. */
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
  /** End of the last span that is the operation's own doing. */
  readonly lastActivity: Micros | null;
}

export function factsOf(kase: Case): Facts {
  const tree = buildTree(kase.traces);
  const operationId = kase.subject.kind === 'operation' ? kase.subject.operationId : operationNamedIn(tree.spans);
  const scope = operationSpansOf(tree, operationId);
  const own = withoutTransport(scope.own);
  const doings = withoutObservations(own);
  const record = kase.operation?.kind === 'record' ? kase.operation.record : null;

  const requests = requestsOf(own);
  const start = requests.findLast((request) => !request.resume) ?? null;
  const errors = errorsOf(tree, own);
  const transitions = transitionsOf(own, operationId);
  const status = statusFact(kase, own, transitions, start, errors);
  const ktrdrs = isKtrdrs(tree.spans);
  const calls = callsOf(tree, own, ktrdrs);
  const selections = selectionsOf(own);
  const dispatches = dispatchesOf(tree, own, calls);
  const type =
    record?.operationType ??
    (operationId === null ? null : typeOfOperationId(operationId)) ??
    typeInSpans(own) ??
    start?.type ??
    null;
  const endedWell = status.value === 'completed' || status.value === 'cancelled';
  const assignedId = record?.workerId ?? selections.at(-1)?.selectedId ?? null;

  return {
    case: kase,
    operationId,
    type,
    tree,
    scope,
    own,
    doings,
    parameters: parametersOf(kase, own),
    start,
    resume: requests.findLast((request) => request.resume) ?? null,
    selections,
    calls,
    dispatches,
    transitions,
    phases: phasesOf(own),
    errors,
    status,
    failure: failureOf(kase, tree, transitions, errors, start, endedWell, !ktrdrs),
    progress: progressOf(kase, own, operationId),
    workers: workersOf(kase, tree, operationId, assignedId, calls, {
      endpoint: dispatches.at(-1)?.call?.endpoint ?? null,
      workerType: selections.at(-1)?.workerType ?? type,
    }),
    record,
    lastActivity: lastActivityOf(doings),
  };
}

function typeInSpans(own: readonly Span[]): OperationType | null {
  for (const span of spansNamed(own, isRegistration)) {
    const type = readText(span, 'operationType');
    if (type !== null) return canonicalType(type) ?? type.toLowerCase();
  }
  return null;
}
