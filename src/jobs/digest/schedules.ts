/**
 * Scheduled digests. The configuration and the store define them. The queue's schedulers are synchronized with that
 * periodically, because a queue without persistence loses them.
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
import type { ChannelRef } from '../requests.ts';
import { MAX_DELAY_MS } from './scheduled.ts';
import { type DigestPlan, nextTime } from './words.ts';

export interface ConfiguredDigest {
  /** The workspace of the channel; null when there is only one. */
  readonly team: string | null;
  readonly channel: string;
  readonly cron: string;
  readonly tz: string;
  readonly sinceMs: number;
  readonly type: string | null;
  /** Names causes that are often wrong, for the bot's admin. */
  readonly withFeedback?: boolean;
}

export interface PlannedDigest extends DigestPlan, ChannelRef {
  readonly digestId: string;
  /** The user who set it; null for a digest of the configuration. */
  readonly setBy: string | null;
  readonly withFeedback?: boolean;
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

/** In effect until a user ends it. */
const PLAN_TTL_MS = 10 * 365 * 24 * 3_600_000;
const PLAN = cell<ChannelRef, z.infer<typeof planSchema>>({
  schema: planSchema,
  key: (target) => `digest:${channelKey(target)}`,
  ttlMs: PLAN_TTL_MS,
});
const CHANNELS = textList<'all workspaces'>({ key: () => 'digests:places', ttlMs: PLAN_TTL_MS });
const CHECK_INTERVAL_MS = 10_000;
const JOB_OPTIONS = {
  attempts: 6,
  backoff: { type: 'exponential', delay: 10_000 },
  removeOnComplete: { age: 86_400, count: 200 },
  removeOnFail: { age: 7 * 86_400, count: 200 },
};

/** One per channel: it replaces an earlier one. `userId` is the user who sets it. */
export async function saveDigest(
  store: Store,
  { teamId, channel, userId }: ChannelRef & { readonly userId: string },
  plan: DigestPlan,
): Promise<void> {
  await PLAN.set(store, { teamId, channel }, { teamId, channel, setBy: userId, ...plan });
  await CHANNELS.moveToEnd(store, 'all workspaces', channelKey({ teamId, channel }));
}

/** False when there was no digest. */
export async function dropDigest(store: Store, target: ChannelRef): Promise<boolean> {
  const wasSet = await PLAN.has(store, target);
  await PLAN.delete(store, target);
  await CHANNELS.remove(store, 'all workspaces', channelKey(target));
  return wasSet;
}

export async function digestOfChannel(store: Store, target: ChannelRef): Promise<PlannedDigest | null> {
  const kept = await PLAN.get(store, target);
  return kept === null ? null : asPlanned(kept);
}

/** Reads the plans of this workspace only. */
export async function digestsOf(store: Store, teamId: string): Promise<readonly PlannedDigest[]> {
  const ids = (await CHANNELS.values(store, 'all workspaces')).map(channelOfKey).filter((one) => one.teamId === teamId);
  const kept = await Promise.all(ids.map((id) => digestOfChannel(store, id)));
  return kept.filter((plan) => plan !== null);
}

/** The next time of a digest (ISO 8601); null when there is none. */
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
    const { channel, cron, tz, sinceMs, withFeedback = false } = digest;
    const added = withFeedback ? { withFeedback } : {};
    const type = typeNamed(digest.type);
    if (type === undefined) problems.push(`DIGESTS entry ${i + 1} has an unknown type: use ${TYPE_WORDS.join(', ')}.`);
    if (nextTime(digest, Date.now()) === null)
      problems.push(
        `DIGESTS entry ${i + 1} has a cron pattern that never matches. Example: 0 9 * * 1-5 (weekdays at 9:00).`,
      );
    const name = createHash('sha256')
      .update(JSON.stringify([channel, cron, tz, sinceMs, type]))
      .digest('hex');
    const teamId = digest.team ?? onlyTeam;
    return type === undefined
      ? []
      : [{ teamId, channel, cron, tz, sinceMs, type, setBy: null, digestId: `config-${name.slice(0, 16)}`, ...added }];
  });
  return { planned, problems };
}

/** Keeps the schedulers of the queue in the wanted state until it is closed. */
export function startDigestScheduler({
  backend,
  configured,
  log,
  checkIntervalMs = CHECK_INTERVAL_MS,
}: {
  readonly backend: QueueBackend;
  readonly configured: readonly PlannedDigest[];
  readonly log: Logger;
  readonly checkIntervalMs?: number;
}): { close(): Promise<void> } {
  let isClosed = false;
  let isFailing = false;
  let checks: Promise<void> = Promise.resolve();
  async function check(): Promise<void> {
    if (isClosed) return;
    try {
      await schedule(backend.front, configured);
      if (isFailing) log.info('digests are scheduled again');
      isFailing = false;
    } catch (err) {
      if (!isClosed) log[isFailing ? 'debug' : 'error']({ err }, 'could not schedule digests');
      isFailing = true;
    }
  }
  function checkNext(): void {
    checks = checks.then(check);
  }
  backend.onReady(checkNext);
  const timer = setInterval(checkNext, checkIntervalMs);
  return {
    async close() {
      isClosed = true;
      clearInterval(timer);
      await checks;
    },
  };
}

async function schedule(client: QueueClient, configured: readonly PlannedDigest[]): Promise<void> {
  const wanted = [...configured, ...(await allDigestsOfSlack(client.store))];
  const queue = client.queue(REPORTS);
  const known = await queue.getJobSchedulers(0, -1);
  for (const plan of wanted) {
    const { digestId, cron, tz } = plan;
    const same = known.find(
      ({ key, pattern, tz: zone, template }) =>
        key === digestId && pattern === cron && zone === tz && isDeepStrictEqual(template?.data, jobFor(plan)),
    );
    // A scheduler that is due must stay, because replacing it would drop a digest that a restart has delayed.
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

/** Whether the scheduler is long overdue and has no job in the queue that would run. */
async function isStuck(client: QueueClient, digestId: string, next: number | undefined): Promise<boolean> {
  if (next !== undefined && next > Date.now() - MAX_DELAY_MS) return false;
  const state = await client.queue(REPORTS).getJobState(`repeat:${digestId}:${next ?? 0}`);
  return state !== 'waiting' && state !== 'delayed' && state !== 'active' && state !== 'prioritized';
}

async function allDigestsOfSlack(store: Store): Promise<readonly PlannedDigest[]> {
  // The list still has channels of workspaces that removed the app, whose settings are deleted.
  const kept = await readListed(store, PLAN, { ids: CHANNELS, of: 'all workspaces', idOf: channelOfKey });
  return kept.map(asPlanned).filter((plan) => plan !== null);
}

function asPlanned(kept: z.infer<typeof planSchema>): PlannedDigest | null {
  const type = typeNamed(kept.type);
  return type === undefined ? null : { ...kept, type, digestId: `slack-${kept.teamId}-${kept.channel}` };
}

function jobFor({ cron: _, tz: __, ...digest }: PlannedDigest): ReportJob {
  return { kind: 'scheduled', ...digest };
}

/** Undefined for an unknown type. */
function typeNamed(type: string | null): OperationType | null | undefined {
  return type === null ? null : (canonicalType(type) ?? undefined);
}

function channelKey({ teamId, channel }: ChannelRef): string {
  return `${teamId}-${channel}`;
}

function channelOfKey(key: string): ChannelRef {
  const split = key.indexOf('-');
  return { teamId: key.slice(0, split), channel: key.slice(split + 1) };
}
