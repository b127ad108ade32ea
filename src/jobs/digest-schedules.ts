/**
 * Which digests are posted by the clock. The configuration and the store say what is wanted; the queue's schedulers are
 * brought to that state again and again, because a queue without persistence forgets them.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { OperationType } from '../diagnosis/case.ts';
import { canonicalType } from '../diagnosis/subject.ts';
import { LATEST_MS } from './digest-scheduled.ts';
import { type DigestPlan, nextTime } from './digest-words.ts';
import type { Store } from './ports.ts';
import { type QueueBackend, type QueueClient, REPORTS } from './queues.ts';
import type { ReportJob } from './report-worker.ts';

/** One that the operator configured. */
export interface ConfiguredDigest {
  readonly channel: string;
  readonly cron: string;
  readonly tz: string;
  readonly sinceMs: number;
  readonly type: string | null;
}

/** Where a digest is posted. */
export interface DigestPlace {
  readonly teamId: string;
  readonly channel: string;
}

export interface PlannedDigest extends DigestPlan, DigestPlace {
  readonly digestId: string;
}

const planSchema = z.object({
  teamId: z.string(),
  channel: z.string(),
  cron: z.string(),
  tz: z.string(),
  sinceMs: z.number().positive(),
  type: z.string().nullable(),
});

const PLACES = 'digests:places';
/** Until somebody ends it. */
const LIFE_MS = 10 * 365 * 24 * 3_600_000;
const LOOK_MS = 10_000;
const JOB_OPTIONS = {
  attempts: 6,
  backoff: { type: 'exponential', delay: 10_000 },
  removeOnComplete: { age: 86_400, count: 200 },
  removeOnFail: { age: 7 * 86_400, count: 200 },
};

/** One per channel: a second replaces the first. */
export async function saveDigest(store: Store, { teamId, channel }: DigestPlace, plan: DigestPlan): Promise<void> {
  await store.set(keyOf({ teamId, channel }), JSON.stringify({ teamId, channel, ...plan }), LIFE_MS);
  await store.removeFromList(PLACES, `${teamId}-${channel}`);
  await store.append(PLACES, `${teamId}-${channel}`, LIFE_MS);
}

/** False when there was none. */
export async function dropDigest(store: Store, place: DigestPlace): Promise<boolean> {
  const known = await store.get(keyOf(place));
  await store.delete(keyOf(place));
  await store.removeFromList(PLACES, `${place.teamId}-${place.channel}`);
  return known !== null;
}

/** What was set in Slack for the channel. */
export async function digestOfChannel(store: Store, place: DigestPlace): Promise<PlannedDigest | null> {
  const text = await store.get(keyOf(place));
  const read = text === null ? undefined : planSchema.safeParse(JSON.parse(text)).data;
  const type = read === undefined ? null : typeNamed(read.type);
  if (read === undefined || type === undefined) return null;
  return { ...read, type, digestId: `slack-${read.teamId}-${read.channel}` };
}

/** `teamId` is the workspace that configured channels belong to; empty where there is only one. */
export function configuredDigests(
  configured: readonly ConfiguredDigest[],
  teamId: string,
  log: Logger,
): readonly PlannedDigest[] {
  return configured.flatMap((digest) => {
    const { channel, cron, tz, sinceMs } = digest;
    const type = typeNamed(digest.type);
    if (type !== undefined && nextTime(digest, Date.now()) !== null) {
      const name = createHash('sha256')
        .update(JSON.stringify([channel, cron, tz, sinceMs, type]))
        .digest('hex');
      return [{ teamId, channel, cron, tz, sinceMs, type, digestId: `config-${name.slice(0, 16)}` }];
    }
    const wrong = type === undefined ? `${digest.type} is not a type of operation` : `${cron} is not a cron pattern`;
    log.error({ channel }, `a digest of DIGESTS is left out: ${wrong}`);
    return [];
  });
}

/** Keeps the schedulers as they are wanted, until it is closed. */
export function startDigestScheduler({
  backend,
  configured,
  log,
  lookMs = LOOK_MS,
}: {
  readonly backend: QueueBackend;
  readonly configured: readonly PlannedDigest[];
  readonly log: Logger;
  readonly lookMs?: number;
}): { close(): Promise<void> } {
  let isOver = false;
  let looking: Promise<void> = Promise.resolve();
  function look(): void {
    looking = looking.then(async () => {
      if (isOver) return;
      await schedule(backend.front, configured).catch((err: unknown) =>
        log.debug({ err }, 'could not look after the schedules of digests'),
      );
    });
  }
  backend.onReady(look);
  const timer = setInterval(look, lookMs);
  return {
    async close() {
      isOver = true;
      clearInterval(timer);
      await looking;
    },
  };
}

async function schedule(client: QueueClient, configured: readonly PlannedDigest[]): Promise<void> {
  const wanted = [...configured, ...(await digestsSetInSlack(client.store))];
  const queue = client.queue(REPORTS);
  const known = await queue.getJobSchedulers(0, -1);
  for (const plan of wanted) {
    const { digestId, cron, tz } = plan;
    const same = known.find(
      ({ key, pattern, tz: zone, template }) =>
        key === digestId && pattern === cron && zone === tz && isDeepStrictEqual(template?.data, jobFor(plan)),
    );
    // One that is due must stay: to schedule it anew would lose the digest that a restart has held up.
    if (same !== undefined && !(await isStuck(client, digestId, same.next))) continue;
    await queue.upsertJobScheduler(
      digestId,
      { pattern: cron, tz },
      { name: 'digest', data: jobFor(plan), opts: JOB_OPTIONS },
    );
  }
  for (const { key } of known) {
    if (!wanted.some(({ digestId }) => digestId === key)) await queue.removeJobScheduler(key);
  }
}

/** Long overdue, and nothing in the queue that would run. */
async function isStuck(client: QueueClient, digestId: string, next: number | undefined): Promise<boolean> {
  if (next !== undefined && next > Date.now() - LATEST_MS) return false;
  const state = await client.queue(REPORTS).getJobState(`repeat:${digestId}:${next ?? 0}`);
  return state !== 'waiting' && state !== 'delayed' && state !== 'active' && state !== 'prioritized';
}

async function digestsSetInSlack(store: Store): Promise<readonly PlannedDigest[]> {
  const places = await store.list(PLACES);
  const found = await Promise.all(
    places.map(async (name) => {
      const split = name.indexOf('-');
      const place = { teamId: name.slice(0, split), channel: name.slice(split + 1) };
      const plan = await digestOfChannel(store, place);
      // A workspace that removed the app took its settings along.
      if (plan === null) await store.removeFromList(PLACES, name);
      return plan;
    }),
  );
  return found.filter((plan) => plan !== null);
}

function jobFor({ digestId, teamId, channel, sinceMs, type }: PlannedDigest): ReportJob {
  return { kind: 'scheduled', digestId, teamId, channel, sinceMs, type };
}

/** Undefined for a word that names none. */
function typeNamed(type: string | null): OperationType | null | undefined {
  return type === null ? null : (canonicalType(type) ?? undefined);
}

function keyOf({ teamId, channel }: DigestPlace): string {
  return `digest:${teamId}-${channel}`;
}
