import { absence, attribute, complaint, exception, record, spanSeen, transition, worker } from '../evidence.ts';
import type { Facts } from '../facts/index.ts';
import { lastPhase } from '../facts/phases.ts';
import { isTerminal } from '../facts/transitions.ts';
import type { Evidence } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match, notEnoughData, type RuleContext, type RuleResult } from '../rule.ts';
import { endOf } from '../trace.ts';
import { clock, duration, operationNoun } from '../words.ts';

/** A worker took the operation and is gone, or is held to be gone. */
export const rule = defineRule({
  id: 'worker-lost',
  title: 'The worker that ran the operation is gone',
  symptom: 'The operation failed with “no worker claimed it”, shows progress that never moves, or was cancelled by nobody.',
  proof: "The orphan detector's transition, the registry's view of the worker, failing status polls, the status update that a worker sends when it is stopped.",
  scenario: 'stuck',
  severity: 'blocking',
  variants: {
    crashed: 'The worker died or was restarted while it ran the operation; ktrdr noticed and marked it failed.',
    'false-alarm': 'The orphan detector marked the operation failed although it ran on.',
    shutdown: 'The worker was stopped and put the operation aside with a checkpoint.',
    undetected: 'The worker is gone, but ktrdr still shows the operation as running.',
    'ghost-claim': 'The worker was restarted under a new name and claims an operation that it does not run.',
    zombie: 'The operation has ended, but its worker is still busy with it and refuses others.',
  },
  supersedes: ['still-running', 'progress-stalled', 'failed-without-trace', 'progress-not-traced', 'cancelled', 'unhandled-exception', 'backend-spans-only'],

  check(facts, context) {
    const results = [falseAlarm(facts, context), crashed(facts, context), shutdown(facts, context), ghostClaim(facts, context), undetected(facts, context), zombie(facts, context)];
    const found = results.find((result) => result.kind === 'match');
    if (found !== undefined) return found;
    const waiting = facts.status.value === 'running' && facts.workers.all === null && facts.workers.polls.length === 0;
    return waiting ? notEnoughData('worker list of the ktrdr API') : clear;
  },
});

/** Spans of the backend's own operations are never claimed by a worker, so the detector fails any that takes over a minute. */
const NEVER_CLAIMED = new Set(['data_load', 'dummy']);
/** The registry removes a dead worker 300 s after its last healthy check; the orphan detector then waits 60 s, in steps of 15 s. */
const NOTICED_AFTER = 370_000_000;
/** Three health checks at 10 s. */
const HEALTH_LIMIT = 3;

function falseAlarm(facts: Facts, { fix }: RuleContext): RuleResult {
  const { orphaned, revoked, decisive } = facts.failure;
  if (orphaned === null && revoked === null) return clear;
  if (revoked === null && (facts.type === null || !NEVER_CLAIMED.has(facts.type))) return clear;
  if (revoked !== null && revoked.to === 'failed' && decisive !== null) return clear;

  const id = facts.operationId ?? '';
  const ended = revoked !== null ? `it ended as ${revoked.to}` : facts.status.value === 'failed' ? 'it may still be running or have ended well' : `it is ${facts.status.value}`;
  return match({
    variant: 'false-alarm',
    confidence: revoked === null ? 'likely' : 'certain',
    severity: revoked?.to === 'completed' ? 'notice' : 'degraded',
    headline: `False alarm: ktrdr marked this ${operationNoun(facts.type)} as failed while it was running; ${ended}.`,
    explanation: 'The orphan detector fails every operation that no worker claims for 60 s. This kind runs in the backend itself, where no worker can claim it. The message stays in the record even after a good end.',
    culprit: orphaned?.span ?? revoked?.span ?? null,
    evidence: [orphaned === null ? transition(revoked as NonNullable<typeof revoked>) : complaint(orphaned), ...(revoked === null || orphaned === null ? [] : [transition(revoked)])],
    fixes: [fix.showStatus(id), advice('Trust its result, not the message. A longer KTRDR_ORPHAN_TIMEOUT_SECONDS in the backend avoids the alarm.')],
  });
}

