/** Mutes of a channel. Each one ends, is listed, and can be undone. */
import { z } from 'zod';
import type { MuteDescription } from '../../formatters/reports/mute.ts';
import type { ChatTarget, Store } from '../ports.ts';
import { cell, readListed, textList } from '../queue/store-cell.ts';
import { type ChannelRef, MAX_MUTE_MS, MIN_MUTE_MS, placeSchema } from '../requests.ts';

const KINDS = ['channel', 'thread', 'cause', 'operation'] as const;

/** Mutes all pasted IDs in a channel, those in one thread, one cause, or one operation. */
const muteSchema = z.object({
  teamId: z.string(),
  channel: z.string(),
  kind: z.enum(KINDS),
  /** The thread's `ts`, the cause, or the operation ID; empty for the whole channel. */
  of: z.string(),
});
export type Mute = z.infer<typeof muteSchema>;

const keptSchema = muteSchema.extend({
  userId: z.string(),
  /** Milliseconds. */
  until: z.number(),
  /** The answer whose message shows the mute: it is updated when the mute is undone. */
  shownIn: z.object({ answerId: z.string(), place: placeSchema }).nullable(),
  /** The request whose message announced the mute in the channel. */
  toldBy: z.string().exactOptional(),
});
export type KeptMute = z.infer<typeof keptSchema>;

interface MuteRequest {
  readonly userId: string;
  readonly nowMs: number;
  readonly forMs: number;
  readonly shownIn?: KeptMute['shownIn'];
  readonly toldBy?: string;
}

const KEPT = cell<string, KeptMute>({ schema: keptSchema, key: (key) => key, ttlMs: MAX_MUTE_MS });
const KEYS = textList<string>({ key: (teamId) => `silences:${teamId}`, ttlMs: MAX_MUTE_MS });

/** Returns when it ends, in milliseconds. Replaces an earlier mute of the same thing. */
export async function mute(
  store: Store,
  muted: Mute,
  { userId, nowMs, forMs, shownIn = null, ...told }: MuteRequest,
): Promise<number> {
  const { teamId, channel, kind, of } = muted;
  const lengthMs = Math.min(Math.max(forMs, MIN_MUTE_MS), MAX_MUTE_MS);
  const kept: KeptMute = { teamId, channel, kind, of, userId, until: nowMs + lengthMs, shownIn, ...told };
  await KEPT.set(store, muteKey(muted), kept, lengthMs);
  await KEYS.moveToEnd(store, teamId, muteKey(muted));
  return kept.until;
}

/** Returns the mute that ended; null when there was none. With `until`, only the mute with that end: a newer one stays. */
export async function endMute(store: Store, muted: Mute, until?: number): Promise<KeptMute | null> {
  const known = await keptMute(store, muted);
  if (known !== null && until !== undefined && known.until !== until) return null;
  await KEPT.delete(store, muteKey(muted));
  await KEYS.remove(store, muted.teamId, muteKey(muted));
  return known;
}

export function keptMute(store: Store, muted: Mute): Promise<KeptMute | null> {
  return KEPT.get(store, muteKey(muted));
}

/** The stored mutes, in the given order. */
export function keptMutes(store: Store, mutes: readonly Mute[]): Promise<readonly (KeptMute | null)[]> {
  return KEPT.getMany(store, mutes.map(muteKey));
}

/** Whether replies to pasted IDs are muted in the thread or in its whole channel. */
export async function isMuted(store: Store, { teamId, channel, threadTs }: ChatTarget): Promise<boolean> {
  const around: Mute = { teamId, channel, kind: 'channel', of: '' };
  const thread: readonly Mute[] = threadTs === null ? [] : [{ ...around, kind: 'thread', of: threadTs }];
  return isAnyMuted(store, [around, ...thread]);
}

export async function isAnyMuted(store: Store, any: readonly Mute[]): Promise<boolean> {
  return (await keptMutes(store, any)).some((kept) => kept !== null);
}

/** The mutes of a workspace that have not ended; those that end first come first. */
export async function mutesOf(store: Store, teamId: string): Promise<readonly KeptMute[]> {
  const kept = await readListed(store, KEPT, { ids: KEYS, of: teamId, idOf: (key) => key });
  return kept.toSorted((a, b) => a.until - b.until);
}

/** The value of the button “Undo” of one mute, which its end identifies. It leaves out the workspace, which the click provides. */
export function undoOf({ channel, kind, of, until }: Mute & Pick<KeptMute, 'until'>): string {
  return JSON.stringify({ channel, kind, of, until });
}

export function muteWordsOf(kept: KeptMute): MuteDescription {
  return { ...kept, until: new Date(kept.until).toISOString(), undo: undoOf(kept) };
}

/** For the channel's digests, which count muted failures without listing them. */
export async function mutesIn(
  store: Store,
  { teamId, channel }: ChannelRef,
): Promise<(hit: { readonly operationId: string | null; readonly cause: string | null }) => boolean> {
  const here = (await mutesOf(store, teamId)).filter((one) => one.channel === channel);
  const named = (kind: Mute['kind']) => new Set(here.filter((one) => one.kind === kind).map(({ of }) => of));
  const [causes, operations] = [named('cause'), named('operation')];
  return ({ operationId, cause }) =>
    (cause !== null && causes.has(cause)) || (operationId !== null && operations.has(operationId));
}

function muteKey({ teamId, channel, kind, of }: Mute): string {
  return `silence:${teamId}-${channel}-${kind}-${of}`;
}
