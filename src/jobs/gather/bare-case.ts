import type { Case, OperationAnswer, Subject } from '../../diagnosis/case.ts';
import type { Micros, Trace } from '../../diagnosis/trace.ts';

/** A case with only the operation's own traces and record, for facts that need nothing else. */
export function bareCase(
  subject: Subject,
  traces: readonly Trace[],
  operation: OperationAnswer | null,
  now: Micros,
): Case {
  return {
    subject,
    symptom: null,
    now,
    traces,
    neighbours: [],
    operation,
    operationLater: null,
    workers: null,
    otherOperations: [],
    window: null,
    baseline: [],
    services: null,
    sources: [],
  };
}
