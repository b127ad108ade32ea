/**
 * Follows a resumed operation to its end. The backend has lost its link to the worker and may show “resuming, 0%” indefinitely,
 * so progress is judged by the worker that lists the operation and by its checkpoint.
 */
import { z } from 'zod';
import { type FollowedEnd, formatFollowed, formatFollowing } from '../../formatters/reports/action.ts';
import { type FollowResumedJob, scheduleFollowing } from '../background/background-jobs.ts';
import { say } from '../deliver/wanted.ts';
import { cell } from '../queue/store-cell.ts';
import type { Checkpoint, Read } from './ktrdr-port.ts';
import { type ActionTools, watch } from './perform.ts';
import { holderOf } from './plan.ts';
import { ACTION } from './state.ts';

const DAY_MS = 24 * 3_600_000;
const MAX_FOLLOW_MS = 7 * DAY_MS;
const FIRST_WAIT_MS = 10_000;
const MAX_WAIT_MS = 5 * 60_000;
const WAIT_GROWTH = 1.5;
/** The registry may still show the worker as idle for this many checks after it took the operation. */
const SURE_AFTER_CHECKS = 3;

const seenSchema = z.object({
  begunAt: z.number(),
  workerId: z.string().nullable(),
  /** Time of the latest checkpoint, in microseconds, and its epoch. */
  savedAt: z.number().nullable(),
  epoch: z.number().nullable(),
  /** The checkpoint has changed since the resume. */
  hasGrown: z.boolean(),
  /** Consecutive checks without a worker. */
  idle: z.number(),
});
type Seen = z.infer<typeof seenSchema>;

const SEEN = cell<string, Seen>({
  schema: seenSchema,
  key: (offerId) => `action-seen:${offerId}`,
  ttlMs: MAX_FOLLOW_MS + DAY_MS,
});

export async function followResumed(
  { offerId, check }: FollowResumedJob,
  tools: ActionTools,
  signal: AbortSignal,
): Promise<void> {
  const { client, ktrdr, now } = tools;
  const action = await ACTION.get(client.store, offerId);
  if (action === null) return;
  const { operationId } = action.wanted;
  const [record, workers, checkpoint] = await Promise.all([
    ktrdr.operation(operationId, signal),
    ktrdr.workers(signal),
    ktrdr.checkpoint(operationId, signal),
  ]);
  const status = record.kind === 'found' ? record.value.status : null;
  // The backend kept its link, so from now on ktrdr reports the progress.
  if (status === 'running') return watch(action, operationId, tools);
  const earlier = (await SEEN.get(client.store, offerId)) ?? firstSeen(checkpoint, now());
  const holder = workers.kind === 'found' ? holderOf(workers.value, operationId) : null;
  const seen = seenNow(earlier, checkpoint, { holder: holder?.workerId ?? null, isListed: workers.kind === 'found' });
  const isEnded = status !== null && status !== 'resuming' && status !== 'pending' && status !== 'unknown';
  const end = isEnded ? 'ended' : endIn(seen, checkpoint, now());
  const request = { requestId: `action-follow-${offerId}`, place: action.place };
  const told = { ...action.wanted, operationType: action.operationType, userId: action.userId };
  if (end !== null) return say(client, request, formatFollowed({ ...told, end, status, epoch: seen.epoch }));
  const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * WAIT_GROWTH ** check);
  const next = new Date(now() + waitMs).toISOString();
  const summary = formatFollowing({ ...told, workerId: holder?.workerId ?? null, epoch: seen.epoch, next });
  await SEEN.set(client.store, offerId, seen);
  await say(client, request, { summary, thread: [] });
  await scheduleFollowing(client, offerId, check + 1, waitMs);
}

function firstSeen(checkpoint: Read<Checkpoint>, begunAt: number): Seen {
  const first = checkpoint.kind === 'found' ? checkpoint.value : null;
  const { createdAt = null, epoch = null } = first ?? {};
  return { begunAt, workerId: null, savedAt: createdAt, epoch, hasGrown: false, idle: 0 };
}

function seenNow(
  earlier: Seen,
  checkpoint: Read<Checkpoint>,
  { holder, isListed }: { readonly holder: string | null; readonly isListed: boolean },
): Seen {
  const found = checkpoint.kind === 'found' ? checkpoint.value : null;
  const isNewer = found?.createdAt != null && found.createdAt > (earlier.savedAt ?? 0);
  return {
    begunAt: earlier.begunAt,
    workerId: holder ?? earlier.workerId,
    savedAt: found?.createdAt ?? earlier.savedAt,
    epoch: found?.epoch ?? earlier.epoch,
    hasGrown: earlier.hasGrown || isNewer,
    idle: holder !== null ? 0 : isListed ? earlier.idle + 1 : earlier.idle,
  };
}

/** A resume requires a checkpoint, so one that is missing now was deleted since. */
function endIn(
  { begunAt, workerId, hasGrown, idle }: Seen,
  checkpoint: Read<Checkpoint>,
  now: number,
): FollowedEnd | null {
  if (now - begunAt > MAX_FOLLOW_MS) return 'expired';
  if (idle < SURE_AFTER_CHECKS) return null;
  if (checkpoint.kind === 'not-found') return 'finished';
  return workerId !== null || hasGrown ? 'left' : 'never-begun';
}
