import type { WorkerRecord } from '../case.ts';
import { absence, attribute, complaint, worker } from '../evidence.ts';
import { explainedBy } from '../facts/failure.ts';
import type { Facts } from '../facts/index.ts';
import { capableOf, endOfOther } from '../facts/workers.ts';
import type { Evidence } from '../finding.ts';
import { advice, workerName } from '../fixes/table.ts';
import { clear, defineRule, match, type RuleContext, type RuleResult } from '../rule.ts';
import type { Micros } from '../trace.ts';
import { clock, plural } from '../words.ts';

/** The registry was asked for a worker and had none; its counts, or the worker list, say which of several reasons applies. */
export const rule = defineRule({
  id: 'workers-unavailable',
  title: 'No worker could take the operation',
  symptom: 'The start is refused with “no workers available” (503), or the operation never gets a worker.',
  proof: 'The counts on the worker selection span; for a training, which has no such span, the worker list of the ktrdr API.',
  scenario: 'no-workers',
  severity: 'blocking',
  variants: {
    'none-registered': 'No worker at all is registered with the backend.',
    'none-capable': 'Workers are registered, but none of the type that the operation needs.',
    'all-busy': 'Every worker of the type is busy with another operation.',
    'stale-busy': 'The worker is marked busy although its operation has ended; the mark is cleared by the next health check, every 10 s.',
    'all-unhealthy': 'Every worker of the type fails its health checks.',
    unspecified: 'There was no worker, and nothing at hand says which of the reasons applies.',
  },
  supersedes: ['unhandled-exception', 'failed-without-trace', 'invalid-input/parameters', 'worker-selection-missing'],

  check(facts, context) {
    const selection = facts.selections.at(-1);
    const refusal = explainedBy(facts.failure, [['refused', /WorkerUnavailable|No \w+ workers? available|All workers (?:are )?busy|Could not select unique worker/i]]);
    const selectedNone = selection !== undefined && selection.status !== 'success' && (selection.status !== 'unknown' || selection.available === 0);
    if (!selectedNone && refusal === null) return clear;

    const type = selection?.workerType ?? /No (\w+) workers?/i.exec(refusal?.complaint.text ?? '')?.[1]?.toLowerCase() ?? facts.type ?? 'training';
    const at = selection?.span.start ?? facts.start?.span.start ?? refusal?.complaint.at ?? null;
    if (selectedNone && selection.total !== null) {
      const { span, total } = selection;
      const capable = selection.status === 'none-capable' ? 0 : (selection.capable ?? 0);
      const counted = [attribute(span, 'workersTotal'), attribute(span, 'workersCapable'), attribute(span, 'workersAvailable')] as const;
      if (total === 0) return noneRegistered(type, counted, 'certain', facts, context);
      if (capable === 0) return noneCapable(type, total, counted, 'certain', facts, context);
      return allTaken(type, capable, counted, at, facts, context);
    }

    const evidence: [Evidence, ...Evidence[]] = refusal === null ? [absence('the selection found no worker and carries no counts')] : [complaint(refusal.complaint)];
    const list = facts.workers.all;
    if (list === null || at === null || context.now - at > LIST_IS_CURRENT) return unspecified(type, evidence, list !== null, context);
    const capable = capableOf(list, type);
    if (list.length === 0) return noneRegistered(type, [...evidence, worker('the worker list is empty')], 'likely', facts, context);
    if (capable.length === 0) return noneCapable(type, list.length, evidence, 'likely', facts, context);
    if (capable.some((one) => one.status === 'available')) return unspecified(type, [...evidence, ...capable.map(describe)], true, context);
    return allTaken(type, capable.length, evidence, at, facts, context);
  },
});

/** A list read longer after the refusal tells of another moment. */
const LIST_IS_CURRENT = 120_000_000;

type Proof = readonly [Evidence, ...Evidence[]];

function noneRegistered(type: string, evidence: Proof, confidence: 'certain' | 'likely', facts: Facts, { fix }: RuleContext): RuleResult {
  return match({
    variant: 'none-registered',
    confidence,
    headline: `No worker is registered: nothing can run this ${noun(type)}.`,
    explanation: 'The backend knew no worker of any type when it was asked for one. Workers register themselves when they start and again every 30 s, so they are not running or cannot reach the backend.',
    culprit: facts.selections.at(-1)?.span ?? facts.start?.span ?? null,
    evidence: withList(evidence, facts),
    fixes: [fix.listWorkers(), fix.startWorkers(type, 'all'), fix.workerLogs(null, type), advice(`Then start the ${noun(type)} again: the refused one left nothing behind.`)],
  });
}

