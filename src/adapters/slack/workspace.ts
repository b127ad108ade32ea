import { WebClient } from '@slack/web-api';
import { createCache } from '../../jobs/cache.ts';
import type { SlackWorkspace } from '../../jobs/workspace-port.ts';
import { SILENT } from './chat.ts';
import { createMembership } from './membership.ts';
import { outcomeOf } from './post-outcome.ts';
import { createSharing } from './sharing.ts';
import { slackFetch } from './slack-fetch.ts';
import { createUpload } from './upload.ts';

export interface WorkspaceOptions {
  tokenFor(teamId: string): Promise<string>;
  readonly apiUrl?: string;
}

const TIMEOUT_MS = 10_000;
/** A link is worth no more than this much waiting: the answer comes first. */
const LINK_TIMEOUT_MS = 3_000;
/** A link never changes, and the newest cases of a cause are linked again and again. */
const LINKS_REMEMBERED = 1000;

export function createSlackWorkspace({ tokenFor, apiUrl }: WorkspaceOptions): SlackWorkspace {
  const base = {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    fetch: slackFetch,
    logger: SILENT,
  };
  const client = new WebClient(undefined, { ...base, timeout: TIMEOUT_MS });
  const quick = new WebClient(undefined, { ...base, timeout: LINK_TIMEOUT_MS });
  const membership = createMembership(quick);
  const links = createCache<string>({ maxEntries: LINKS_REMEMBERED });
  let team: string | null = null;
  const isSharedOutside = createSharing(client);
  const uploadFile = createUpload(client, apiUrl);

  /** Null for everything that Slack can answer but yes, a missing token included; anything else is a bug. */
  async function orNull<Answer>(teamId: string, call: (token: string) => Promise<Answer>): Promise<Answer | null> {
    try {
      return await call(await tokenFor(teamId));
    } catch (error) {
      if (outcomeOf(error) === null) throw error;
      return null;
    }
  }

  /** A channel where strangers read along gets nothing, whatever it is. */
  function inChannel<Answer>(
    teamId: string,
    channel: string,
    call: (token: string) => Promise<Answer>,
  ): Promise<Answer | null> {
    return orNull(teamId, async (token) =>
      (await isSharedOutside(token, teamId, channel)) ? null : await call(token),
    );
  }

  return {
    async permalink(teamId, channel, ts) {
      const key = `${teamId}-${channel}-${ts}`;
      const known = links.get(key);
      if (known !== undefined) return known;
      const answer = await orNull(teamId, (token) => quick.chat.getPermalink({ token, channel, message_ts: ts }));
      if (answer?.permalink === undefined) return null;
      links.set(key, answer.permalink);
      return answer.permalink;
    },

    async mayRead(teamId, channel, userId) {
      return (await orNull(teamId, (token) => membership.mayRead(token, teamId, channel, userId))) ?? false;
    },

    async ownTeam() {
      team ??= (await orNull('', (token) => quick.auth.test({ token })))?.team_id ?? null;
      return team;
    },

    async unfurl(teamId, channel, ts, previews) {
      const unfurls = Object.fromEntries(
        Object.entries(previews).map(([url, blocks]) => [url, { blocks: [...blocks] }]),
      );
      const call = (token: string) => client.chat.unfurl({ token, channel, ts, unfurls });
      return (await inChannel(teamId, channel, call)) !== null;
    },

    async upload({ teamId, channel, threadTs }, { name, title, text }) {
      const whereto = { channel_id: channel, ...(threadTs === null ? {} : { thread_ts: threadTs }) };
      const file = { name, title, bytes: new TextEncoder().encode(text) };
      const outcome = await inChannel(teamId, channel, (token) => uploadFile(token, file, whereto));
      return outcome?.kind === 'uploaded';
    },

    async keepPicture(teamId, picture) {
      try {
        return await uploadFile(await tokenFor(teamId), picture, {});
      } catch (error) {
        const outcome = outcomeOf(error);
        if (outcome === null) throw error;
        return outcome;
      }
    },
  };
}
