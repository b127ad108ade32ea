/**
 * Which digests are posted by the clock. The configuration and the store say what is wanted; the queue's schedulers are
 * brought to that state again and again, because a queue without persistence forgets them.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { OperationType } from '../../diagnosis/case.ts';
import { canonicalType, TYPE_WORDS } from '../../diagnosis/vocabulary/operations.ts';
import type { Store } from '../ports.ts';
import { type QueueBackend, type QueueClient, REPORTS } from '../queue/queues.ts';
import { cell, readListed, textList } from '../queue/store-cell.ts';
import type { ReportJob } from '../reports/report-worker.ts';
import { LATEST_MS } from './scheduled.ts';
import { type DigestPlan, nextTime } from './words.ts';

/** One that the operator configured. */
export interface ConfiguredDigest {
  /** The workspace of the channel; null where only one can be meant. */
  readonly team: string | null;
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
  /** Null for those of the configuration. */
  readonly setBy: string | null;
}

export interface DigestSetInSlack extends PlannedDigest {
  readonly setBy: string;
}

const planSchema = z.object({
  teamId: z.string(),
  channel: z.string(),
  cron: z.string(),
  tz: z.string(),
  sinceMs: z.number().positive(),
  type: z.string().nullable(),
  setBy: z.string(),
});

/** Until somebody ends it. */
const LIFE_MS = 10 * 365 * 24 * 3_600_000;
const PLAN = cell<DigestPlace, z.infer<typeof planSchema>>({
  schema: planSchema,
  key: (place) => `digest:${nameOf(place)}`,
  ttlMs: LIFE_MS,
});
const PLACES = textList<'all workspaces'>({ key: () => 'digests:places', ttlMs: LIFE_MS });
const LOOK_MS = 10_000;
const JOB_OPTIONS = {
  attempts: 6,
  backoff: { type: 'exponential', delay: 10_000 },
  removeOnComplete: { age: 86_400, count: 200 },
  removeOnFail: { age: 7 * 86_400, count: 200 },
};

/** One per channel: a second replaces the first. `userId` is who sets it. */
export async function saveDigest(
  store: Store,
  { teamId, channel, userId }: DigestPlace & { readonly userId: string },
  plan: DigestPlan,
): Promise<void> {
  await PLAN.set(store, { teamId, channel }, { teamId, channel, setBy: userId, ...plan });
  await PLACES.moveToEnd(store, 'all workspaces', nameOf({ teamId, channel }));
}

/** False when there was none. */
export async function dropDigest(store: Store, place: DigestPlace): Promise<boolean> {
  const wasSet = await PLAN.has(store, place);
  await PLAN.delete(store, place);
  await PLACES.remove(store, 'all workspaces', nameOf(place));
  return wasSet;
}

/** What was set in Slack for the channel. */
export async function digestOfChannel(store: Store, place: DigestPlace): Promise<DigestSetInSlack | null> {
  const kept = await PLAN.get(store, place);
  return kept === null ? null : asPlanned(kept);
}

/** All that were set in Slack, of one workspace. */
export async function digestsOf(store: Store, teamId: string): Promise<readonly DigestSetInSlack[]> {
  return (await digestsSetInSlack(store)).filter((one) => one.teamId === teamId);
}

/** When it comes next (ISO 8601); null when never. */
export function nextOf(plan: Pick<DigestPlan, 'cron' | 'tz'>): string | null {
  const next = nextTime(plan, Date.now());
  return next === null ? null : new Date(next).toISOString();
}

/** `onlyTeam` is the workspace of entries that name none; empty when the bot has one token, and with it one workspace. */
export function planConfigured(
  configured: readonly ConfiguredDigest[],
  onlyTeam: string,
): { readonly planned: readonly PlannedDigest[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const planned = configured.flatMap((digest, i) => {
    const { channel, cron, tz, sinceMs } = digest;
    const type = typeNamed(digest.type);
    if (type === undefined)
      problems.push(`DIGESTS entry ${i + 1} has a type that no operation has: use ${TYPE_WORDS.join(', ')}.`);
    if (nextTime(digest, Date.now()) === null)
      problems.push(`DIGESTS entry ${i + 1} has a cron pattern that never comes: 0 9 * * 1-5 is weekdays at nine.`);
    const name = createHash('sha256')
      .update(JSON.stringify([channel, cron, tz, sinceMs, type]))
      .digest('hex');
    const teamId = digest.team ?? onlyTeam;
    return type === undefined
      ? []
      : [{ teamId, channel, cron, tz, sinceMs, type, setBy: null, digestId: `config-${name.slice(0, 16)}` }];
  });
  return { planned, problems };
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

async function digestsSetInSlack(store: Store): Promise<readonly DigestSetInSlack[]> {
  // A workspace that removed the app took its settings along, but not its places in the list.
  const kept = await readListed(store, PLAN, { ids: PLACES, of: 'all workspaces', idOf: placeNamed });
  return kept.map(asPlanned).filter((plan) => plan !== null);
}

/** Null when it names a type that no operation has. */
function asPlanned(kept: z.infer<typeof planSchema>): DigestSetInSlack | null {
  const type = typeNamed(kept.type);
  return type === undefined ? null : { ...kept, type, digestId: `slack-${kept.teamId}-${kept.channel}` };
}

function jobFor({ digestId, teamId, channel, setBy, sinceMs, type }: PlannedDigest): ReportJob {
  return { kind: 'scheduled', digestId, teamId, channel, setBy, sinceMs, type };
}

/** Undefined for a word that names none. */
function typeNamed(type: string | null): OperationType | null | undefined {
  return type === null ? null : (canonicalType(type) ?? undefined);
}

function nameOf({ teamId, channel }: DigestPlace): string {
  return `${teamId}-${channel}`;
}

function placeNamed(name: string): DigestPlace {
  const split = name.indexOf('-');
  return { teamId: name.slice(0, split), channel: name.slice(split + 1) };
}
