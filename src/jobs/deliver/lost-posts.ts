/**
 * Looks in Slack for posts whose outcome is unknown. One look at a channel or thread serves all searches there, because Slack
 * may allow an app only one such call per minute.
 */
import { createCache } from '../cache.ts';
import type { Chat, ChatTarget, FoundPosts, Marker } from '../ports.ts';
import { POST_MS } from './lane.ts';

type LostPost =
  | { readonly kind: 'found'; readonly ts: string | null }
  | Exclude<FoundPosts, { readonly kind: 'found' }>;

export interface LostPosts {
  /** `sinceMs` is when the post was started, in milliseconds since the epoch; 0 when that is unknown. */
  find(target: ChatTarget, marker: Marker, sinceMs: number): Promise<LostPost>;
}

interface Look {
  readonly atMs: number;
  readonly sinceMs: number;
  readonly found: FoundPosts & { readonly kind: 'found' };
}

/** Set after Slack rate-limits a look: when the next one is allowed, and how far apart they must be. */
interface Limit {
  readonly freeAtMs: number;
  readonly apartMs: number;
}

/** Clocks differ, and Slack dates a message by its own. */
const CLOCK_MARGIN_MS = 60_000;
const MAX_KEPT = 1000;
const LOOK_KEPT_MS = 5 * 60_000;
const LIMIT_KEPT_MS = 15 * 60_000;

/** Per process. */
export function createLostPosts(chat: Pick<Chat, 'findPosted'>, now: () => number = Date.now): LostPosts {
  const looks = createCache<Look>({ maxEntries: MAX_KEPT, ttlMs: LOOK_KEPT_MS, nowMs: now });
  const limits = createCache<Limit>({ maxEntries: MAX_KEPT, ttlMs: LIMIT_KEPT_MS, nowMs: now });
  const turns = createCache<{ readonly atMs: number }>({ maxEntries: MAX_KEPT, ttlMs: LIMIT_KEPT_MS, nowMs: now });

  /** Milliseconds until this channel may be looked at. Each waiting channel has a turn of its own. */
  function waitFor(teamId: string, key: string): number {
    const limit = limits.get(teamId);
    if (limit === undefined) return 0;
    const atMs = turns.get(key)?.atMs ?? Math.max(limit.freeAtMs, now());
    if (!turns.get(key)) limits.set(teamId, { ...limit, freeAtMs: atMs + limit.apartMs });
    if (atMs > now()) turns.set(key, { atMs });
    else turns.delete(key);
    return Math.max(0, atMs - now());
  }

  async function look(target: ChatTarget, key: string, sinceMs: number): Promise<FoundPosts> {
    const { teamId, threadTs } = target;
    // Threads have a separate, generous limit.
    const waitMs = threadTs === null ? waitFor(teamId, key) : 0;
    if (waitMs > 0) return { kind: 'rate-limited', retryAfterMs: waitMs };
    const found = await chat.findPosted(target, Math.max(0, sinceMs - CLOCK_MARGIN_MS));
    if (found.kind !== 'rate-limited' || threadTs !== null) return found;
    const atMs = now() + found.retryAfterMs;
    turns.set(key, { atMs });
    limits.set(teamId, { freeAtMs: atMs + found.retryAfterMs, apartMs: found.retryAfterMs });
    return found;
  }

  return {
    async find(target, marker, sinceMs) {
      const key = `${target.teamId} ${target.channel} ${target.threadTs ?? ''}`;
      const known = looks.get(key);
      const isRecent = known !== undefined && known.sinceMs <= sinceMs && known.atMs > sinceMs + POST_MS;
      const atMs = now();
      const found = isRecent ? known.found : await look(target, key, sinceMs);
      if (found.kind !== 'found') return found;
      if (!isRecent) looks.set(key, { atMs, sinceMs, found });
      const post = found.posts.find(({ requestId, slot }) => requestId === marker.requestId && slot === marker.slot);
      return { kind: 'found', ts: post?.ts ?? null };
    },
  };
}
