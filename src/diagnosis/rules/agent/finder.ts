/** What an agent's research run does. It exports no span while it waits, so only the worker list shows what it is waiting for. */
import type { WorkerRecord } from '../../case.ts';
import type { Facts } from '../../facts/index.ts';
import { capableOf } from '../../facts/workers.ts';
import type { Micros, Span } from '../../trace.ts';
import { carriersOf, readText } from '../../vocabulary/attributes.ts';

/** A quality gate that rejected the result, on the span of its phase. */
export interface RejectingGate {
  readonly span: Span;
  readonly name: string;
  readonly reason: string;
}

export interface WaitForWorker {
  readonly workerType: string;
  readonly since: Micros;
  /** The workers of that type, none of them available. */
  readonly workers: readonly WorkerRecord[];
}

/** The operation that the research run started last. */
export function childOperationOf(facts: Facts): string | null {
  const started = facts.operationSpans.registered.filter((id) => id !== facts.operationId).at(-1);
  const recorded = facts.case.otherOperations.find((other) => other.parentOperationId === facts.operationId);
  return started ?? recorded?.operationId ?? null;
}

export function rejectingGateOf(facts: Facts): RejectingGate | null {
  const span = carriersOf(facts.own, 'gatePassed').findLast(
    (candidate) => readText(candidate, 'gatePassed')?.toLowerCase() === 'false',
  );
  if (span === undefined) return null;
  const reason = readText(span, 'gateReason')?.replaceAll('_', ' ') ?? 'no reason given';
  return { span, name: readText(span, 'gateName') ?? 'quality', reason };
}

/** The coordinator itself may take this long to continue. */
const SHORTEST_WAIT = 15_000_000;

/** Null unless a running research run has no worker and the worker list shows that none of the required type is available. */
export function waitOf(facts: Facts): WaitForWorker | null {
  const { value, startedAt } = facts.status;
  const { all } = facts.workers;
  if (facts.type !== 'agent_research' || value !== 'running' || all === null || startedAt === null) return null;
  if (facts.case.now - startedAt < SHORTEST_WAIT || facts.dispatches.some(({ failed }) => !failed)) return null;
  const last = facts.selections.at(-1);
  const needed =
    last?.workerType != null && last.status !== 'success' ? [last.workerType] : ['training', 'backtesting'];
  const workerType = needed.find((type) => capableOf(all, type).every(({ status }) => status !== 'available'));
  return workerType === undefined ? null : { workerType, since: startedAt, workers: capableOf(all, workerType) };
}
