import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, type MatchDraft, match, notEnoughData, type RuleContext } from '../../rule.ts';
import { type WorkerLoss, workerLossOf } from './finder.ts';
import { crashed, falseAlarm, shutdown, staleClaim } from './texts.ts';
import { undetected, zombie } from './unnoticed-texts.ts';
import { unresponsive } from './unresponsive.ts';

/** A worker took the operation and is gone, or ktrdr believes that it is gone. */
export const rule = defineRule({
  id: 'worker-lost',
  title: 'The worker that ran the operation is gone or does not answer',
  symptom:
    'The operation failed with “no worker claimed it”, shows progress that never moves, or was cancelled by nobody.',
  proof:
    "The orphan detector's transition, the registry's view of the worker, failing status polls, the status update that a worker sends when it is stopped.",
  scenario: 'stuck',
  severity: 'blocking',
  tier: 'specific',
  variants: {
    crashed: 'The worker died or was restarted while it ran the operation; ktrdr noticed and marked it failed.',
    'false-alarm': 'The orphan detector marked the operation failed although it ran on.',
    shutdown: 'The worker was stopped and put the operation aside with a checkpoint.',
    undetected: 'The worker is gone, but ktrdr still shows the operation as running.',
    unresponsive: 'The worker process exists but does not answer: it hangs, or CPU work keeps it from answering.',
    'ghost-claim': 'The worker was restarted under a new name and claims an operation that it does not run.',
    zombie: 'The operation has ended, but its worker is still busy with it and refuses others.',
  },

  check(facts, context) {
    const loss = workerLossOf(facts);
    if (loss !== null) return match({ variant: loss.kind, ...textOf(loss, facts, context) });
    const hasWorkerState = facts.workers.all !== null || facts.workers.polls.length > 0;
    return facts.status.value === 'running' && !hasWorkerState ? notEnoughData('worker list of the ktrdr API') : clear;
  },
});

function textOf(loss: WorkerLoss, facts: Facts, context: RuleContext): Omit<MatchDraft, 'variant'> {
  switch (loss.kind) {
    case 'false-alarm':
      return falseAlarm(loss, facts, context);
    case 'crashed':
      return crashed(loss, facts, context);
    case 'shutdown':
      return shutdown(loss, facts, context);
    case 'ghost-claim':
      return staleClaim(loss, facts, context);
    case 'undetected':
      return undetected(loss, facts, context);
    case 'unresponsive':
      return unresponsive(loss, facts, context);
    case 'zombie':
      return zombie(loss, facts, context);
  }
}
