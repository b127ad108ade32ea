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
      ? 'it may still be running or have ended well'
      : status === 'running'
        ? 'it is running'
        : `it ended as ${status}`;
  return {
    confidence: revoked === null && value === 'failed' ? 'likely' : 'certain',
    severity: value === 'completed' ? 'notice' : 'degraded',
    headline: `False alarm: ktrdr marked this ${noun} as failed while it was running; ${ending}.`,
    explanation: joined(
      ' ',
      'The orphan detector fails every operation that no worker claims for a minute.',
      NEVER_CLAIMED.has(facts.type ?? '')
        ? 'This kind runs in the backend itself, where no worker can claim it.'
        : null,
      facts.record?.errorMessage == null ? null : 'Its message stays in the record, however the operation ends.',
    ),
    culprit: orphaned?.span ?? revoked?.span ?? null,
    evidence: [
      orphaned && reportedError(orphaned),
      revoked === null ? record(`the ktrdr API says ${facts.record?.status ?? value}`) : transition(revoked),
    ],
    fixes: [
      readAs(fix.showStatus(facts.operationId), 'A status of completed, or progress that moves, shows that it ran on.'),
      'Trust its result, not the message. A longer KTRDR_ORPHAN_TIMEOUT_SECONDS in the backend avoids the alarm.',
    ],
  };
};

export const crashed: MatchOf<'crashed'> = ({ orphaned, isUnlisted }, facts, { fix, noun }) => {
  const phase = lastPhase(facts.phases)?.span ?? null;
  const lastSeen = phase === null ? '' : `; last seen finishing ${phase.name} at ${clock(endOf(phase))}`;
  const when = orphaned.at === null ? '' : ` at ${clock(orphaned.at)}`;
  const log = readAs(
    fix.workerLogs(facts.workers.location),
    'A stack trace at the end means a crash; an end without one means that something killed or restarted it.',
  );
  return {
    confidence: isUnlisted ? 'certain' : 'likely',
    headline: `The worker died while it ran this ${noun}${lastSeen}.`,
    explanation: `No end ever came from the worker, and the orphan detector gave the operation up${when} because no worker claimed it for a minute. A crash, a kill for memory, and a restart all look like this; the worker's log tells which.`,
    gap: orphaned.at === null ? null : gapBetween(facts, null, orphaned.at),
    evidence: [
      reportedError(orphaned),
      phase === null
        ? absence('no span of the worker’s work')
        : spanSeen(phase, `last span of the worker: ${phase.name}, ended ${clock(endOf(phase))}`),
      isUnlisted && worker(`${facts.workers.assignedId} is not registered any more`),
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
    headline: `The worker was told to stop and put this ${noun} aside${step}; nobody cancelled it${held}.`,
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
      stillHeldBy && stillBusy(stillHeldBy),
      shown !== null &&
        record(
          message === null
            ? 'the ktrdr API says cancelled, without the text that a person’s cancel leaves'
            : `the ktrdr API says: ${message}`,
        ),
    ],
    fixes: [
      readAs(fix.workerLogs(workers.location), '“Graceful shutdown” in it confirms that it was told to stop.'),
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
    headline: `Nothing runs: the worker was restarted, and its successor ${claimant.workerId} only claims this ${noun}.`,
    explanation: `${firstWorker} took the operation and is gone. A status poll made its successor load the record, so the registry believes that it is being worked on; it will stay “running” for ever and block that worker.`,
    gap: gapBetween(facts, null, now),
    evidence: [
      record(`taken by ${firstWorker}, which is not registered any more`),
      worker(`${claimant.workerId} claims it now`),
      lastActivity !== null && absence(`no span of the operation after ${clock(lastActivity)}`),
    ],
    fixes: [
      readAs(
        fix.showStatus(facts.operationId),
        'If its progress has moved, it runs after all. If not, cancel it and restart the worker.',
      ),
      fix.cancel(facts.operationId),
      fix.resume(facts.operationId),
      fix.restartWorker(locationOf(claimant)),
    ],
  };
};
