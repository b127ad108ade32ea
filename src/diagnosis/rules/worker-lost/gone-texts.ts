/** What to say of a worker that is gone: noticed by ktrdr, not noticed, or hidden behind its successor. */

import { percent } from '../../../language/numbers.ts';
import { plural } from '../../../language/plurals.ts';
import type { WorkerRecord } from '../../case.ts';
import { absence, type EvidenceDraft, exception, record, reportedError, spanSeen, worker } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { lastPhase } from '../../facts/phases.ts';
import { locationOf } from '../../facts/workers.ts';
import type { FixTable } from '../../fixes/table.ts';
import type { Match } from '../../rule.ts';
import { endOf, type Micros, micros } from '../../trace.ts';
import { clock, duration, operationNoun } from '../../words.ts';
import type { WorkerLoss } from './finder.ts';

type RuleText = Omit<Match, 'variant'>;
type Of<Kind extends WorkerLoss['kind']> = Extract<WorkerLoss, { kind: Kind }>;

/** The registry removes a dead worker 300 s after its last healthy check; the orphan detector waits 60 s more, in steps of 15 s. */
const NOTICED_AFTER = 370_000_000;

export function crashed({ orphaned, isUnlisted }: Of<'crashed'>, facts: Facts, fix: FixTable): RuleText {
  const phase = lastPhase(facts.phases)?.span ?? null;
  const seen = phase === null ? '' : `; last seen finishing ${phase.name} at ${clock(endOf(phase))}`;
  const when = orphaned.at === null ? '' : ` at ${clock(orphaned.at)}`;
  return {
    confidence: isUnlisted ? 'certain' : 'likely',
    headline: `The worker died while it ran this ${operationNoun(facts.type)}${seen}.`,
    explanation: `No end ever came from the worker, and the orphan detector gave the operation up${when} because no worker claimed it for 60 s. A crash, a kill for memory, and a restart all look like this; the worker's log tells which.`,
    culprit: phase ?? orphaned.span,
    evidence: [
      reportedError(orphaned),
      phase === null
        ? absence('no span of the worker’s work')
        : spanSeen(phase, `last span of the worker: ${phase.name}, ended ${clock(endOf(phase))}`),
      ...(isUnlisted ? [worker(`${facts.workers.assignedId} is not registered any more`)] : []),
    ],
    fixes: [
      fix.workerLogs(facts.workers.location),
      fix.memoryKills(),
      fix.showCheckpoint(facts.operationId),
      fix.resume(facts.operationId),
    ],
  };
}

export function ghostClaim({ claimant, firstWorker }: Of<'ghost-claim'>, facts: Facts, fix: FixTable): RuleText {
  const { lastActivity } = facts;
  return {
    confidence: 'likely',
    headline: `Nothing runs: the worker was restarted, and its successor ${claimant.workerId} only claims this ${operationNoun(facts.type)}.`,
    explanation: `${firstWorker} took the operation and is gone. A status poll made its successor load the record, so the registry believes that it is being worked on; it will stay “running” for ever and block that worker.`,
    culprit: lastPhase(facts.phases)?.span ?? null,
    evidence: [
      record(`taken by ${firstWorker}, which is not registered any more`),
      worker(`${claimant.workerId} claims it now`),
      ...(lastActivity === null ? [] : [absence(`no span of the operation after ${clock(lastActivity)}`)]),
    ],
    fixes: [fix.cancel(facts.operationId), fix.restartWorker(locationOf(claimant)), fix.resume(facts.operationId)],
  };
}

export function undetected({ holder, since }: Of<'undetected'>, facts: Facts, fix: FixTable): RuleText {
  const { progress, workers } = facts;
  const shown = progress?.percentage == null ? 'it as running' : percent(progress.percentage);
  const idle =
    since === null ? 'nothing has run since then' : `nothing has run for ${duration(facts.case.now - since)}`;
  const place = holder === null ? workers.location : locationOf(holder);
  const poll = workers.unansweredPolls?.last.error ?? null;
  return {
    confidence: holder !== null || workers.unansweredPolls !== null ? 'likely' : 'possible',
    headline: `The worker running this ${operationNoun(facts.type)} is gone. ktrdr still shows ${shown}, but ${idle}.`,
    explanation: [lastSignOf(facts), stateOf(holder), noticeOf(holder)].filter((part) => part !== '').join(' '),
    culprit: lastPhase(facts.phases)?.span ?? null,
    evidence: [
      holder === null
        ? absence(
            `no worker claims the operation; ${workers.assignedId ?? 'the one that took it'} does not answer or is not registered any more`,
          )
        : health(holder),
      ...(poll === null ? [] : [exception(poll)]),
      ...(facts.record === null ? [] : [record(`the ktrdr API still says ${facts.record.status}`)]),
    ],
    fixes: [fix.workerLogs(place), fix.memoryKills(), fix.startWorkerAt(place), fix.resume(facts.operationId)],
  };
}

function lastSignOf({ progress }: Facts): string {
  if (progress?.step == null) return '';
  return `Last sign of life: ${progress.step}${progress.lastSign === null ? '' : ` at ${clock(progress.lastSign)}`}.`;
}

function stateOf(holder: WorkerRecord | null): string {
  if (holder === null) return 'The worker does not answer any more.';
  return holder.healthCheckFailures > 0
    ? `${holder.workerId} has failed its health checks since.`
    : `${holder.workerId} does not answer any more.`;
}

function noticeOf(holder: WorkerRecord | null): string {
  if (holder?.lastHealthyAt == null) return '';
  const noticed: Micros = micros(holder.lastHealthyAt + NOTICED_AFTER);
  return `ktrdr itself will notice about ${clock(noticed)} and then mark the operation as failed.`;
}

function health(one: WorkerRecord): EvidenceDraft {
  const healthy = one.lastHealthyAt === null ? '' : `, last healthy ${clock(one.lastHealthyAt)}`;
  return worker(
    `${one.workerId} is ${one.status.replaceAll('_', ' ')}: ${plural(one.healthCheckFailures, 'failed health check')}${healthy}`,
  );
}
