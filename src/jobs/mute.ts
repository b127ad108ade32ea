/** Silence for the answers that nobody asked for: per thread and per channel, always with an end. */
import type { Store } from './ports.ts';

export interface MuteTarget {
  readonly teamId: string;
  readonly channel: string;
  /** Null: the whole channel. */
  readonly threadTs: string | null;
}

const DAY_MS = 24 * 3_600_000;
export const DEFAULT_MUTE_MS = DAY_MS;
export const LONGEST_MUTE_MS = 30 * DAY_MS;
/** The same id pasted again in a channel is not answered again for this long. */
const COOL_DOWN_MS = 30 * 60_000;

/** Returns when it ends, in milliseconds. */
export async function mute(store: Store, target: MuteTarget, nowMs: number, forMs: number): Promise<number> {
  const lengthMs = Math.min(Math.max(forMs, 60_000), LONGEST_MUTE_MS);
  await store.set(keyOf(target), String(nowMs + lengthMs), lengthMs);
  return nowMs + lengthMs;
}

/** False when it was not muted. */
export async function unmute(store: Store, target: MuteTarget): Promise<boolean> {
  const until = await store.get(keyOf(target));
  await store.delete(keyOf(target));
  return until !== null;
}

/** The thread, or the channel around it. */
export async function isMuted(store: Store, target: MuteTarget): Promise<boolean> {
  const keys = [keyOf({ ...target, threadTs: null }), ...(target.threadTs === null ? [] : [keyOf(target)])];
  return (await Promise.all(keys.map((key) => store.get(key)))).some((until) => until !== null);
}

/** Takes the turn of a pasted id in its channel; false while an earlier paste of it has it. Asking again with the same request is fine. */
export async function takeTurn(
  store: Store,
  { teamId, channel }: MuteTarget,
  question: string,
  requestId: string,
): Promise<boolean> {
  const key = `pasted:${teamId}-${channel}-${question}`;
  return (await store.setIfAbsent(key, requestId, COOL_DOWN_MS)) || (await store.get(key)) === requestId;
}

function keyOf({ teamId, channel, threadTs }: MuteTarget): string {
  return `mute:${teamId}-${channel}${threadTs === null ? '' : `-${threadTs}`}`;
}