function crashed(facts: Facts, { fix }: RuleContext): RuleResult {
  const { orphaned, revoked, decisive } = facts.failure;
  if (orphaned === null || revoked !== null || facts.status.value !== 'failed') return clear;
  if (decisive !== null && decisive.source !== 'exception') return clear;

  const id = facts.operationId ?? '';
  const phase = lastPhase(facts.phases);
  const { assignedId, assigned, all } = facts.workers;
  const gone = all !== null && assignedId !== null && assigned === null;
  const at = facts.dispatches.at(-1)?.call?.endpoint ?? null;
  const seen = phase === null ? '' : `; last seen finishing ${phase.name} at ${clock(endOf(phase.span))}`;
  return match({
    variant: 'crashed',
    confidence: gone ? 'certain' : 'likely',
    headline: `The worker died while it ran this ${operationNoun(facts.type)}${seen}.`,
    explanation: `No terminal state ever came from the worker, and the orphan detector gave the operation up${orphaned.at === null ? '' : ` at ${clock(orphaned.at)}`} because no worker claimed it for 60 s. A crash, a kill for memory, and a restart all look like this; the worker's log tells which.`,
    culprit: phase?.span ?? orphaned.span,
    evidence: [
      complaint(orphaned),
      ...(phase === null ? [absence('no span of the worker after the dispatch')] : [spanSeen(phase.span, `last span of the worker: ${phase.name}, ended ${clock(endOf(phase.span))}`)]),
      ...(gone ? [worker(`${assignedId} is not registered any more`)] : []),
    ],
    fixes: [fix.workerLogs(at, facts.type), fix.memoryKills(), fix.showCheckpoint(id), fix.resume(id)],
  });
}

function shutdown(facts: Facts, { fix }: RuleContext): RuleResult {
  const told = facts.calls.find((call) => call.method === 'PATCH' && call.endpoint.path.endsWith('/status') && call.error === null);
  const cancelledByTransition = facts.transitions.some((t) => t.to === 'cancelled');
  const said = /graceful shutdown/i.test(facts.record?.errorMessage ?? '');
  const after = told === undefined ? null : facts.transitions.find((t) => t.at > told.span.start);
  if (cancelledByTransition || (told === undefined && !said) || after != null) return clear;
  if (facts.status.record !== null && facts.status.record !== 'cancelled' && !said) return clear;

  const id = facts.operationId ?? '';
  const step = facts.progress?.step ?? null;
  const evidence: [Evidence, ...Evidence[]] =
    told === undefined ? [record(`the ktrdr API says: ${facts.record?.errorMessage ?? ''}`)] : [spanSeen(told.span, `${told.span.service} sent ${told.method} ${told.endpoint.path} at ${clock(told.span.start)}`)];
  if (facts.status.record === 'cancelled') evidence.push(record('the ktrdr API says cancelled, and no cancel request is in the traces'));
  return match({
    variant: 'shutdown',
    confidence: facts.status.record === 'cancelled' ? 'likely' : 'possible',
    severity: 'degraded',
    headline: `The worker was told to stop and put this ${operationNoun(facts.type)} aside${step === null ? '' : ` at ${step}`}; nobody cancelled it.`,
    explanation: 'On a termination signal a worker saves a checkpoint and reports the operation as cancelled by itself. The process does not exit on the signal, so its thread may go on and keep the worker busy until the container is killed.',
    culprit: told?.span ?? null,
    evidence,
    fixes: [fix.showCheckpoint(id), fix.restartWorker(facts.dispatches.at(-1)?.call?.endpoint ?? null, facts.type), fix.resume(id)],
  });
}

function ghostClaim(facts: Facts, { fix }: RuleContext): RuleResult {
  const { claimant, assignedId, assigned } = facts.workers;
  if (isTerminal(facts.status.value) || claimant === null || assignedId === null) return clear;
  if (claimant.workerId === assignedId || assigned !== null || facts.transitions.some((t) => t.to === 'resuming')) return clear;
  const id = facts.operationId ?? '';
  return match({
    variant: 'ghost-claim',
    confidence: 'likely',
    headline: `Nothing runs: the worker was restarted, and its successor ${claimant.workerId} only claims this ${operationNoun(facts.type)}.`,
    explanation: `${assignedId} took the operation and is gone. A status poll made its successor load the record, so the registry believes that it is being worked on; it will stay “running” for ever and block that worker.`,
    culprit: lastPhase(facts.phases)?.span ?? null,
    evidence: [record(`taken by ${assignedId}, which is not registered any more`), worker(`${claimant.workerId} claims it now`), ...(facts.lastActivity === null ? [] : [absence(`no span of the operation after ${clock(facts.lastActivity)}`)])],
    fixes: [fix.cancel(id), fix.restartWorker(null, claimant.workerType), fix.resume(id)],
  });
}