function noneCapable(type: string, total: number, evidence: Proof, confidence: 'certain' | 'likely', facts: Facts, { fix }: RuleContext): RuleResult {
  const others = [...new Set((facts.workers.all ?? []).map((one) => workerName(one.workerType)))].join(', ');
  const who = others === '' ? `none of the ${plural(total, 'registered worker')} is a ${workerName(type)} worker` : `${plural(total, 'registered worker')}: ${others}`;
  return match({
    variant: 'none-capable',
    confidence,
    headline: `No worker can run a ${noun(type)}: ${who}.`,
    explanation: `A ${noun(type)} needs a ${workerName(type)} worker${type === 'training' ? ', with or without a GPU' : ''}. Workers of other types cannot take it.`,
    culprit: facts.selections.at(-1)?.span ?? facts.start?.span ?? null,
    evidence: withList(evidence, facts),
    fixes: [fix.listWorkers(), fix.startWorkers(type), advice(`Then start the ${noun(type)} again.`)],
  });
}

function allTaken(type: string, capable: number, evidence: Proof, at: Micros | null, facts: Facts, context: RuleContext): RuleResult {
  const { fix } = context;
  const list = facts.workers.all === null ? null : capableOf(facts.workers.all, type);
  const near = at !== null && context.now - at <= LIST_IS_CURRENT;
  const culprit = facts.selections.at(-1)?.span ?? facts.start?.span ?? null;

  if (near && list !== null && list.length > 0 && list.every((one) => one.status === 'temporarily_unavailable')) {
    return match({
      variant: 'all-unhealthy',
      confidence: 'likely',
      headline: `All ${workerName(type)} workers fail their health checks, so none was given the ${noun(type)}.`,
      explanation: `The registry still lists ${plural(list.length, 'worker')} of that type, but marks every one as temporarily unavailable: stopped, hung, or not reachable at the address they gave.`,
      culprit,
      evidence: [...evidence, ...list.map(describe)],
      fixes: [fix.workerLogs(null, type), fix.listWorkers(), fix.restartWorker(null, type)],
    });
  }
  const stale = near ? (list ?? []).find((one) => isStale(one, at, facts)) : undefined;
  if (stale !== undefined) {
    return match({
      variant: 'stale-busy',
      confidence: 'likely',
      headline: `The ${workerName(type)} worker was idle but still marked busy: start the ${noun(type)} again.`,
      explanation: 'The registry marks a worker busy when it hands out an operation and clears the mark only at the next health check, every 10 s. Its last operation had already ended.',
      culprit,
      evidence: [...evidence, describe(stale)],
      fixes: [fix.listWorkers(), advice(`Wait ten seconds, then start the ${noun(type)} again.`)],
    });
  }
  const holders = near ? (list ?? []).flatMap((one) => (one.currentOperationId === null ? [] : [one.currentOperationId])) : [];
  const withWhat = holders.length === 0 ? '' : ` with ${holders.join(', ')}`;
  return match({
    variant: 'all-busy',
    confidence: facts.selections.length > 0 ? 'certain' : 'likely',
    headline: `${capable === 1 ? `The only ${workerName(type)} worker is` : `All ${capable} ${workerName(type)} workers are`} busy${withWhat}.`,
    explanation: `A worker runs one operation at a time, and ktrdr refuses a ${noun(type)} instead of queueing it. A worker whose operation has just ended stays marked busy for up to 10 s.`,
    culprit,
    evidence: near && list !== null ? [...evidence, ...list.map(describe)] : evidence,
    fixes: [
      fix.activeOperations(),
      advice(holders[0] === undefined ? 'Wait for a running operation to end, then start again.' : `Wait for ${holders[0]} to end, then start again.`),
      fix.addWorker(type, capable),
    ],
  });
}

function unspecified(type: string, evidence: Proof, listKnown: boolean, { fix }: RuleContext): RuleResult {
  return match({
    variant: 'unspecified',
    confidence: 'likely',
    headline: `The ${noun(type)} was refused because no ${workerName(type)} worker was free; which of three reasons applies cannot be told.`,
    explanation: `None registered, none of that type, or all busy: the trace does not count them${listKnown ? ', and the worker list of now does not tell of that moment' : ', and the worker list of the ktrdr API is not at hand'}. The command below tells them apart.`,
    culprit: null,
    evidence,
    fixes: [fix.listWorkers(), advice('An empty list: start the workers. None of the type: start one of it. All busy: wait, or start one more.')],
  });
}

/** Busy with an operation that had ended before the refusal, or busy with none. */
function isStale(one: WorkerRecord, at: Micros | null, facts: Facts): boolean {
  if (one.status !== 'busy') return false;
  if (one.currentOperationId === null) return true;
  const end = endOfOther(facts.case, one.currentOperationId);
  return end?.at != null && at !== null && end.at <= at;
}

function withList(evidence: Proof, facts: Facts): Proof {
  const list = facts.workers.all;
  if (list === null || list.length === 0) return evidence;
  return [...evidence, ...list.slice(0, 6).map(describe)];
}

function describe(one: WorkerRecord): Evidence {
  const doing = one.currentOperationId === null ? '' : `, with ${one.currentOperationId}`;
  const health = one.lastHealthyAt === null ? '' : `, last healthy ${clock(one.lastHealthyAt)}`;
  return worker(`worker list: ${one.workerId} (${one.workerType}) is ${one.status.replaceAll('_', ' ')}${doing}${health}`);
}

function noun(type: string): string {
  return type === 'backtesting' ? 'backtest' : type === 'training' ? 'training' : `${workerName(type)} task`;
}
