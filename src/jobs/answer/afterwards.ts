/**
 * Records what followed a failure: what people did about it through the bot, and which operations of its kind and market
 * completed. Stored by kind and market, so that an answer can read it with one command.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { ACTIONS } from '../../diagnosis/vocabulary/actions.ts';
import type { Followed } from '../../formatters/reports/earlier-answers.ts';
import type { Store } from '../ports.ts';
import { cellList } from '../queue/store-cell.ts';
import { type Reader, readable } from '../readers.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import type { EarlierAnswer } from './earlier-answers.ts';

/** Times in milliseconds. */
const completedSchema = z.object({ kind: z.literal('completed'), operationId: z.string(), at: z.number() });
const doneSchema = z.object({
  kind: z.literal('done'),
  /** The operation that had failed. */
  operationId: z.string(),
  action: z.enum(ACTIONS),
  /** The loaded data, e.g. `AUDUSD 1h`. */
  data: z.string().nullable(),
  /** ID of the operation that the action resumed or started. */
  startedId: z.string().nullable(),
  at: z.number(),
  userId: z.string(),
  channel: z.string(),
});
type Completed = z.infer<typeof completedSchema>;
type Done = z.infer<typeof doneSchema>;

/** As long as the answers about these failures are kept. */
const KEPT_MS = 7 * 24 * 3_600_000;
const MOST_KEPT = 60;
const AFTER = cellList<{ readonly teamId: string; readonly about: string }, Completed | Done>({
  schema: z.discriminatedUnion('kind', [completedSchema, doneSchema]),
  key: ({ teamId, about }) => `after:${teamId}-${about}`,
  ttlMs: KEPT_MS,
  most: MOST_KEPT,
});

const HOUR_MS = 3_600_000;
/** An action counts as a fix if an operation completes within this time, and none fails before that. */
const HELPED_MS = 24 * HOUR_MS;

interface Reading {
  readonly store: Store;
  readonly workspace: Pick<SlackWorkspace, 'channel' | 'isMember'>;
}

/** A key that operations share if they can stand in for each other; null when the type is unknown. */
export function aboutOf(type: string | null, { symbol, timeframe }: Market): string | null {
  if (type === null) return null;
  return createHash('sha256')
    .update(JSON.stringify([type, symbol, timeframe]))
    .digest('hex')
    .slice(0, 24);
}

interface Market {
  readonly symbol: string | null;
  readonly timeframe: string | null;
}

export function aboutOfDiagnosed({ operationType, operation }: Diagnosis): string | null {
  return aboutOf(operationType, operation);
}

/** The time of the failure; null when unknown. */
function failedAtOf({ operation: { endedAt } }: Diagnosis): number | null {
  const at = Date.parse(endedAt ?? '');
  return Number.isNaN(at) ? null : at;
}

/** The fields by which a later answer finds what followed this failure. */
export function comparableIn(diagnosis: Diagnosis): Pick<EarlierAnswer, 'about' | 'failedAt'> {
  const [about, failedAt] = [aboutOfDiagnosed(diagnosis), failedAtOf(diagnosis)];
  return { ...(about !== null && { about }), ...(failedAt !== null && { failedAt }) };
}

/** `others` are the answers with this cause that the reader can read, oldest first. */
export async function followedAmong(
  others: readonly EarlierAnswer[],
  { about, failedAt }: Pick<EarlierAnswer, 'about' | 'failedAt'>,
  { tools, reader }: { readonly tools: Reading; readonly reader: Reader },
): Promise<Followed | null> {
  if (about === undefined) return null;
  const failures = others
    .filter((one) => one.about === about)
    .map(({ name, at, failedAt: failed = at }) => ({ name, failedAt: failed }))
    .toSorted((a, b) => a.failedAt - b.failedAt);
  return whatFollowed(tools, reader, about, { failures, failedAt: failedAt ?? null });
}

