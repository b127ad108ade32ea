/** What to say of a worker that lives although the operation does not, or the other way round. */
import type { WorkerRecord } from '../../case.ts';
import { absence, type EvidenceDraft, record, reportedError, spanSeen, transition, worker } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { locationOf } from '../../facts/workers.ts';
import { advice, type FixTable } from '../../fixes/table.ts';
import type { Match } from '../../rule.ts';
import { clock, operationNoun } from '../../words.ts';
import type { WorkerLoss } from './finder.ts';

type RuleText = Omit<Match, 'variant'>;
type Of<Kind extends WorkerLoss['kind']> = Extract<WorkerLoss, { kind: Kind }>;

export function falseAlarm({ orphaned, revoked }: Of<'false-alarm'>, facts: Facts, fix: FixTable): RuleText {
  const { value } = facts.status;
  const end = revoked?.to ?? value;
  const ended =
    end === 'failed'
      ? 'it may still be running or have ended well'
      : `it ${end === 'running' ? 'is running' : `ended as ${end}`}`;
  return {
    confidence: revoked === null && value === 'failed' ? 'likely' : 'certain',
    severity: value === 'completed' ? 'notice' : 'degraded',
    headline: `False alarm: ktrdr marked this ${operationNoun(facts.type)} as failed while it was running; ${ended}.`,
    explanation:
      'The orphan detector fails every operation that no worker claims for 60 s. This kind runs in the backend itself, where no worker can claim it. The message stays in the record even after a good end.',
    culprit: orphaned?.span ?? revoked?.span ?? null,
    evidence: [
      ...(orphaned === null ? [] : [reportedError(orphaned)]),
      revoked === null ? record(`the ktrdr API says ${facts.record?.status ?? value}`) : transition(revoked),
    ],
    fixes: [
      fix.showStatus(facts.operationId),
      advice(
        'Trust its result, not the message. A longer KTRDR_ORPHAN_TIMEOUT_SECONDS in the backend avoids the alarm.',
      ),
    ],
  };
}

export function shutdown({ update, stillHeldBy }: Of<'shutdown'>, facts: Facts, fix: FixTable): RuleText {
  const step = facts.progress?.step ?? null;
  const held = stillHeldBy === null ? '' : `, yet ${stillHeldBy.workerId} is still busy with it`;
  const evidence: EvidenceDraft[] = stillHeldBy === null ? [] : [busyAfterEnd(stillHeldBy)];
  if (facts.record?.errorMessage != null) evidence.push(record(`the ktrdr API says: ${facts.record.errorMessage}`));
  else if (facts.record !== null)
    evidence.push(record('the ktrdr API says cancelled, without the text that a person’s cancel leaves'));
  return {
    confidence: facts.record !== null && update !== null ? 'likely' : 'possible',
    severity: 'degraded',
    headline: `The worker was told to stop and put this ${operationNoun(facts.type)} aside${step === null ? '' : ` at ${step}`}; nobody cancelled it${held}.`,
    explanation:
      'On a termination signal a worker saves a checkpoint and reports the operation as cancelled by itself. The process does not exit on the signal, so its thread may go on and keep the worker busy until the container is killed.',
    culprit: update?.span ?? null,
    evidence: [
      update === null
        ? absence('no request to cancel it in the traces')
        : spanSeen(
            update.span,
            `${update.span.service} sent ${update.method} ${update.endpoint.path} at ${clock(update.span.start)}`,
          ),
      ...evidence,
    ],
    fixes: [
      fix.showCheckpoint(facts.operationId),
      fix.restartWorker(facts.workers.location),
      fix.resume(facts.operationId),
    ],
  };
}

export function zombie({ holder, endedAt }: Of<'zombie'>, facts: Facts, fix: FixTable): RuleText {
  return {
    confidence: 'likely',
    severity: 'degraded',
    headline: `This ${operationNoun(facts.type)} is ${facts.status.value}, yet ${holder.workerId} is still busy with it and refuses other work.`,
    explanation: `It ended at ${clock(endedAt)}, and health checks after that still report it: a thread in the worker ignores the stop. Starts and resumes of this type are refused until that process ends.`,
    culprit: facts.transitions.at(-1)?.span ?? null,
    evidence: [busyAfterEnd(holder), ...facts.transitions.slice(-1).map(transition)],
    fixes: [fix.listWorkers(), fix.restartWorker(locationOf(holder)), fix.resume(facts.operationId)],
  };
}

function busyAfterEnd(one: WorkerRecord): EvidenceDraft {
  const checked = one.lastHealthCheck === null ? '' : ` at its health check of ${clock(one.lastHealthCheck)}`;
  return worker(`${one.workerId} is still busy with ${one.currentOperationId ?? 'it'}${checked}`);
}
