/** What ktrdr hasn't noticed: a lost worker of an operation that still runs, and a worker that continues after the operation has ended. */
import { percent } from '../../../language/numbers.ts';
import { plural } from '../../../language/plurals.ts';
import type { WorkerRecord } from '../../case.ts';
import { gapBetween } from '../../culprit.ts';
import type { EvidenceDraft } from '../../evidence.ts';
import { absence, exception, record, transition, worker } from '../../evidence.ts';
import { locationOf } from '../../facts/workers.ts';
import { readAs } from '../../fixes/table.ts';
import { micros } from '../../trace.ts';
import { clock, duration, joined, workerState } from '../../words.ts';
import type { MatchOf } from './texts.ts';

/** The registry removes a dead worker 300 s after its last good health check; the orphan detector waits 60 s more, in steps of 15 s. */
export const NOTICED_AFTER = 370_000_000;

export const undetected: MatchOf<'undetected'> = ({ holder, since }, facts, { fix, now, noun }) => {
  const { progress, workers, record: shown } = facts;
  const status = progress?.percentage == null ? 'it as running' : percent(progress.percentage);
  const location = holder === null ? workers.location : locationOf(holder);
  const poll = workers.unansweredPolls?.last ?? null;
  const revive = poll?.failure === 'timeout' ? fix.restartWorker : fix.startWorkerAt;
  const lastSign = progress?.lastSign == null ? '' : ` at ${clock(progress.lastSign)}`;
  const noticedAt = holder?.lastHealthyAt == null ? null : micros(holder.lastHealthyAt + NOTICED_AFTER);
  return {
    confidence: holder !== null || workers.unansweredPolls !== null ? 'likely' : 'possible',
    headline: `The worker running this ${noun} is lost. ktrdr still shows ${status}, but nothing has run ${since === null ? 'since then' : `for ${duration(now - since)}`}.`,
    explanation: joined(
      ' ',
      progress?.step == null ? null : `Last progress: ${progress.step}${lastSign}.`,
      holder !== null && holder.healthCheckFailures > 0
        ? `${holder.workerId} ${holder.lastHealthyAt === null ? 'is failing its health checks' : `has failed its health checks since ${clock(holder.lastHealthyAt)}`}.`
        : `${holder?.workerId ?? 'The worker'} has stopped responding.`,
      noticedAt &&
        (noticedAt > now
          ? `ktrdr should notice at about ${clock(noticedAt)} and mark the operation as failed.`
          : `ktrdr should have noticed at about ${clock(noticedAt)} and marked the operation as failed.`),
    ),
    gap: gapBetween(facts, since, now),
    evidence: [
      holder === null
        ? absence(
            `no worker claims the operation; ${workers.assignedId ?? 'the worker that took it'} isn’t responding or is no longer registered`,
          )
        : healthOf(holder),
      poll?.error && exception(poll.error),
      shown && record(`ktrdr API: still ${shown.status}`),
    ],
    fixes: [
      readAs(
        fix.workerLogs(location),
        'If it stops without an error, the process was killed. If it continues, the worker is alive and only its health checks are failing.',
      ),
      fix.memoryKills(location),
      revive(location),
      fix.resume(facts.operationId),
    ],
  };
};

export const zombie: MatchOf<'zombie'> = ({ holder, endedAt }, facts, { fix, noun }) => ({
  confidence: 'likely',
  severity: 'degraded',
  headline: `This ${noun} is ${facts.status.value}, yet ${holder.workerId} is still busy with it and rejects other work.`,
  explanation: `It ended at ${clock(endedAt)}, and later health checks still report it: a thread in the worker ignores the stop request. Starts and resumes of this type are rejected until the worker process exits.`,
  culprit: facts.transitions.at(-1)?.span ?? null,
  evidence: [stillBusy(holder), ...facts.transitions.slice(-1).map(transition)],
  fixes: [
    readAs(
      fix.listWorkers(),
      `If ${holder.workerId} still has this operation, restart it. If it’s available, the thread has ended.`,
    ),
    fix.showCheckpoint(facts.operationId),
    fix.restartWorker(locationOf(holder)),
    fix.resume(facts.operationId),
  ],
});

export function stillBusy({ workerId, currentOperationId, lastHealthCheck }: WorkerRecord): EvidenceDraft {
  const checked = lastHealthCheck === null ? '' : `, according to its health check at ${clock(lastHealthCheck)}`;
  return worker(`${workerId} is still busy with ${currentOperationId ?? 'it'}${checked}`);
}

export function healthOf(one: WorkerRecord): EvidenceDraft {
  const healthy = one.lastHealthyAt === null ? '' : `, last healthy ${clock(one.lastHealthyAt)}`;
  return worker(`${workerState(one)}: ${plural(one.healthCheckFailures, 'failed health check')}${healthy}`);
}
