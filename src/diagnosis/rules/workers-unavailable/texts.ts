import { plural } from '../../../language/plurals.ts';
import { locationOf } from '../../facts/workers.ts';
import type { Fix, NonEmpty } from '../../finding.ts';
import { advice, type FixTable } from '../../fixes/table.ts';
import { operationNoun, workerName } from '../../words.ts';
import type { NoWorkerReason, NoWorkerVariant } from './finder.ts';

interface Text {
  readonly headline: string;
  readonly explanation: string;
  readonly fixes: NonEmpty<Fix>;
}

export const NO_WORKER_TEXTS: Readonly<Record<NoWorkerVariant, (reason: NoWorkerReason, fix: FixTable) => Text>> = {
  'none-registered': ({ workerType }, fix) => ({
    headline: `No worker is registered: nothing can run this ${operationNoun(workerType)}.`,
    explanation:
      'The backend knew no worker of any type when it was asked for one. Workers register themselves when they start and again every 30 s, so they are not running or cannot reach the backend.',
    fixes: [
      fix.listWorkers(),
      fix.workerLogs({ endpoint: null, workerType }),
      fix.startWorkers(workerType, 'all'),
      again(workerType),
    ],
  }),
  'none-capable': ({ workerType, list, total }, fix) => {
    const others = [...new Set((list ?? []).map((one) => workerName(one.workerType)))].join(', ');
    const registered =
      total === null ? 'the registered workers are of other types' : plural(total, 'registered worker');
    const needed = `${workerName(workerType)} worker${workerType === 'training' ? ', with or without a GPU' : ''}`;
    return {
      headline: `No worker can run a ${operationNoun(workerType)}: ${registered}${others === '' ? ', none of that type' : `: ${others}`}.`,
      explanation: `A ${operationNoun(workerType)} needs a ${needed}. Workers of other types cannot take it.`,
      fixes: [fix.listWorkers(), fix.startWorkers(workerType), again(workerType)],
    };
  },
  'all-busy': ({ workerType, capable, capableCount, zombie }, fix) => {
    const name = workerName(workerType);
    const count = capableCount ?? capable.length;
    const holders = capable.flatMap((one) => one.currentOperationId ?? []);
    const isFreeNow = capable.some((one) => one.status === 'available');
    const who = count === 1 ? `The only ${name} worker` : `All ${count} ${name} workers`;
    const state = `${count === 1 ? (isFreeNow ? 'was' : 'is') : isFreeNow ? 'were' : 'are'} busy`;
    const noun = operationNoun(workerType);
    if (zombie !== null) {
      return {
        headline: `${who} ${state} with ${holders.join(', ')}, although that has ended.`,
        explanation: `A thread of the ended run still holds ${zombie.workerId}. It refuses every ${noun} until that process is killed.`,
        fixes: [fix.listWorkers(), fix.restartWorker(locationOf(zombie)), again(workerType)],
      };
    }
    return {
      headline: `${who} ${state}${isFreeNow ? '; one is free now' : holders.length === 0 ? '' : ` with ${holders.join(', ')}`}.`,
      explanation: `A worker runs one operation at a time, and ktrdr refuses a ${noun} instead of queueing it. A worker whose operation has just ended stays marked busy for up to 10 s.`,
      fixes: isFreeNow
        ? [fix.listWorkers(), again(workerType)]
        : [
            fix.activeOperations(),
            advice(`Wait for ${holders[0] ?? 'a running operation'} to end, then start the ${noun} again.`),
            fix.addWorker(workerType, count),
          ],
    };
  },
  'stale-busy': ({ workerType }, fix) => ({
    headline: `The ${workerName(workerType)} worker was idle but still marked busy: start the ${operationNoun(workerType)} again.`,
    explanation:
      'The registry marks a worker busy when it hands out an operation and clears the mark only at the next health check, every 10 s. Its last operation had already ended.',
    fixes: [fix.listWorkers(), advice(`Wait ten seconds, then start the ${operationNoun(workerType)} again.`)],
  }),
  'all-unhealthy': ({ workerType, capable }, fix) => ({
    headline: `All ${workerName(workerType)} workers fail their health checks, so none was given the ${operationNoun(workerType)}.`,
    explanation: `The registry still lists ${plural(capable.length, 'worker')} of that type, but marks every one as temporarily unavailable: stopped, hung, or not reachable at the address they gave.`,
    fixes: [
      fix.listWorkers(),
      fix.workerLogs({ endpoint: null, workerType }),
      fix.restartWorker({ endpoint: null, workerType }),
      again(workerType),
    ],
  }),
  unspecified: ({ workerType, list }, fix) => ({
    headline: `The ${operationNoun(workerType)} was refused because no ${workerName(workerType)} worker was free; which of three reasons applies cannot be told.`,
    explanation: `None registered, none of that type, or all busy: the trace does not count them, and the worker list ${list === null ? 'of that moment is not at hand' : 'of now does not tell of that moment'}. The command below tells them apart.`,
    fixes: [
      fix.listWorkers(),
      advice('An empty list: start the workers. None of the type: start one of it. All busy: wait, or start one more.'),
    ],
  }),
};

function again(workerType: string): Fix {
  return advice(`Then start the ${operationNoun(workerType)} again: the refused one left nothing behind.`);
}
