import type { WebClient } from '@slack/web-api';

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
  const known = new Map<string, { readonly answer: boolean; readonly untilMs: number }>();

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
    async mayRead(token, teamId, channel, userId) {
      const key = `${teamId}-${channel}-${userId}`;
      const remembered = known.get(key);
      if (remembered !== undefined && remembered.untilMs > Date.now()) return remembered.answer;
      const answer = await ask(token, channel, userId);
      if (known.size >= ANSWERS_REMEMBERED) known.clear();
      known.set(key, { answer, untilMs: Date.now() + KNOWN_FOR_MS });
      return answer;
    },
  };
}
