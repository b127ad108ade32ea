/** Caches what Slack reports about channels and their members, because each call counts against its rate limits. */
import { WebAPIHTTPError, WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { createCache } from '../../jobs/cache.ts';
import type { ChannelFacts } from '../../jobs/workspace-port.ts';

/** Rejects when Slack can't answer now, so that a retry may help. */
type AskChannel = (token: string, teamId: string, channel: string) => Promise<ChannelFacts>;

/** Short, because a channel can be shared at any time, and people want replies there soon after sharing ends. */
const SHARING_KEPT_MS = 5 * 60_000;
/** Short, so that people who left a channel, or lost access when it became private, soon lose access here too. */
const READING_KEPT_MS = 60_000;
const CHANNELS_KEPT = 1000;
const MEMBERSHIPS_KEPT = 2000;

/**
 * Whether members of other organizations can read a channel. False where Slack doesn't let the bot look, because a scope is
 * missing or the bot isn't in the channel: the attempt to post then shows what is allowed.
 */
export function createSharing(client: WebClient): (...channel: Parameters<AskChannel>) => Promise<boolean> {
  const ask = createChannels(client, SHARING_KEPT_MS);
  return async (token, teamId, channel) => {
    // People from other organizations can't start a direct conversation with the bot.
    if (!/^[CG]/.test(channel)) return false;
    const found = await ask(token, teamId, channel);
    return 'isSharedOutside' in found && found.isSharedOutside;
  };
}

export function createChannels(client: WebClient, keptMs = READING_KEPT_MS): AskChannel {
  const known = createCache<ChannelFacts>({ maxEntries: CHANNELS_KEPT, ttlMs: keptMs });
  return (token, teamId, channel) => known.fetch(`${teamId}-${channel}`, () => askChannel(client, token, channel));
}

async function askChannel(client: WebClient, token: string, channel: string): Promise<ChannelFacts> {
  try {
    const { channel: found } = await client.conversations.info({ token, channel });
    if (found === undefined) return { kind: 'unknown' };
    if (found.is_im === true) return { kind: 'direct', userId: textOf(found, 'user') };
    const isSharedOutside = found.is_ext_shared === true || found.is_pending_ext_shared === true;
    const isShared = isSharedOutside || found.is_shared === true || found.is_org_shared === true;
    // A channel that isn't explicitly public is treated as private.
    const kind = found.is_private === false ? 'public' : 'private';
    return {
      kind,
      isSharedOutside,
      isShared,
      isArchived: found.is_archived === true,
      hasBot: found.is_member === true,
    };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { kind: error instanceof WebAPIPlatformError && HIDDEN.has(error.data.error) ? 'hidden' : 'unknown' };
  }
}

/** Reads a field that is missing from the client's types. */
function textOf(found: object, key: string): string {
  const value: unknown = Reflect.get(found, key);
  return typeof value === 'string' ? value : '';
}

const HIDDEN = new Set(['channel_not_found', 'not_in_channel']);
const TRANSIENT = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'ratelimited']);

function isRefusal(error: unknown): boolean {
  if (error instanceof WebAPIPlatformError) return !TRANSIENT.has(error.data.error);
  return error instanceof WebAPIHTTPError && error.statusCode >= 400 && error.statusCode < 500;
}

const PER_PAGE = 1000;
const MOST_PAGES = 5;

/** False where the bot can't look, and for members beyond the first 5,000 of a channel. Rejects when Slack can't answer now. */
export function createMembership(
  client: WebClient,
): (token: string, teamId: string, channel: string, userId: string) => Promise<boolean> {
  const known = createCache<boolean>({ maxEntries: MEMBERSHIPS_KEPT, ttlMs: READING_KEPT_MS });

  async function isMember(token: string, channel: string, userId: string): Promise<boolean> {
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
    known.fetch(`${teamId}-${channel}-${userId}`, async () => {
      try {
        return await isMember(token, channel, userId);
      } catch (error) {
        if (isRefusal(error)) return false;
        throw error;
      }
    });
}
