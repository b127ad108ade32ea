import { plural } from '../../../language/plurals.ts';
import { locationOf } from '../../facts/workers.ts';
import { type FixTable, readAs } from '../../fixes/table.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { operationNoun, workerName } from '../../words.ts';
import type { NoWorkerReason, NoWorkerVariant } from './finder.ts';

type TextOf = (reason: NoWorkerReason, context: RuleContext) => RuleText;

export const NO_WORKER_TEXTS: Readonly<Record<NoWorkerVariant, TextOf>> = {
  'none-registered': (reason, context) => {
    const { workerType, list, capableNow } = reason;
    const { fix } = context;
    if (capableNow.length > 0) return registeredSince('No worker', reason, context);
    const noun = operationNoun(workerType);
    const name = workerName(workerType);
    return {
      headline:
        list === null || list.length === 0
          ? `No worker is registered: nothing can run this ${noun}.`
          : `No worker was registered when this ${noun} was started, and there is still no ${name} worker.`,
      explanation:
        'The backend had no worker of any type. Workers register on startup and again every 30 s, so they aren’t running or can’t reach the backend.',
      fixes: [
        readAs(
          fix.listWorkers(),
          `If no ${name} worker is listed, start one. If one is, it has registered since: start the ${noun} again.`,
        ),
        fix.workerStates(workerType),
        fix.startWorkers(workerType, 'all'),
        again(workerType),
      ],
    };
  },
  'none-capable': (reason, context) => {
    const { workerType, list, total, capableNow } = reason;
    const { fix } = context;
    const noun = operationNoun(workerType);
    const name = workerName(workerType);
    if (capableNow.length > 0) return registeredSince(`No ${name} worker`, reason, context);
    return {
      headline: `No ${name} worker is registered${othersIn(list, total)}.`,
      explanation: `A ${noun} needs a ${name} worker${workerType === 'training' ? ', with or without a GPU' : ''}. Workers of other types can’t run it.`,
      fixes: [
        readAs(fix.listWorkers(), `If no ${name} worker is listed, start one.`),
        fix.startWorkers(workerType),
        again(workerType),
      ],
    };
  },
  'all-busy': (reason, { fix }) => {
    const { workerType, capable, capableCount, zombie } = reason;
    const noun = operationNoun(workerType);
    const operations = capable.flatMap((one) => one.currentOperationId ?? []);
    const another = fix.addWorker(workerType, capableCount ?? capable.length);
    const canAdd = another.kind === 'command' && another.effect === 'changes';
    const isFreeNow = hasFree(reason);
    if (zombie !== null)
      return {
        headline: `${busyWorkers(reason, isFreeNow)} with ${operations.join(', ')}, although it has ended.`,
        explanation: `A thread of the ended run still holds ${zombie.workerId}. The worker rejects every ${noun} until its process is killed.`,
        fixes: [
          readAs(fix.listWorkers(), `If ${zombie.workerId} is still busy, restart it.`),
          fix.restartWorker(locationOf(zombie)),
          again(workerType),
        ],
      };
    const explanation = `A worker runs one operation at a time, and ktrdr rejects a ${noun} instead of queueing it. A worker stays marked busy for up to 10 s after its operation ends.`;
    if (isFreeNow)
      return {
        headline: `${busyWorkers(reason, true)}; one is free now.`,
        explanation,
        fixes: retry(reason, fix),
      };
    return {
      headline: `${busyWorkers(reason, false)}${operations.length === 0 ? '' : ` with ${operations.join(', ')}`}.`,
      explanation,
      fixes: [
        readAs(
          fix.listWorkers(),
          `If one is available, start the ${noun} again. If all are busy, wait or start another.`,
        ),
        fix.activeOperations(),
        `${canAdd ? 'Or wait' : 'Wait'} for ${operations[0] ?? 'a running operation'} to end, then start the ${noun} again.`,
        another,
      ],
    };
  },
  'stale-busy': ({ workerType, capable }, { fix }) => ({
    headline: `The ${workerName(workerType)} worker was idle but still marked busy: start the ${operationNoun(workerType)} again.`,
    explanation: `The registry marks a worker busy when it assigns an operation, and clears the mark only at the next health check (every 10 s). ${capable.some((one) => one.status === 'busy' && one.currentOperationId === null) ? 'It had no operation.' : 'Its last operation had already ended.'}`,
    fixes: [
      readAs(fix.listWorkers(), 'Available: the mark is cleared. Busy: it’s running another operation.'),
      `Wait 10 seconds, then start the ${operationNoun(workerType)} again.`,
    ],
  }),
  'all-unhealthy': ({ workerType, capable }, { fix }) => ({
    headline: `All ${workerName(workerType)} workers are failing their health checks, so none was selected for the ${operationNoun(workerType)}.`,
    explanation: `The registry still lists ${plural(capable.length, 'worker')} of that type, all marked temporarily unavailable: stopped, hung, or unreachable at their registered addresses.`,
    fixes: [
      readAs(
        fix.workerStates(workerType),
        'Start any worker that has exited. If one is up, it’s hung or the backend can’t reach it: read its log.',
      ),
      fix.listWorkers(),
      ...capable.map((one) => fix.workerLogs(locationOf(one))),
      ...capable.map((one) => fix.restartWorker(locationOf(one))),
      again(workerType),
    ],
  }),
  unspecified: (reason, { fix }) => {
    const { workerType, list } = reason;
    const noun = operationNoun(workerType);
    const name = workerName(workerType);
    const rejected = `The ${noun} was rejected because no ${name} worker was free`;
    const explanation = `No worker registered, none of that type, or all busy: the trace has no worker counts, and the worker list ${list === null ? 'for that time is unavailable' : 'is from a later time'}.`;
    if (hasFree(reason)) return { headline: `${rejected}; one is free now.`, explanation, fixes: retry(reason, fix) };
    return {
      headline: `${rejected}. The data doesn’t show which of three reasons applies.`,
      explanation,
      fixes: [
        readAs(
          fix.listWorkers(),
          `If the list is empty, start the workers. If it has no ${name} worker, start one. If all are busy, wait or start another.`,
        ),
        fix.workerStates(workerType),
      ],
    };
  },
};

