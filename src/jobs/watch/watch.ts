/** Follows a running operation: checks it at growing intervals, edits one message, and notifies the watcher when it ends. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Subject } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { iso } from '../../diagnosis/words.ts';
import { isOpen } from '../../formatters/answer/summary.ts';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import { code } from '../../formatters/blocks/text-block.ts';
import { cleanDiagnosis } from '../../formatters/clean.ts';
import type { Message } from '../../formatters/message.ts';
import {
  formatNothingToWatch,
  formatWatchEnded,
  formatWatchExpired,
  formatWatching,
  formatWatchStopped,
} from '../../formatters/reports/watch.ts';
import { recordIfCompleted } from '../answer/afterwards.ts';
import { scheduleCheck, type WatchJob } from '../background/background-jobs.ts';
import { say } from '../deliver/wanted.ts';
import type { Clock, Store } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import { cell, readListed, textList } from '../queue/store-cell.ts';
import { openRequest } from '../register/open-requests.ts';
import { type PersonRef, type Place, placeSchema } from '../requests.ts';

const watchSchema = z.object({
  /** Starts with the workspace's ID, like the key of everything that belongs to a workspace. */
  watchId: z.string(),
  operationId: z.string(),
  userId: z.string(),
  place: placeSchema,
  /** Milliseconds. */
  begunAt: z.number(),
  state: z.enum(['on', 'ended']),
  /** For the reply that there is nothing to watch; null after the first check. */
  responseUrl: z.string().nullable().exactOptional(),
});
export type Watch = z.infer<typeof watchSchema>;

const DAY_MS = 24 * 3_600_000;
const MAX_WATCH_MS = 7 * DAY_MS;
const FIRST_WAIT_MS = 10_000;
const MAX_WAIT_MS = 10 * 60_000;
const WAIT_GROWTH = 1.5;

const WATCH = cell<string, Watch>({
  schema: watchSchema,
  key: (watchId) => `watch:${watchId}`,
  ttlMs: MAX_WATCH_MS + DAY_MS,
});
const WATCH_IDS = textList<PersonRef>({
  key: ({ teamId, userId }) => `watches:${teamId}-${userId}`,
  ttlMs: MAX_WATCH_MS,
});

interface WatchTools {
  readonly client: QueueClient;
  diagnose(subject: Subject, symptom: null, signal: AbortSignal): Promise<Diagnosis>;
  readonly clock: Clock;
  readonly redact: readonly RegExp[];
}

/** Each resolves to null when the message of the watch says enough. */
export function createWatchActions({ client, clock }: Pick<WatchTools, 'client' | 'clock'>) {
  return {
    async watch(id: string, operationId: string, place: Place): Promise<Message | null> {
      const watch = await startWatch(client, id, { operationId, place, nowMs: Math.round(clock() / 1000) });
      return watch === null ? buildMessage(['You’re already watching ', code(operationId), ' here.']) : null;
    },

    async stopWatching(watchId: string, person: PersonRef): Promise<Message | null> {
      const outcome = await stopWatch(client, watchId, person);
      if (outcome === 'stopped') return null;
      return outcome === 'over'
        ? buildMessage(['That watch has already ended.'])
        : buildMessage(['Only the person who started this watch can stop it.']);
    },
  };
}

/**
 * `interactionId` ensures that an interaction that Slack delivers twice creates only one watch. Null when this person already
 * watches the operation in this channel.
 */
export async function startWatch(
  client: QueueClient,
  interactionId: string,
  { operationId, place, nowMs }: { readonly operationId: string; readonly place: Place; readonly nowMs: number },
): Promise<Watch | null> {
  const { teamId, userId } = place;
  const watchId = `${teamId}-${createHash('sha256').update(interactionId).digest('hex').slice(0, 24)}`;
  const known = await watchesOf(client.store, teamId, userId);
  const same = known.find((one) => one.operationId === operationId && one.place.channel === place.channel);
  if (same !== undefined && same.watchId !== watchId) return null;
  // The response URL expires long before the watch; where the bot can't post, the watcher gets a direct message.
  const lasting = { ...place, responseUrl: null, messageTs: null };
  const { responseUrl } = place;
  const watch: Watch = { watchId, operationId, userId, place: lasting, begunAt: nowMs, state: 'on', responseUrl };
  await WATCH.set(client.store, watchId, watch);
  await WATCH_IDS.append(client.store, { teamId, userId }, watchId);
  // The message is posted later, when the first check shows that there is something to watch.
  await openRequest(client, { ...messageRef(watch), askedAtMs: Date.now(), job: null });
  await scheduleCheck(client, watchId, 0, 0);
  return watch;
}

