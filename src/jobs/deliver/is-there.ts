/** Whether a message of the bot still exists. */
import type { Chat, ChatTarget } from '../ports.ts';

/** A link to a deleted message still works: with its thread it stays as an empty one. When Slack doesn't say now, it is there. */
export async function isThere(
  chat: Pick<Chat, 'findPosted'>,
  { ts, threadTs, ...channel }: ChatTarget & { readonly ts: string },
): Promise<boolean> {
  const found = await chat.findPosted({ ...channel, threadTs: threadTs ?? ts }, 0);
  return found.kind !== 'found' || found.posts.some((post) => post.ts === ts);
}
