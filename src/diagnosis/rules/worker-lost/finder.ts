/** What became of the worker that took an operation, when the operation's own spans do not tell its end. */
import type { WorkerRecord } from '../../case.ts';
import type { Call } from '../../facts/calls.ts';
import type { Facts } from '../../facts/index.ts';
import type { ReportedError } from '../../facts/reported-error.ts';
import { isTerminal, type Transition } from '../../facts/transitions.ts';
import type { Micros } from '../../trace.ts';
import { backendStopOf, cancelRequestOf, shutdownUpdateOf } from '../cancelled/finder.ts';

export type WorkerLoss =
  | { readonly kind: 'false-alarm'; readonly orphaned: ReportedError | null; readonly revoked: Transition | null }
  | { readonly kind: 'crashed'; readonly orphaned: ReportedError; readonly isUnlisted: boolean }
  | { readonly kind: 'shutdown'; readonly update: Call | null; readonly stillHeldBy: WorkerRecord | null }
  | { readonly kind: 'ghost-claim'; readonly claimant: WorkerRecord; readonly firstWorker: string }
  | { readonly kind: 'undetected'; readonly holder: WorkerRecord | null; readonly since: Micros | null }
  | { readonly kind: 'zombie'; readonly holder: WorkerRecord; readonly endedAt: Micros; readonly checkedAt: Micros };

/** Operations of the backend itself: no worker claims them, so the orphan detector fails any that takes over a minute. */
const NEVER_CLAIMED = new Set(['data_load', 'dummy']);
/** Health checks come every 10 s; three that failed make a worker unavailable. */
const HEALTH_LIMIT = 3;
/** Until the next health check “busy” is only a mark that nobody has cleared yet. */
const MARK_IS_CLEARED = 15_000_000;
/** Who moved this lately is alive, whatever its health checks say. */
const ALIVE = 30_000_000;

export function workerLossOf(facts: Facts): WorkerLoss | null {
  return (
    falseAlarm(facts) ?? crash(facts) ?? shutdown(facts) ?? ghostClaim(facts) ?? undetected(facts) ?? zombie(facts)
  );
}

function falseAlarm(facts: Facts): WorkerLoss | null {
  const { orphaned, revoked, decisive } = facts.failure;
  if (orphaned === null && revoked === null) return null;
  if (revoked === null && !NEVER_CLAIMED.has(facts.type ?? '')) return null;
  // A real error that came later is the better answer.
  if (revoked?.to === 'failed' && decisive !== null) return null;
  return { kind: 'false-alarm', orphaned, revoked };
}

function crash(facts: Facts): WorkerLoss | null {
  const { orphaned, revoked, decisive } = facts.failure;
  if (orphaned === null || revoked !== null || facts.status.value !== 'failed') return null;
  if (decisive !== null && decisive.source !== 'exception') return null;
  const { all, assigned, assignedId } = facts.workers;
  return { kind: 'crashed', orphaned, isUnlisted: all !== null && assignedId !== null && assigned === null };
}

function shutdown(facts: Facts): WorkerLoss | null {
  if (facts.transitions.some(({ to }) => to === 'cancelled') || cancelRequestOf(facts) !== null) return null;
  const { record } = facts;
  if (record !== null && record.status !== 'cancelled') return null;
  const update = shutdownUpdateOf(facts);
  // A person's cancel always leaves a text, a parent's names the parent.
  const isSilent = record !== null && record.errorMessage === null && record.parentOperationId === null;
  const isSaid = /graceful shutdown/i.test(record?.errorMessage ?? '');
  if (update === null && !isSilent && !isSaid) return null;
  return { kind: 'shutdown', update, stillHeldBy: holderAfterEnd(facts) };
}

function ghostClaim(facts: Facts): WorkerLoss | null {
  const { claimant, assigned, assignedId } = facts.workers;
  if (isTerminal(facts.status.value) || claimant === null || assignedId === null || assigned !== null) return null;
  // A resume may well have given it to another worker.
  const wasResumed = facts.record?.status === 'resuming' || facts.transitions.some(({ to }) => to === 'resuming');
  return wasResumed || claimant.workerId === assignedId
    ? null
    : { kind: 'ghost-claim', claimant, firstWorker: assignedId };
}

function undetected(facts: Facts): WorkerLoss | null {
  const { progress, status } = facts;
  if (isTerminal(status.value) || status.refused || progress?.moved === true) return null;
  const lastMoved = progress?.source === 'record' ? progress.lastSign : null;
  if (lastMoved !== null && progress !== null && progress.seenUntil - lastMoved < ALIVE) return null;

  const { assigned, claimant, unansweredPolls: mute } = facts.workers;
  const holder = claimant ?? assigned;
  if (holder !== null && (holder.status === 'temporarily_unavailable' || holder.healthCheckFailures >= HEALTH_LIMIT)) {
    return { kind: 'undetected', holder, since: mute?.since ?? holder.lastHealthyAt };
  }
  const wasSeenSince = mute !== null && holder?.lastHealthyAt != null && holder.lastHealthyAt > mute.since;
  if (mute !== null && !wasSeenSince) return { kind: 'undetected', holder, since: mute.since };
  return isForgotten(facts) ? { kind: 'undetected', holder: null, since: lastMoved ?? facts.lastActivity } : null;
}

/** Its worker is not listed any more and no other has it; right after a restart of the backend that is so for everyone. */
function isForgotten(facts: Facts): boolean {
  const { all, assigned, assignedId, claimant } = facts.workers;
  const { lastActivity, case: kase } = facts;
  if (all === null || all.length === 0 || assignedId === null || assigned !== null || claimant !== null) return false;
  if (facts.record?.status !== 'running' || backendStopOf(facts) !== null) return false;
  return lastActivity === null || kase.now - lastActivity > ALIVE;
}

function zombie(facts: Facts): WorkerLoss | null {
  const { value, endedAt } = facts.status;
  const holder = holderAfterEnd(facts);
  if ((value !== 'cancelled' && value !== 'failed') || endedAt === null || holder?.lastHealthCheck == null) return null;
  return { kind: 'zombie', holder, endedAt, checkedAt: holder.lastHealthCheck };
}

/** The worker that health checks long after the end still find busy with it. */
function holderAfterEnd(facts: Facts): WorkerRecord | null {
  const { claimant } = facts.workers;
  const { endedAt } = facts.status;
  if (claimant?.status !== 'busy' || claimant.lastHealthCheck === null || endedAt === null) return null;
  return claimant.lastHealthCheck >= endedAt + MARK_IS_CLEARED ? claimant : null;
}
