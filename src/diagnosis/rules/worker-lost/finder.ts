/** What became of the worker that took an operation, when the operation's own spans don't show its end. */
import type { WorkerRecord } from '../../case.ts';
import type { Call } from '../../facts/calls.ts';
import type { Facts } from '../../facts/index.ts';
import type { ReportedError } from '../../facts/reported-error.ts';
import { isTerminal, type Transition } from '../../facts/transitions.ts';
import { healthChecksOf, locationOf } from '../../facts/workers.ts';
import type { Micros } from '../../trace.ts';
import { backendStopOf, cancelRequestOf, shutdownUpdateOf } from '../cancelled/finder.ts';

export type WorkerLoss =
  | { readonly kind: 'false-alarm'; readonly orphaned: ReportedError | null; readonly revoked: Transition | null }
  | { readonly kind: 'crashed'; readonly orphaned: ReportedError; readonly isUnlisted: boolean }
  | { readonly kind: 'shutdown'; readonly update: Call | null; readonly stillHeldBy: WorkerRecord | null }
  | { readonly kind: 'ghost-claim'; readonly claimant: WorkerRecord; readonly firstWorker: string }
  | { readonly kind: 'undetected'; readonly holder: WorkerRecord | null; readonly since: Micros | null }
  | {
      readonly kind: 'unresponsive';
      readonly holder: WorkerRecord | null;
      readonly since: Micros | null;
      /** Health checks that timed out, if their traces were found. */
      readonly checks: readonly Call[];
    }
  | { readonly kind: 'zombie'; readonly holder: WorkerRecord; readonly endedAt: Micros };

/** The backend runs these itself, so no worker claims them, and the orphan detector fails any that takes over a minute. */
export const NEVER_CLAIMED = new Set(['data_load', 'dummy']);
/** After three failed health checks, which come every 10 s, a worker is unavailable. */
const HEALTH_CHECK_LIMIT = 3;
/** Between checks that are refused immediately (10 s) and those that time out (15 s). */
const PACE_OF_TIMEOUTS = 12_500_000;
/** Until the next health check, a worker may be marked busy although its operation has ended. */
const MARK_IS_CLEARED = 15_000_000;
/** A worker that made progress within this time is alive, whatever its health checks say. */
const RECENT = 30_000_000;

export function workerLossOf(facts: Facts): WorkerLoss | null {
  return (
    falseAlarm(facts) ?? crash(facts) ?? shutdown(facts) ?? staleClaim(facts) ?? undetected(facts) ?? zombie(facts)
  );
}

function falseAlarm(facts: Facts): WorkerLoss | null {
  const { orphaned, revoked, decisive } = facts.failure;
  if (orphaned === null && revoked === null) return null;
  if (revoked === null && !NEVER_CLAIMED.has(facts.type ?? '')) return null;
  // A later error explains more.
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
  // A cancel request always leaves a message, and cancelling the parent leaves the parent's id.
  const hasNoReason = record !== null && record.errorMessage === null && record.parentOperationId === null;
  const isReported = /graceful shutdown/i.test(record?.errorMessage ?? '');
  if (update === null && !hasNoReason && !isReported) return null;
  return { kind: 'shutdown', update, stillHeldBy: busyAfterEnd(facts) };
}

function staleClaim(facts: Facts): WorkerLoss | null {
  const { claimant, assigned, assignedId } = facts.workers;
  if (isTerminal(facts.status.value) || claimant === null || assignedId === null || assigned !== null) return null;
  // A resume may give the operation to another worker.
  const wasResumed = facts.record?.status === 'resuming' || facts.transitions.some(({ to }) => to === 'resuming');
  return wasResumed || claimant.workerId === assignedId
    ? null
    : { kind: 'ghost-claim', claimant, firstWorker: assignedId };
}

function undetected(facts: Facts): WorkerLoss | null {
  const { progress, status } = facts;
  if (isTerminal(status.value) || status.refused) return null;
  const lastMoved = progress?.source === 'record' ? progress.lastSign : null;
  if (lastMoved !== null && progress !== null && progress.seenUntil - lastMoved < RECENT) return null;

  const { assigned, claimant, unansweredPolls } = facts.workers;
  const holder = claimant ?? assigned;
  const checks = failedChecksOf(facts, holder);
  const isUnhealthy =
    holder?.status === 'temporarily_unavailable' || (holder?.healthCheckFailures ?? 0) >= HEALTH_CHECK_LIMIT;
  const isSilent = unansweredPolls !== null && (holder?.lastHealthyAt ?? 0) <= unansweredPolls.since;
  if (isUnhealthy || isSilent || checks.length >= HEALTH_CHECK_LIMIT) {
    const since = unansweredPolls?.since ?? holder?.lastHealthyAt ?? checks[0]?.span.start ?? null;
    return timesOut(facts, holder, checks)
      ? { kind: 'unresponsive', holder, since, checks }
      : { kind: 'undetected', holder, since };
  }
  return isUnlisted(facts) ? { kind: 'undetected', holder: null, since: lastMoved ?? facts.lastActivity } : null;
}

/** The health checks of its worker since the last successful one. */
function failedChecksOf({ case: input, workers: { location } }: Facts, holder: WorkerRecord | null): readonly Call[] {
  const endpoint = holder === null ? location.endpoint : locationOf(holder).endpoint;
  const checks = endpoint === null ? [] : healthChecksOf(input, endpoint);
  return checks.slice(checks.findLastIndex(({ failure }) => failure === null) + 1);
}

/**
 * Whether something still listens there: requests to a hung process time out, and connections to a dead one are refused. Without any
 * request among the traces, the pace of the registry's checks shows it: one every 10 s, and 5 s more for each that times out.
 */
function timesOut(
  { workers: { unansweredPolls } }: Facts,
  holder: WorkerRecord | null,
  checks: readonly Call[],
): boolean {
  const last = checks.at(-1) ?? unansweredPolls?.last;
  if (last !== undefined) return last.failure === 'timeout';
  if (holder?.lastHealthCheck == null || holder.lastHealthyAt === null || holder.healthCheckFailures === 0)
    return false;
  return (holder.lastHealthCheck - holder.lastHealthyAt) / holder.healthCheckFailures > PACE_OF_TIMEOUTS;
}

/** Whether its worker is no longer listed and no other has claimed it. After a restart of the backend, that holds for every operation. */
function isUnlisted(facts: Facts): boolean {
  const { all, assigned, assignedId, claimant } = facts.workers;
  if (all === null || all.length === 0 || assignedId === null || assigned !== null || claimant !== null) return false;
  if (facts.record?.status !== 'running' || backendStopOf(facts) !== null) return false;
  return facts.lastActivity === null || facts.case.now - facts.lastActivity > RECENT;
}

function zombie(facts: Facts): WorkerLoss | null {
  const { value, endedAt } = facts.status;
  const holder = busyAfterEnd(facts);
  if ((value !== 'cancelled' && value !== 'failed') || endedAt === null || holder === null) return null;
  return { kind: 'zombie', holder, endedAt };
}

/** The worker that health checks well after the end still report as busy with the operation. */
function busyAfterEnd(facts: Facts): WorkerRecord | null {
  const { claimant } = facts.workers;
  const { endedAt } = facts.status;
  if (claimant?.status !== 'busy' || claimant.lastHealthCheck === null || endedAt === null) return null;
  return claimant.lastHealthCheck >= endedAt + MARK_IS_CLEARED ? claimant : null;
}
