import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import type { Logger } from 'pino';

/** Whether members of other organisations read in a channel. */
export interface Sharing {
  /** Null when Slack did not say in time. */
  isSharedOutside(client: WebClient, teamId: string, channel: string): Promise<boolean | null>;
}

/** A channel can be shared at any time, and an administrator who ends it wants to ask there again soon. */
const KNOWN_FOR_MS = 5 * 60_000;
/** Slack waits 3 s for an answer, and the queue wants its part of them. */
const PATIENCE_MS = 800;
const CHANNELS_REMEMBERED = 1000;

export function createSharing(log: Logger): Sharing {
  const known = new Map<string, { readonly answer: boolean; readonly untilMs: number }>();

  async function ask(client: WebClient, channel: string): Promise<boolean | null> {
    try {
      const { channel: found } = await client.conversations.info({ channel });
      return found?.is_ext_shared === true || found?.is_pending_ext_shared === true;
    } catch (error) {
      if (!(error instanceof WebAPIPlatformError)) return null;
      const code = error.data.error;
      // Where the bot cannot look it cannot post either: its answer goes to the asker alone.
      if (code === 'channel_not_found') return false;
      if (code !== 'missing_scope' && code !== 'not_allowed_token_type') return null;
      log.warn({ channel, code }, 'cannot see whether a channel is shared: channels:read or groups:read is missing');
      return false;
    }
  }

  return {
    async isSharedOutside(client, teamId, channel) {
      const key = `${teamId}-${channel}`;
      const remembered = known.get(key);
      if (remembered !== undefined && remembered.untilMs > Date.now()) return remembered.answer;
      const answer = await inTime(ask(client, channel));
      if (answer === null) return null;
      if (known.size >= CHANNELS_REMEMBERED) known.clear();
      known.set(key, { answer, untilMs: Date.now() + KNOWN_FOR_MS });
      return answer;
    },
  };
}

function inTime<Answer>(work: Promise<Answer>): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(resolve, PATIENCE_MS, null);
    work.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