/** Idempotent. */
export async function recordCompleted(
  store: Store,
  teamId: string,
  { about, operationId, at }: { readonly about: string | null; readonly operationId: string; readonly at: number },
): Promise<void> {
  if (about !== null) await AFTER.append(store, { teamId, about }, { kind: 'completed', operationId, at });
}

/** Does nothing when the operation hasn't completed. */
export async function recordIfCompleted(store: Store, teamId: string, diagnosis: Diagnosis): Promise<void> {
  const { status, operationId } = diagnosis;
  const at = failedAtOf(diagnosis);
  if (status !== 'completed' || operationId === null || at === null) return;
  await recordCompleted(store, teamId, { about: aboutOfDiagnosed(diagnosis), operationId, at });
}

export async function recordAction(
  store: Store,
  teamId: string,
  about: string | null,
  done: Omit<Done, 'kind'>,
): Promise<void> {
  // A cancel ends an operation but doesn't fix it.
  if (about !== null && done.action !== 'cancel')
    await AFTER.append(store, { teamId, about }, { kind: 'done', ...done });
}

/** An earlier failure with the same cause, kind, and market, whose answer the reader can read. */
interface Failure {
  readonly name: string;
  readonly failedAt: number;
}

/**
 * The fix of the latest fixed failure; if none was fixed, what followed the latest failure with a known sequel. `failures` are
 * oldest first; `failedAt` belongs to the failure being answered.
 */
async function whatFollowed(
  { store, workspace }: Reading,
  reader: Reader,
  about: string,
  { failures, failedAt }: { readonly failures: readonly Failure[]; readonly failedAt: number | null },
): Promise<Followed | null> {
  if (failures.length === 0) return null;
  const { teamId } = reader;
  const kept = await AFTER.values(store, { teamId, about });
  const events = kept.toSorted((a, b) => a.at - b.at);
  const done = await readable(
    workspace,
    reader,
    events.filter((one) => one.kind === 'done'),
    ({ channel, userId }) => ({ teamId, channel, userId: /^[DUW]/.test(channel) ? userId : null }),
  );
  const completed = events.filter((one) => one.kind === 'completed');
  const failedTimes = [...failures.map((one) => one.failedAt), ...(failedAt === null ? [] : [failedAt])];
  const latestFirst = failures.toReversed();
  // A fix that worked once says more than what merely followed the latest failure.
  const fixes = latestFirst.map((failure) => fixOf(failure, { done, completed, failedTimes }));
  const found =
    fixes.find((fix) => fix !== null) ?? latestFirst.map((one) => nextOf(one, completed)).find((one) => one !== null);
  return found ?? null;
}

interface Events {
  readonly done: readonly Done[];
  readonly completed: readonly Completed[];
  readonly failedTimes: readonly number[];
}

/** Something was done about it, and then an operation completed without another failure between them. */
function fixOf({ name }: Failure, { done, completed, failedTimes }: Events): Followed | null {
  const action = done.findLast(({ operationId }) => operationId === name);
  if (action === undefined) return null;
  const hasFailedBefore = (at: number) => failedTimes.some((failed) => failed > action.at && failed < at);
  const ended = completed.find(
    ({ at, operationId }) =>
      at > action.at && (operationId === action.startedId || (at - action.at <= HELPED_MS && !hasFailedBefore(at))),
  );
  if (ended === undefined) return null;
  const { action: kind, data, userId } = action;
  return { kind: 'fixed', action: kind, data, userId, at: new Date(ended.at).toISOString() };
}

/** No action is known, so the answer doesn't claim a connection. */
function nextOf({ name, failedAt }: Failure, completed: readonly Completed[]): Followed | null {
  const next = completed.find(({ at }) => at > failedAt && at - failedAt <= HOUR_MS);
  return next === undefined
    ? null
    : { kind: 'completed', name, operationId: next.operationId, afterMs: next.at - failedAt };
}
