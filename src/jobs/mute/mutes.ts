/** What is kept quiet in a channel: always with an end, always listed, always with a way back. */
import { z } from 'zod';
import type { MuteWords } from '../../formatters/reports/mute.ts';
import type { Store } from '../ports.ts';
import { cell, readListed, textList } from '../queue/store-cell.ts';
import { placeSchema } from '../requests.ts';

const KINDS = ['channel', 'thread', 'cause', 'operation'] as const;

/** In one channel: all pasted ids, those in one thread, one cause, or one operation. */
const muteSchema = z.object({
  teamId: z.string(),
  channel: z.string(),
  kind: z.enum(KINDS),
  /** The thread's `ts`, the cause, or the operation's id; empty for the whole channel. */
  of: z.string(),
});
export type Mute = z.infer<typeof muteSchema>;

const keptSchema = muteSchema.extend({
  /** Who wanted it. */
  userId: z.string(),
  /** Milliseconds. */
  until: z.number(),
  /** The answer whose message says so, to be mended when it ends early. */
  shownIn: z.object({ answerId: z.string(), place: placeSchema }).nullable(),
});
export type KeptMute = z.infer<typeof keptSchema>;

export interface MuteRequest {
  readonly userId: string;
  readonly nowMs: number;
  readonly forMs: number;
  readonly shownIn?: KeptMute['shownIn'];
}

const DAY_MS = 24 * 3_600_000;
const SHORTEST_MS = 60_000;
const LONGEST_MS = 30 * DAY_MS;

const KEPT = cell<string, KeptMute>({ schema: keptSchema, key: (key) => key, ttlMs: LONGEST_MS });
/** The keys of all mutes of a workspace. */
const KEYS = textList<string>({ key: (teamId) => `silences:${teamId}`, ttlMs: LONGEST_MS });

/** Returns when it ends, in milliseconds. A second one replaces the first. */
export async function mute(
  store: Store,
  what: Mute,
  { userId, nowMs, forMs, shownIn = null }: MuteRequest,
): Promise<number> {
  const { teamId, channel, kind, of } = what;
  const lengthMs = Math.min(Math.max(forMs, SHORTEST_MS), LONGEST_MS);
  const kept: KeptMute = { teamId, channel, kind, of, userId, until: nowMs + lengthMs, shownIn };
  await KEPT.set(store, keyOf(what), kept, lengthMs);
  await KEYS.moveToEnd(store, teamId, keyOf(what));
  return kept.until;
}

/** What it was; null when there was none. */
export async function endMute(store: Store, what: Mute): Promise<KeptMute | null> {
  const known = await keptMute(store, what);
  await KEPT.delete(store, keyOf(what));
  await KEYS.remove(store, what.teamId, keyOf(what));
  return known;
}

/** Null when it is not silent. */
export function keptMute(store: Store, what: Mute): Promise<KeptMute | null> {
  return KEPT.get(store, keyOf(what));
}

/** For what nobody asked for: whether the thread, or the channel around it, is muted. */
export async function isMuted(
  store: Store,
  {
    teamId,
    channel,
    threadTs,
  }: { readonly teamId: string; readonly channel: string; readonly threadTs: string | null },
): Promise<boolean> {
  const around: Mute = { teamId, channel, kind: 'channel', of: '' };
  const thread: readonly Mute[] = threadTs === null ? [] : [{ ...around, kind: 'thread', of: threadTs }];
  return isAnyMuted(store, [around, ...thread]);
}

export async function isAnyMuted(store: Store, any: readonly Mute[]): Promise<boolean> {
  return (await Promise.all(any.map((one) => keptMute(store, one)))).some((kept) => kept !== null);
}

/** All of a workspace that are in force, the first to end first. */
export async function mutesOf(store: Store, teamId: string): Promise<readonly KeptMute[]> {
  const kept = await readListed(store, KEPT, { ids: KEYS, of: teamId, idOf: (key) => key });
  return kept.toSorted((a, b) => a.until - b.until);
}

/** What “Undo” carries: the workspace is known from the click. */
export function undoOf({ channel, kind, of }: Mute): string {
  return JSON.stringify({ channel, kind, of });
}

export function muteWordsOf(kept: KeptMute): MuteWords {
  return { ...kept, until: new Date(kept.until).toISOString(), undo: undoOf(kept) };
}

/** For digests of a channel: whether a failure is only to be counted there. */
export async function mutesIn(
  store: Store,
  { teamId, channel }: Pick<Mute, 'teamId' | 'channel'>,
): Promise<(hit: { readonly operationId: string | null; readonly cause: string | null }) => boolean> {
  const here = (await mutesOf(store, teamId)).filter((one) => one.channel === channel);
  const named = (kind: Mute['kind']) => new Set(here.filter((one) => one.kind === kind).map(({ of }) => of));
  const [causes, operations] = [named('cause'), named('operation')];
  return ({ operationId, cause }) =>
    (cause !== null && causes.has(cause)) || (operationId !== null && operations.has(operationId));
}

function keyOf({ teamId, channel, kind, of }: Mute): string {
  return `silence:${teamId}-${channel}-${kind}-${of}`;
}
