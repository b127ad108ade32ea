import type { WebClient } from '@slack/web-api';
import { createCache } from '../../jobs/cache.ts';

export interface Membership {
  /** Whether this person can read in a channel: anybody of the workspace in a public one, nobody else in a direct conversation. */
  mayRead(token: string, teamId: string, channel: string, userId: string): Promise<boolean>;
}

/** Somebody who opens the Home tab again and again must not use up what Slack allows. */
const KNOWN_FOR_MS = 60_000;
const ANSWERS_REMEMBERED = 2000;
const PER_PAGE = 1000;
const MOST_PAGES = 5;

/** Rejects when Slack does not say: it is asked where the bot is a member, or where everybody may read. */
export function createMembership(client: WebClient): Membership {
  const known = createCache<boolean>({ maxEntries: ANSWERS_REMEMBERED, ttlMs: KNOWN_FOR_MS });

  async function ask(token: string, channel: string, userId: string): Promise<boolean> {
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

  return {
    mayRead: (token, teamId, channel, userId) =>
      known.fetch(`${teamId}-${channel}-${userId}`, () => ask(token, channel, userId)),
  };
}