function undetected(facts: Facts, { fix, now }: RuleContext): RuleResult {
  if (isTerminal(facts.status.value) || facts.status.refused || facts.progress?.moved === true) return clear;
  const { assigned, claimant, all, assignedId, silentSince, polls } = facts.workers;
  const holder = claimant ?? assigned;
  const unhealthy = holder !== null && (holder.status === 'temporarily_unavailable' || holder.healthCheckFailures >= HEALTH_LIMIT);
  const unlisted = all !== null && all.length > 0 && assignedId !== null && assigned === null && claimant === null && facts.status.record === 'running';
  if (!unhealthy && !unlisted && silentSince === null) return clear;

  const id = facts.operationId ?? '';
  const sign = [facts.progress?.lastSign ?? null, facts.lastActivity, holder?.lastHealthyAt ?? null].filter((time) => time !== null);
  const since = silentSince ?? holder?.lastHealthyAt ?? (sign.length > 0 ? (Math.max(...sign) as typeof now) : null);
  const progress = facts.progress?.percentage == null ? '' : ` ktrdr still shows ${percent(facts.progress.percentage)}, but`;
  const failedPoll = polls.findLast((poll) => poll.error !== null)?.error ?? null;
  const at = facts.dispatches.at(-1)?.call?.endpoint ?? null;
  return match({
    variant: 'undetected',
    confidence: unhealthy || silentSince !== null ? 'likely' : 'possible',
    headline: `The worker running this ${operationNoun(facts.type)} is gone.${progress || ' ktrdr still shows it as running, but'} nothing has run ${since === null ? 'since then' : `for ${duration(now - since)}`}.`,
    explanation: `${facts.progress?.step == null ? '' : `Last sign of life: ${facts.progress.step}${facts.progress.lastSign === null ? '' : ` at ${clock(facts.progress.lastSign)}`}. `}${holder === null ? 'The worker does not answer any more.' : `${holder.workerId} has failed its health checks since.`}${holder?.lastHealthyAt == null ? '' : ` ktrdr itself will notice about ${clock((holder.lastHealthyAt + NOTICED_AFTER) as typeof now)} and then mark the operation as failed.`}`,
    culprit: lastPhase(facts.phases)?.span ?? null,
    evidence: [
      holder === null ? absence(unlisted ? `${assignedId} is not registered any more, and no worker claims the operation` : 'the worker does not answer status polls') : worker(`${holder.workerId} is ${holder.status.replaceAll('_', ' ')}: ${holder.healthCheckFailures} failed health checks${holder.lastHealthyAt === null ? '' : `, last healthy ${clock(holder.lastHealthyAt)}`}`),
      ...(failedPoll === null ? [] : [exception(failedPoll)]),
      ...(facts.record === null ? [] : [record(`the ktrdr API still says ${facts.record.status}`)]),
    ],
    fixes: [fix.workerLogs(at, facts.type), fix.memoryKills(), fix.startWorkerAt(at, facts.type), fix.resume(id)],
  });
}

function zombie(facts: Facts, { fix }: RuleContext): RuleResult {
  const { claimant } = facts.workers;
  const { value, endedAt } = facts.status;
  if ((value !== 'cancelled' && value !== 'failed') || claimant === null || claimant.status !== 'busy' || endedAt === null) return clear;
  // Until the next health check, 10 s later, “busy” is only a mark that nobody has cleared yet.
  if (claimant.lastHealthCheck === null || claimant.lastHealthCheck < endedAt + 15_000_000) return clear;
  const id = facts.operationId ?? '';
  return match({
    variant: 'zombie',
    confidence: 'likely',
    severity: 'degraded',
    headline: `This ${operationNoun(facts.type)} is ${value}, yet ${claimant.workerId} is still busy with it and refuses other work.`,
    explanation: `It ended at ${clock(endedAt)}, and health checks after that still report it: a thread in the worker ignores the stop. Starts and resumes of this type are refused until that process ends.`,
    culprit: facts.transitions.at(-1)?.span ?? null,
    evidence: [worker(`${claimant.workerId} is busy with ${id} at its health check of ${clock(claimant.lastHealthCheck)}`), ...facts.transitions.slice(-1).map((last) => attribute(last.span, 'toStatus'))],
    fixes: [fix.listWorkers(), fix.restartWorker(null, claimant.workerType), fix.resume(id)],
  });
}

function percent(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}
