import type { PostEphemeral } from '../../jobs/ports.ts';
import { createSharing } from './channels.ts';
import { attempt, blocksIn, type ChatOptions } from './chat.ts';
import { createWebClient } from './web-client.ts';

const TIMEOUT_MS = 10_000;

/** As with all posts, nothing is sent where people from other organizations can read. */
export function createPostEphemeral({ tokenFor, apiUrl, timeoutMs = TIMEOUT_MS }: ChatOptions): PostEphemeral {
  const client = createWebClient(apiUrl, timeoutMs);
  const isSharedOutside = createSharing(client);
  return ({ teamId, channel, userId: user }, message) =>
    attempt(async () => {
      const token = await tokenFor(teamId);
      if (await isSharedOutside(token, teamId, channel)) return { kind: 'no-access', error: 'shared_with_others' };
      const content = { channel, user, text: message.text, blocks: blocksIn(message) };
      await client.apiCall('chat.postEphemeral', { token, ...content });
      return { channel };
    });
}