/** The watches that have not ended. */
export async function watchesOf(store: Store, teamId: string, userId: string): Promise<readonly Watch[]> {
  const watches = await readListed(store, WATCH, { ids: WATCH_IDS, of: { teamId, userId }, idOf: (id) => id });
  return watches.filter(({ state }) => state === 'on');
}

/** Only the watcher can stop a watch. */
export async function stopWatch(
  client: QueueClient,
  watchId: string,
  { teamId, userId }: PersonRef,
): Promise<'stopped' | 'over' | 'not-yours'> {
  const watch = /^[A-Z0-9]+-[0-9a-f]{24}$/.test(watchId) ? await WATCH.get(client.store, watchId) : null;
  if (watch === null || watch.state !== 'on' || watch.place.teamId !== teamId) return 'over';
  if (watch.userId !== userId) return 'not-yours';
  await end(client, watch);
  await say(client, messageRef(watch), { summary: formatWatchStopped(watch), thread: [] });
  return 'stopped';
}

/** Schedules the next check before this one ends, so that a watch is never left without one. */
export async function checkWatched(
  { watchId, check }: Pick<WatchJob, 'watchId' | 'check'>,
  { client, diagnose, clock, redact }: WatchTools,
  signal: AbortSignal,
): Promise<void> {
  const watch = await WATCH.get(client.store, watchId);
  if (watch === null || watch.state !== 'on') return;
  const subject = { kind: 'operation', operationId: watch.operationId } as const;
  const diagnosis = cleanDiagnosis(await diagnose(subject, null, signal), redact);
  const now = clock();
  await recordIfCompleted(client.store, watch.place.teamId, diagnosis);
  if (hasEnded(diagnosis) && check === 0) {
    await sayNothingToWatch(client, watch, diagnosis);
    return end(client, watch);
  }
  if (hasEnded(diagnosis)) {
    await say(client, messageRef(watch), formatWatchEnded(watch, diagnosis));
    return end(client, watch);
  }
  if (now / 1000 - watch.begunAt > MAX_WATCH_MS) {
    await say(client, messageRef(watch), { summary: formatWatchExpired(watch), thread: [] });
    return end(client, watch);
  }
  if (check === 0) await WATCH.set(client.store, watchId, { ...watch, responseUrl: null });
  const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * WAIT_GROWTH ** check);
  const next = new Date(Date.parse(iso(now)) + waitMs).toISOString();
  await say(client, messageRef(watch), { summary: formatWatching(watch, diagnosis, next), thread: [] });
  await scheduleCheck(client, watchId, check + 1, waitMs);
}

/** Tells only the person, if there is a way to reach them. */
async function sayNothingToWatch(client: QueueClient, watch: Watch, diagnosis: Diagnosis): Promise<void> {
  const { requestId, place } = messageRef(watch);
  const elsewhere = { requestId, question: '', isSummary: true };
  const summary = formatNothingToWatch(watch, diagnosis);
  const { responseUrl = null } = watch;
  await say(client, { requestId, place }, { summary, thread: [], place: { ...place, responseUrl }, elsewhere });
}

/** When a source doesn't respond, the operation may still be running. */
function hasEnded(diagnosis: Diagnosis): boolean {
  if (isOpen(diagnosis)) return false;
  return diagnosis.status !== 'unknown' || diagnosis.verdict === 'not-found';
}

async function end({ store }: QueueClient, watch: Watch): Promise<void> {
  const { watchId, userId, place } = watch;
  await WATCH.set(store, watchId, { ...watch, state: 'ended', responseUrl: null });
  await WATCH_IDS.remove(store, { teamId: place.teamId, userId }, watchId);
}

function messageRef({ watchId, place }: Watch) {
  return { requestId: `watch-${watchId}`, place };
}
