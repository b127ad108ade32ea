import { WebAPIHTTPError, WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { createCache } from '../../jobs/cache.ts';

/** Whether members of other organisations read in a channel. Rejects when Slack cannot say now; asking again helps then. */
export type IsSharedOutside = (token: string, teamId: string, channel: string) => Promise<boolean>;

/** A channel can be shared at any time, and whoever ends it wants answers there again soon. */
const KNOWN_FOR_MS = 5 * 60_000;
const CHANNELS_REMEMBERED = 1000;

export function createSharing(client: WebClient): IsSharedOutside {
  const known = createCache<boolean>({ maxEntries: CHANNELS_REMEMBERED, ttlMs: KNOWN_FOR_MS });

  return async (token, teamId, channel) => {
    // Direct conversations with strangers cannot be begun with the bot.
    if (!/^[CG]/.test(channel)) return false;
    return known.fetch(`${teamId}-${channel}`, () => ask(client, token, channel));
  };
}

/** Where Slack does not let the bot look (a missing scope, a channel that it is not in), posting tells what is allowed. */
async function ask(client: WebClient, token: string, channel: string): Promise<boolean> {
  try {
    const { channel: found } = await client.conversations.info({ token, channel });
    return found?.is_ext_shared === true || found?.is_pending_ext_shared === true;
  } catch (error) {
    const isNo =
      (error instanceof WebAPIPlatformError && !PASSING.has(error.data.error)) ||
      (error instanceof WebAPIHTTPError && error.statusCode >= 400 && error.statusCode < 500);
    if (isNo) return false;
    throw error;
  }
}

const PASSING = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'ratelimited']);
