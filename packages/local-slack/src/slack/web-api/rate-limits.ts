/** By method; null has no limit. Posting has its own rule. */
export type CallsPerMinute = Readonly<Record<string, number | null>>;

/** Slack's tiers. */
const TIERS: CallsPerMinute = {
  'chat.update': 50,
  'chat.delete': 50,
  'chat.unfurl': 50,
  'chat.postEphemeral': 100,
  'conversations.history': 50,
  'conversations.replies': 50,
  'conversations.open': 50,
  'reactions.add': 50,
  'views.open': 100,
  'views.update': 100,
  'views.publish': 100,
};

/** One message a second in a channel; a burst of this many is let through. */
const POST_BURST = 5;

export interface RateMeter {
  /** Seconds to wait, or null when the call fits into the limits. Every call counts, refused ones too little to matter. */
  count(method: string, teamId: string, channel: string): number | null;
  /** Times of the posts to a channel in milliseconds, oldest first. */
  posts(channel: string): readonly number[];
}

/** Token buckets: full at first, refilled at the tier's speed. */
export function createRateMeter(now: () => number, others: CallsPerMinute = {}): RateMeter {
  const limits: CallsPerMinute = { ...TIERS, ...others };
  const buckets = new Map<string, { tokens: number; at: number }>();
  const posts = new Map<string, number[]>();

  function spend(key: string, capacity: number, perSecond: number): number | null {
    const bucket = buckets.get(key) ?? { tokens: capacity, at: now() };
    const tokens = Math.min(capacity, bucket.tokens + ((now() - bucket.at) / 1000) * perSecond);
    const isAllowed = tokens >= 1;
    buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, at: now() });
    return isAllowed ? null : Math.max(1, Math.ceil((1 - tokens) / perSecond));
  }

  return {
    count(method, teamId, channel) {
      if (method === 'chat.postMessage') {
        posts.set(channel, [...(posts.get(channel) ?? []), now()]);
        return spend(`${method} ${channel}`, POST_BURST, 1);
      }
      const perMinute = limits[method] ?? null;
      return perMinute === null ? null : spend(`${method} ${teamId}`, perMinute, perMinute / 60);
    },
    posts: (channel) => posts.get(channel) ?? [],
  };
}
