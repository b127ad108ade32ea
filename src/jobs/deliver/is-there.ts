/** Whether a message of the bot still exists. */
import type { Chat, ChatTarget } from '../ports.ts';

/**
 * Checks the message itself, because a link to a deleted message with a thread still works. If Slack doesn't respond, assumes
 * that it exists.
 */
export async function isThere(
  chat: Pick<Chat, 'findPosted'>,
  { ts, threadTs, ...channel }: ChatTarget & { readonly ts: string },
): Promise<boolean> {
  const found = await chat.findPosted({ ...channel, threadTs: threadTs ?? ts }, 0);
  return found.kind !== 'found' || found.posts.some((post) => post.ts === ts);
}
