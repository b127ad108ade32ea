/** Follows a running operation: looks again after growing waits, edits one message, and tells the watcher once at the end. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { iso } from '../../diagnosis/words.ts';
import { isOpen } from '../../formatters/answer/summary.ts';
import { cleanDiagnosis } from '../../formatters/clean.ts';
import {
  formatWatchEnded,
  formatWatchExpired,
  formatWatching,
  formatWatchStarted,
  formatWatchStopped,
} from '../../formatters/reports/watch.ts';
import { deliver, nudge } from '../deliver/wanted.ts';
import type { Clock, Store } from '../ports.ts';
import { BACKGROUND_JOBS, type QueueClient } from '../queue/queues.ts';
import { cell, readListed, textList } from '../queue/store-cell.ts';
import { wholeMs } from '../queue/whole-ms.ts';
import { type Place, placeSchema } from '../requests.ts';

const watchSchema = z.object({
  /** Begins with the workspace's id, as everything does that is kept for one. */
  watchId: z.string(),
  operationId: z.string(),
  userId: z.string(),
  place: placeSchema,
  /** Milliseconds. */
  begunAt: z.number(),
  state: z.enum(['on', 'ended']),
});
export type Watch = z.infer<typeof watchSchema>;

const DAY_MS = 24 * 3_600_000;
const LONGEST_MS = 7 * DAY_MS;
const WATCH = cell<string, Watch>({
  schema: watchSchema,
  key: (watchId) => `watch:${watchId}`,
  ttlMs: LONGEST_MS + DAY_MS,
});
/** The ids of one person's watches. */
const WATCH_IDS = textList<{ readonly teamId: string; readonly userId: string }>({
  key: ({ teamId, userId }) => `watches:${teamId}-${userId}`,
  ttlMs: LONGEST_MS,
});
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 10 * 60_000;
const GROWTH = 1.5;
const ERRAND_OPTIONS = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 2000 },
  removeOnComplete: { age: 3600, count: 1000 },
  removeOnFail: { age: DAY_MS / 1000, count: 1000 },
};

/** `id` is the gesture's, so that one delivered twice is one watch. Null when this person watches the operation here already. */
export async function startWatch(
  client: QueueClient,
  id: string,
  operationId: string,
  place: Place,
  nowMs: number,
): Promise<Watch | null> {
  const { teamId, userId } = place;
  const watchId = `${teamId}-${createHash('sha256').update(id).digest('hex').slice(0, 24)}`;
  const known = await watchesOf(client.store, teamId, userId);
  const same = known.find((one) => one.operationId === operationId && one.place.channel === place.channel);
  if (same !== undefined && same.watchId !== watchId) return null;
  // A response address is gone long before; without a place in the channel the watcher gets a direct message.
  const lasting = { ...place, responseUrl: null, messageTs: null };
  const watch: Watch = { watchId, operationId, userId, place: lasting, begunAt: nowMs, state: 'on' };
  await WATCH.set(client.store, watchId, watch);
  await WATCH_IDS.append(client.store, { teamId, userId }, watchId);
  await nudge(client, { requestId: requestOf(watch), place: lasting, placeholder: formatWatchStarted(watch) });
  await scheduleCheck(client, watchId, 0, 0);
  return watch;
}

/** Those that go on. */
export async function watchesOf(store: Store, teamId: string, userId: string): Promise<readonly Watch[]> {
  const watches = await readListed(store, WATCH, { ids: WATCH_IDS, of: { teamId, userId }, idOf: (id) => id });
  return watches.filter(({ state }) => state === 'on');
}

/** Only the watcher may; says whose it is otherwise. */
export async function stopWatch(
  client: QueueClient,
  watchId: string,
  { teamId, userId }: { readonly teamId: string; readonly userId: string },
): Promise<'stopped' | 'over' | 'not-yours'> {
  const watch = /^[A-Z0-9]+-[0-9a-f]{24}$/.test(watchId) ? await WATCH.get(client.store, watchId) : null;
  if (watch === null || watch.state !== 'on' || watch.place.teamId !== teamId) return 'over';
  if (watch.userId !== userId) return 'not-yours';
  await end(client, watch);
  await deliver(client, addressOf(watch), 'answer', { summary: formatWatchStopped(watch), thread: [] });
  return 'stopped';
}

export interface WatchTools {
  readonly client: QueueClient;
  diagnose(operationId: string, signal: AbortSignal): Promise<Diagnosis>;
  readonly clock: Clock;
  readonly redact: readonly RegExp[];
}

/** One look. The next is queued before this one ends, under a name of its own, so that a repeated look adds none. */
export async function checkWatched(
  { watchId, check }: { readonly watchId: string; readonly check: number },
  { client, diagnose, clock, redact }: WatchTools,
  signal: AbortSignal,
): Promise<void> {
  const watch = await WATCH.get(client.store, watchId);
  if (watch === null || watch.state !== 'on') return;
  const diagnosis = cleanDiagnosis(await diagnose(watch.operationId, signal), redact);
  const now = clock();
  if (hasEnded(diagnosis)) {
    await deliver(client, addressOf(watch), 'answer', formatWatchEnded(watch, diagnosis));
    return end(client, watch);
  }
  if (now / 1000 - watch.begunAt > LONGEST_MS) {
    await deliver(client, addressOf(watch), 'answer', { summary: formatWatchExpired(watch), thread: [] });
    return end(client, watch);
  }
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * GROWTH ** check);
  const next = new Date(Date.parse(iso(now)) + waitMs).toISOString();
  await deliver(client, addressOf(watch), 'phase', { summary: formatWatching(watch, diagnosis, next), thread: [] });
  await scheduleCheck(client, watchId, check + 1, waitMs);
}

/** After a look that failed for good: the watch goes on all the same. */
export async function scheduleCheck(
  client: QueueClient,
  watchId: string,
  check: number,
  waitMs: number,
): Promise<void> {
  const options = { ...ERRAND_OPTIONS, jobId: `watch-${watchId}-${check}`, delay: wholeMs(waitMs) };
  await client.queue(BACKGROUND_JOBS).add('watch', { kind: 'watch', watchId, check }, options);
}

/** A source that does not answer says nothing about the end. */
function hasEnded(diagnosis: Diagnosis): boolean {
  if (isOpen(diagnosis)) return false;
  return diagnosis.status !== 'unknown' || diagnosis.verdict === 'not-found';
}

async function end({ store }: QueueClient, watch: Watch): Promise<void> {
  const { watchId, userId, place } = watch;
  await WATCH.set(store, watchId, { ...watch, state: 'ended' });
  await WATCH_IDS.remove(store, { teamId: place.teamId, userId }, watchId);
}

function addressOf(watch: Watch) {
  return { requestId: requestOf(watch), place: watch.place };
}

function requestOf({ watchId }: Watch): string {
  return `watch-${watchId}`;
}
