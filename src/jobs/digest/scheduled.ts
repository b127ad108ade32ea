/** Posts a scheduled digest when it is due, once or not at all. */
import type { Logger } from 'pino';
import { z } from 'zod';
import type { OperationType } from '../../diagnosis/case.ts';
import { cleanText } from '../../diagnosis/clean.ts';
import { micros } from '../../diagnosis/trace.ts';
import { canonicalType } from '../../diagnosis/vocabulary/operations.ts';
import { formatDigest, formatNoDigest } from '../../formatters/reports/digest.ts';
import { withOftenWrong } from '../../formatters/reports/status.ts';
import { oftenWrong } from '../answer/feedback.ts';
import { isAnswered, nudge, say } from '../deliver/wanted.ts';
import { describeFailure } from '../gather/source-failure.ts';
import { mutesIn } from '../mute/mutes.ts';
import type { Clock, Store, TimeWindow } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import { cell } from '../queue/store-cell.ts';
import type { Place } from '../requests.ts';
import type { Search } from '../search/search-operations.ts';
import { readDigest } from './digest.ts';

export const digestTypeSchema = z
  .string()
  .nullable()
  .transform((name): OperationType | null => (name === null ? null : canonicalType(name)));

export const scheduledSchema = z.object({
  kind: z.literal('scheduled'),
  digestId: z.string(),
  /** The user who gets it by direct message when the bot can't post in the channel; null: the failure is only logged. */
  setBy: z.string().nullable().default(null),
  teamId: z.string(),
  channel: z.string(),
  sinceMs: z.number().positive(),
  type: digestTypeSchema,
  /** Names causes that are often wrong. */
  withFeedback: z.boolean().exactOptional(),
});
export type ScheduledDigest = z.infer<typeof scheduledSchema>;

export interface ScheduledTools {
  readonly search: Search;
  readonly clock: Clock;
  readonly client: QueueClient;
  readonly redact: readonly RegExp[];
  readonly log: Logger;
  readonly ownTeam: () => Promise<string | null>;
}

/** A digest that is delayed longer than this isn't posted; the next one covers its period. */
export const MAX_DELAY_MS = 3 * 3_600_000;
/** How far back a digest covers missed digests. */
const MAX_CATCH_UP_MS = 7 * 24 * 3_600_000;

const stateSchema = z.object({
  /** Milliseconds: the window of the last digest that was started. */
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
 * `dueMs` is when the digest was due, in real time. With `isLast` no retry follows, so that a failure is posted. The same digest
 * for the same time is one request, however often and in however many processes it is tried.
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
  if (lateMs > MAX_DELAY_MS) {
    log.warn({ ...fields, lateMs }, 'a digest came too late and is not posted; the next one covers its time');
    return;
  }
  const place: Place = { teamId, channel, threadTs: null, userId: setBy ?? '', responseUrl: null, messageTs: null };
  const request = { requestId: `${teamId}-digest-${digestId}-${dueMs}`, place };
  // A killed process may have left it undelivered.
  if (await isAnswered(client.store, request.requestId)) return nudge(client, request);

  const window = await windowOf(client.store, digest, dueMs);
  // In a demo the recorded time is not the real one.
  const offset = clock() - Date.now() * 1000;
  const recorded: TimeWindow = { from: micros(window.from * 1000 + offset), to: micros(window.to * 1000 + offset) };
  const team = teamId || ((await tools.ownTeam()) ?? '');
  const isMuted = await mutesIn(client.store, { teamId: team, channel });
  const answer = await readDigest({ window: recorded, type, isMuted }, tools, signal);
  if (answer.kind === 'unavailable') {
    const problem = cleanText(describeFailure('Jaeger', answer.failure), redact);
    if (!isLast) throw new Error(problem);
    await say(client, request, { summary: formatNoDigest(problem, null), thread: [] });
    log.warn({ ...fields, problem }, 'a digest could not be made');
    return;
  }
  const { total, silenced, falseAlarms } = answer.digest;
  // Muted operations alone are no reason for a digest.
  const isQuiet = total === silenced && falseAlarms === 0;
  if (!isQuiet) {
    const wrong = digest.withFeedback === true ? await oftenWrong(client.store, team) : [];
    await say(client, request, withOftenWrong(formatDigest(answer.digest, redact), wrong));
  }
  await LAST.set(client.store, digest, { ...window, isTold: true });
  log.info({ ...fields, total, silenced, sinceMs }, isQuiet ? 'nothing new failed: no digest' : 'digest');
}

/** At least `sinceMs`, and back to the end of the last digest that was posted. A retry has the same window. */
async function windowOf(
  store: Store,
  digest: ScheduledDigest,
  dueMs: number,
): Promise<{ readonly from: number; readonly to: number }> {
  const last = await LAST.get(store, digest);
  if (last?.to === dueMs) return { from: last.from, to: last.to };
  const usual = dueMs - digest.sinceMs;
  const uncovered = last === null || last.to > dueMs ? usual : last.isTold ? last.to : last.from;
  const window = {
    from: Math.max(Math.min(usual, uncovered), dueMs - Math.max(MAX_CATCH_UP_MS, digest.sinceMs)),
    to: dueMs,
  };
  if (last === null || last.to < dueMs) await LAST.set(store, digest, { ...window, isTold: false });
  return window;
}
