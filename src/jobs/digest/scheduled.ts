/** A digest whose time has come: its window, and that it is posted once, or not at all. */
import type { Logger } from 'pino';
import { z } from 'zod';
import type { OperationType } from '../../diagnosis/case.ts';
import { micros } from '../../diagnosis/trace.ts';
import { formatDigest, formatNoDigest } from '../../formatters/reports/digest.ts';
import { deliver, isAnswered, nudge } from '../deliver/wanted.ts';
import { describeFailure } from '../gather/source-failure.ts';
import { mutesIn } from '../mute/mutes.ts';
import type { Store, TimeWindow } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import { cell } from '../queue/store-cell.ts';
import type { Place } from '../requests.ts';
import type { SearchDeps } from '../search/search-operations.ts';
import { readDigest } from './read.ts';

export interface ScheduledDigest {
  readonly digestId: string;
  readonly teamId: string;
  readonly channel: string;
  /** Who gets it by direct message when the bot may not post in the channel; null: only the log tells. */
  readonly setBy: string | null;
  readonly sinceMs: number;
  readonly type: OperationType | null;
}

export interface ScheduledTools extends SearchDeps {
  readonly client: QueueClient;
  readonly redact: readonly RegExp[];
  readonly log: Logger;
  readonly ownTeam: () => Promise<string | null>;
}

/** Nobody wants the digest of the morning in the evening. What it would have told is told by the next. */
export const LATEST_MS = 3 * 3_600_000;
/** How much a digest makes up for those before it that were not posted. */
const LONGEST_MAKING_UP_MS = 7 * 24 * 3_600_000;

const stateSchema = z.object({
  /** Milliseconds: the window of the last digest that was begun. */
  from: z.number(),
  to: z.number(),
  isTold: z.boolean(),
});
const LAST = cell<ScheduledDigest, z.infer<typeof stateSchema>>({
  schema: stateSchema,
  key: ({ teamId, digestId }) => `digest-window:${teamId}-${digestId}`,
  ttlMs: 60 * 24 * 3_600_000,
});

/**
 * `dueMs` is when it was to be posted by the real time. `isLast`: no other try follows, so that it is told what was in the way.
 * The same digest for the same time is one request, however often it is tried and in however many processes.
 */
export async function postScheduled(
  digest: ScheduledDigest,
  { dueMs, isLast }: { readonly dueMs: number; readonly isLast: boolean },
  tools: ScheduledTools,
  signal: AbortSignal,
): Promise<void> {
  const { digestId, teamId, channel, setBy, sinceMs, type } = digest;
  const { client, redact, log, clock } = tools;
  const lateMs = Date.now() - dueMs;
  const fields = { digestId, channel, due: new Date(dueMs).toISOString() };
  if (lateMs > LATEST_MS) {
    log.warn({ ...fields, lateMs }, 'a digest came too late and is not posted; the next one covers its time');
    return;
  }
  const place: Place = { teamId, channel, threadTs: null, userId: setBy ?? '', responseUrl: null, messageTs: null };
  const request = { requestId: `${teamId}-digest-${digestId}-${dueMs}`, place };
  // A process that was killed in between may have left it undelivered.
  if (await isAnswered(client.store, request.requestId)) return nudge(client, { ...request, placeholder: null });

  const window = await windowOf(client.store, digest, dueMs);
  // In a demo the recorded time is not the real one.
  const offset = clock() - Date.now() * 1000;
  const recorded: TimeWindow = { from: micros(window.from * 1000 + offset), to: micros(window.to * 1000 + offset) };
  const isSilent = await mutesIn(client.store, { teamId: teamId || ((await tools.ownTeam()) ?? ''), channel });
  const answer = await readDigest(recorded, type, tools, signal, isSilent);
  if (answer.kind === 'unavailable') {
    const problem = describeFailure('Jaeger', answer.failure);
    if (!isLast) throw new Error(problem);
    await deliver(client, request, 'answer', { summary: formatNoDigest(problem), thread: [] });
    log.warn({ ...fields, problem }, 'a digest could not be made');
    return;
  }
  const { total, silenced, falseAlarms } = answer.digest;
  // What people asked not to hear again is no news either.
  const isQuiet = total === silenced && falseAlarms === 0;
  if (!isQuiet) await deliver(client, request, 'answer', formatDigest(answer.digest, redact));
  await LAST.set(client.store, digest, { ...window, isTold: true });
  log.info({ ...fields, total, silenced, sinceMs }, isQuiet ? 'nothing new failed: no digest' : 'digest');
}

/** As far back as asked, and at least to where the last one that was told ended. A repeated try has the same window. */
async function windowOf(
  store: Store,
  digest: ScheduledDigest,
  dueMs: number,
): Promise<{ readonly from: number; readonly to: number }> {
  const last = await LAST.get(store, digest);
  if (last?.to === dueMs) return { from: last.from, to: last.to };
  const usual = dueMs - digest.sinceMs;
  const told = last === null || last.to > dueMs ? usual : last.isTold ? last.to : last.from;
  const window = {
    from: Math.max(Math.min(usual, told), dueMs - Math.max(LONGEST_MAKING_UP_MS, digest.sinceMs)),
    to: dueMs,
  };
  if (last === null || last.to < dueMs) await LAST.set(store, digest, { ...window, isTold: false });
  return window;
}
