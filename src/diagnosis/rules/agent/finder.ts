/** What an agent's research did and waits for; it leaves no span while it waits, so the worker list has to tell. */

import type { WorkerRecord } from '../../case.ts';
import type { Facts } from '../../facts/index.ts';
import { capableOf } from '../../facts/workers.ts';
import type { Micros, Span } from '../../trace.ts';
import { carriersOf, readText } from '../../vocabulary/attributes.ts';

/** A quality gate's verdict, on the span of its phase. */
export interface Gate {
  readonly span: Span;
  readonly name: string;
  readonly reason: string;
}

export interface Wait {
  readonly workerType: string;
  readonly since: Micros;
  /** Those of the type, none of them free. */
  readonly taken: readonly WorkerRecord[];
}

export function isAgents(facts: Facts): boolean {
  return facts.type?.startsWith('agent') === true;
}

/** The operation that the research started last. */
export function childOf(facts: Facts): string | null {
  const started = facts.operationSpans.registered.filter((id) => id !== facts.operationId).at(-1);
  const recorded = facts.case.otherOperations.find((other) => other.parentOperationId === facts.operationId);
  return started ?? recorded?.operationId ?? null;
}

export function rejectingGateOf(facts: Facts): Gate | null {
  const span = carriersOf(facts.own, 'gatePassed').findLast(
    (one) => readText(one, 'gatePassed')?.toLowerCase() === 'false',
  );
  if (span === undefined) return null;
  const reason = readText(span, 'gateReason')?.replaceAll('_', ' ') ?? 'no reason given';
  return { span, name: readText(span, 'gateName') ?? 'quality', reason };
}

/** Shorter waits are the coordinator's own pace. */
const PATIENCE = 15_000_000;

/** The worker that a running research lacks; null when it has one, or nothing tells. */
export function waitOf(facts: Facts): Wait | null {
  const { value, startedAt } = facts.status;
  const { all } = facts.workers;
  if (facts.type !== 'agent_research' || value !== 'running' || all === null || startedAt === null) return null;
  if (facts.case.now - startedAt < PATIENCE || facts.dispatches.some(({ failed }) => !failed)) return null;
  const last = facts.selections.at(-1);
  const needed =
    last?.workerType != null && last.status !== 'success' ? [last.workerType] : ['training', 'backtesting'];
  const lacking = needed.find((type) => capableOf(all, type).every(({ status }) => status !== 'available'));
  return lacking === undefined ? null : { workerType: lacking, since: startedAt, taken: capableOf(all, lacking) };
}
