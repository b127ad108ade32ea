/** Who can read in a channel. Slack's answers are kept for a while, because each of them counts against its rate limits. */
import { WebAPIHTTPError, WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { createCache } from '../../jobs/cache.ts';

/** Whether members of other organizations read in a channel. Rejects when Slack can't say now; asking again helps then. */
type IsSharedOutside = (token: string, teamId: string, channel: string) => Promise<boolean>;

/** A channel can be shared at any time, and when that ends people want answers there again soon. */
const SHARING_KEPT_MS = 5 * 60_000;
const CHANNELS_KEPT = 1000;

export function createSharing(client: WebClient): IsSharedOutside {
  const known = createCache<boolean>({ maxEntries: CHANNELS_KEPT, ttlMs: SHARING_KEPT_MS });

  return async (token, teamId, channel) => {
    // People of other organizations cannot start a direct conversation with the bot.
    if (!/^[CG]/.test(channel)) return false;
    return known.fetch(`${teamId}-${channel}`, () => askSharing(client, token, channel));
  };
}

/**
 * False where Slack does not let the bot look, because of a missing scope or a channel that it is not in: the attempt to post
 * then shows what is allowed.
 */
async function askSharing(client: WebClient, token: string, channel: string): Promise<boolean> {
  try {
    const { channel: found } = await client.conversations.info({ token, channel });
    return found?.is_ext_shared === true || found?.is_pending_ext_shared === true;
  } catch (error) {
    const isNo =
      (error instanceof WebAPIPlatformError && !TRANSIENT.has(error.data.error)) ||
      (error instanceof WebAPIHTTPError && error.statusCode >= 400 && error.statusCode < 500);
    if (isNo) return false;
    throw error;
  }
}

const TRANSIENT = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'ratelimited']);

/** Whether this person can read in a channel: everyone of the workspace in a public one, no one else in a direct conversation. */
type MayRead = (token: string, teamId: string, channel: string, userId: string) => Promise<boolean>;

/** A person who opens the Home tab again and again must not use up what Slack allows. */
const MEMBERSHIP_KEPT_MS = 60_000;
const MEMBERSHIPS_KEPT = 2000;
const PER_PAGE = 1000;
const MOST_PAGES = 5;

/** Rejects when Slack does not say: the bot must be a member, or the channel public. */
export function createMembership(client: WebClient): MayRead {
  const known = createCache<boolean>({ maxEntries: MEMBERSHIPS_KEPT, ttlMs: MEMBERSHIP_KEPT_MS });

  async function canRead(token: string, channel: string, userId: string): Promise<boolean> {
    const { channel: found } = await client.conversations.info({ token, channel });
    if (found?.is_im === true) return false;
    if (found?.is_private !== true) return true;
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const listed = await client.conversations.members({
        token,
        channel,
        limit: PER_PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      if (listed.members?.includes(userId) === true) return true;
      cursor = listed.response_metadata?.next_cursor || undefined;
      if (cursor === undefined) return false;
    }
    return false;
  }

  return (token, teamId, channel, userId) =>
    known.fetch(`${teamId}-${channel}-${userId}`, () => canRead(token, channel, userId));
}
