import type { Facts } from '../../facts/index.ts';
import type { FixTable } from '../../fixes/table.ts';
import { clear, defineRule, type Match, match, notEnoughData } from '../../rule.ts';
import { falseAlarm, shutdown, zombie } from './alive-texts.ts';
import { type WorkerLoss, workerLossOf } from './finder.ts';
import { crashed, ghostClaim, undetected } from './gone-texts.ts';

/** A worker took the operation and is gone, or is held to be gone. */
export const rule = defineRule({
  id: 'worker-lost',
  title: 'The worker that ran the operation is gone',
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
    'ghost-claim': 'The worker was restarted under a new name and claims an operation that it does not run.',
    zombie: 'The operation has ended, but its worker is still busy with it and refuses others.',
  },

  check(facts, { fix }) {
    const loss = workerLossOf(facts);
    if (loss !== null) return match({ variant: loss.kind, ...textOf(loss, facts, fix) });
    const canTell = facts.workers.all !== null || facts.workers.polls.length > 0;
    return facts.status.value === 'running' && !canTell ? notEnoughData('worker list of the ktrdr API') : clear;
  },
});

function textOf(loss: WorkerLoss, facts: Facts, fix: FixTable): Omit<Match, 'variant'> {
  switch (loss.kind) {
    case 'false-alarm':
      return falseAlarm(loss, facts, fix);
    case 'crashed':
      return crashed(loss, facts, fix);
    case 'shutdown':
      return shutdown(loss, facts, fix);
    case 'ghost-claim':
      return ghostClaim(loss, facts, fix);
    case 'undetected':
      return undetected(loss, facts, fix);
    case 'zombie':
      return zombie(loss, facts, fix);
  }
}
