import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, type MatchDraft, match, notEnoughData, type RuleContext } from '../../rule.ts';
import { type WorkerLoss, workerLossOf } from './finder.ts';
import { crashed, falseAlarm, shutdown, staleClaim } from './texts.ts';
import { undetected, zombie } from './unnoticed-texts.ts';
import { unresponsive } from './unresponsive.ts';

/** A worker took the operation and was lost, or ktrdr believes that it was lost. */
export const rule = defineRule({
  id: 'worker-lost',
  title: 'Worker lost or not responding',
  symptom:
    'The operation failed with “no worker claimed it”, its progress is frozen, or it was cancelled without a cancel request.',
  proof:
    'The orphan detector’s transition, the worker’s state in the registry, failed status polls, or the status update that a worker sends when it’s shut down.',
  scenario: 'stuck',
  severity: 'blocking',
  tier: 'specific',
  variants: {
    crashed: 'The worker died or restarted during the operation; ktrdr noticed and marked it as failed.',
    'false-alarm': 'The orphan detector marked the operation as failed, but it kept running.',
    shutdown: 'The worker was shut down and marked the operation as cancelled, with a checkpoint.',
    undetected: 'The worker is lost, but ktrdr still shows the operation as running.',
    unresponsive: 'The worker process exists but doesn’t respond: it’s hung, or too busy to respond.',
    'ghost-claim': 'The worker restarted under a new name and claims an operation that it isn’t running.',
    zombie: 'The operation has ended, but its worker is still busy with it and rejects others.',
  },

  check(facts, context) {
    const loss = workerLossOf(facts);
    if (loss !== null) return match({ variant: loss.kind, ...textOf(loss, facts, context) });
    const hasWorkerState = facts.workers.all !== null || facts.workers.polls.length > 0;
    return facts.status.value === 'running' && !hasWorkerState
      ? notEnoughData('worker list from the ktrdr API')
      : clear;
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
