import { gapBetween } from '../../culprit.ts';
import { absence, record, reportedError, spanSeen, transition, worker } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { lastPhase } from '../../facts/phases.ts';
import { locationOf } from '../../facts/workers.ts';
import { readAs } from '../../fixes/table.ts';
import type { MatchDraft, RuleContext } from '../../rule.ts';
import { endOf } from '../../trace.ts';
import { clock, joined } from '../../words.ts';
import { NEVER_CLAIMED, type WorkerLoss } from './finder.ts';
import { stillBusy } from './unnoticed-texts.ts';

type Kind = WorkerLoss['kind'];
type Of<K extends Kind> = Extract<WorkerLoss, { readonly kind: K }>;
export type MatchOf<K extends Kind> = (loss: Of<K>, facts: Facts, context: RuleContext) => Omit<MatchDraft, 'variant'>;

export const falseAlarm: MatchOf<'false-alarm'> = ({ orphaned, revoked }, facts, { fix, noun }) => {
  const { value } = facts.status;
  const status = revoked?.to ?? value;
  const ending =
    status === 'failed'
      ? 'it may still be running or have succeeded'
      : status === 'running'
        ? 'it’s running'
        : `it ended as ${status}`;
  return {
    confidence: revoked === null && value === 'failed' ? 'likely' : 'certain',
    severity: value === 'completed' ? 'notice' : 'degraded',
    headline: `False alarm: ktrdr marked this ${noun} as failed while it was running; ${ending}.`,
    explanation: joined(
      ' ',
      'The orphan detector marks an operation as failed when no worker claims it for a minute.',
      NEVER_CLAIMED.has(facts.type ?? '')
        ? 'This type of operation runs in the backend itself, where no worker can claim it.'
        : null,
      facts.record?.errorMessage == null ? null : 'Its message stays in the record, no matter how the operation ends.',
    ),
    culprit: orphaned?.span ?? revoked?.span ?? null,
    evidence: [
      orphaned && reportedError(orphaned),
      revoked === null ? record(`ktrdr API: status ${facts.record?.status ?? value}`) : transition(revoked),
    ],
    fixes: [
      readAs(fix.showStatus(facts.operationId), 'A completed status or advancing progress shows that it kept running.'),
      'Trust its result, not the message. A longer KTRDR_ORPHAN_TIMEOUT_SECONDS in the backend avoids this false alarm.',
    ],
  };
};

export const crashed: MatchOf<'crashed'> = ({ orphaned, isUnlisted }, facts, { fix, noun }) => {
  const phase = lastPhase(facts.phases)?.span ?? null;
  const lastSeen = phase === null ? '' : `; last seen finishing ${phase.name} at ${clock(endOf(phase))}`;
  const when = orphaned.at === null ? '' : ` at ${clock(orphaned.at)}`;
  const log = readAs(
    fix.workerLogs(facts.workers.location),
    'A stack trace at the end means a crash. No stack trace means it was killed or restarted.',
  );
  return {
    confidence: isUnlisted ? 'certain' : 'likely',
    headline: `The worker died during this ${noun}${lastSeen}.`,
    explanation: `The worker never reported an end. The orphan detector marked the operation as failed${when} because no worker had claimed it for a minute. A crash, an out-of-memory kill, and a restart all look like this. Check the worker log.`,
    gap: orphaned.at === null ? null : gapBetween(facts, null, orphaned.at),
    evidence: [
      reportedError(orphaned),
      phase === null
        ? absence('no span of the work in the worker')
        : spanSeen(phase, `last span of the worker: ${phase.name}, ended ${clock(endOf(phase))}`),
      isUnlisted && worker(`${facts.workers.assignedId} is no longer registered`),
    ],
    lookFirst: log,
    fixes: [log, fix.memoryKills(), fix.showCheckpoint(facts.operationId), fix.resume(facts.operationId)],
  };
};

export const shutdown: MatchOf<'shutdown'> = ({ update, stillHeldBy }, facts, { fix, noun }) => {
  const { record: shown, progress, workers, operationId } = facts;
  const step = progress?.step == null ? '' : ` at ${progress.step}`;
  const held = stillHeldBy === null ? '' : `, yet ${stillHeldBy.workerId} is still busy with it`;
  const message = shown?.errorMessage ?? null;
  return {
    confidence: shown !== null && update !== null ? 'likely' : 'possible',
    severity: 'degraded',
    headline: `The worker was shut down and marked this ${noun} as cancelled${step}; no user cancelled it${held}.`,
    explanation:
      'On a termination signal, a worker saves a checkpoint and reports the operation as cancelled. The process doesn’t exit on the signal, so its thread may continue and keep the worker busy until the container is killed.',
    culprit: update?.span ?? null,
    evidence: [
      update === null
        ? absence('no cancel request in the traces')
        : spanSeen(
            update.span,
            `${update.span.service} sent ${update.method} ${update.endpoint.path} at ${clock(update.span.start)}`,
          ),
      stillHeldBy && stillBusy(stillHeldBy),
      shown !== null &&
        record(
          message === null
            ? 'ktrdr API: status cancelled, without the message that a user cancellation leaves'
            : `ktrdr API: ${message}`,
        ),
    ],
    fixes: [
      readAs(fix.workerLogs(workers.location), '“Graceful shutdown” confirms that it was shut down.'),
      fix.showCheckpoint(operationId),
      fix.restartWorker(workers.location),
      fix.resume(operationId),
    ],
  };
};

export const staleClaim: MatchOf<'ghost-claim'> = ({ claimant, firstWorker }, facts, { fix, noun, now }) => {
  const { lastActivity } = facts;
  return {
    confidence: 'likely',
    headline: `This ${noun} isn’t running: the worker restarted, and its replacement ${claimant.workerId} claims it without running it.`,
    explanation: `${firstWorker} took the operation and is lost. A status poll made its replacement load the record, so the registry treats the operation as active. It will stay “running” indefinitely and block that worker.`,
    gap: gapBetween(facts, null, now),
    evidence: [
      record(`taken by ${firstWorker}, which is no longer registered`),
      worker(`${claimant.workerId} now claims it`),
      lastActivity !== null && absence(`no spans of the operation after ${clock(lastActivity)}`),
    ],
    fixes: [
      readAs(
        fix.showStatus(facts.operationId),
        'If progress has advanced, it’s running after all. If not, cancel it and restart the worker.',
      ),
      fix.cancel(facts.operationId),
      fix.resume(facts.operationId),
      fix.restartWorker(locationOf(claimant)),
    ],
  };
};