/** The list that was read after the rejection has a worker of the type, which the registry didn't have then. */
function registeredSince(subject: string, reason: NoWorkerReason, { fix }: RuleContext): RuleText {
  const noun = operationNoun(reason.workerType);
  const isFree = hasFree(reason);
  return {
    headline: `${subject} was registered when this ${noun} was started; one is ${isFree ? 'free' : 'registered'} now.`,
    explanation:
      'Workers register on startup and again every 30 s, so it hadn’t started yet or couldn’t reach the backend then.',
    fixes: isFree
      ? retry(reason, fix)
      : [
          readAs(fix.listWorkers(), `If one is available, start the ${noun} again. If all are busy, wait.`),
          fix.workerStates(reason.workerType),
          again(reason.workerType),
        ],
  };
}

function hasFree({ capableNow }: NoWorkerReason): boolean {
  return capableNow.some((one) => one.status === 'available');
}

function retry({ workerType }: NoWorkerReason, fix: FixTable): RuleText['fixes'] {
  return [
    readAs(fix.listWorkers(), `If one is available, start the ${operationNoun(workerType)} again.`),
    again(workerType),
  ];
}

/** `The only backtest worker is busy`, `All 2 training workers were busy`. */
function busyWorkers({ workerType, capable, capableCount }: NoWorkerReason, isPast: boolean): string {
  const count = capableCount ?? capable.length;
  const name = workerName(workerType);
  if (count === 1) return `The only ${name} worker ${isPast ? 'was' : 'is'} busy`;
  return `All ${count} ${name} workers ${isPast ? 'were' : 'are'} busy`;
}

/** ` (1 training worker is)`, by the list, else by the count of the selection. */
function othersIn(list: NoWorkerReason['list'], total: number | null): string {
  const names = (list ?? []).map((one) => `${workerName(one.workerType)} worker`);
  const counts = [...new Set(names)].map((name) => plural(names.filter((other) => other === name).length, name));
  const count = names.length || (total ?? 0);
  return count === 0 ? '' : ` (${counts.join(', ') || plural(count, 'other')} ${count === 1 ? 'is' : 'are'})`;
}

function again(workerType: string): string {
  return `Then start the ${operationNoun(workerType)} again. The rejected request left nothing to clean up.`;
}
