/** Settings that have the bot post in a channel later: whether it can is checked when they are made. */
import { formatNeverPosts, withWarning } from '../../formatters/answer/undelivered.ts';
import type { Message } from '../../formatters/message.ts';
import { inTime } from '../health/in-time.ts';
import { postingProblem } from '../readers.ts';
import type { ChannelRef, FormOutcome } from '../requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';

const LIMIT_MS = 600;

/** `set` isn't called where the bot never can post. */
export async function setForLater(
  workspace: Pick<SlackWorkspace, 'channel'>,
  place: ChannelRef,
  set: () => Promise<Message>,
): Promise<FormOutcome> {
  // Slack waits for the reply: without an answer in time, the first post shows whether it works.
  const code = await inTime(postingProblem(workspace, place), LIMIT_MS).catch(() => null);
  if (code === null) return { isDone: true, message: await set() };
  const later = { channel: place.channel, code };
  const never = formatNeverPosts(later);
  return never === null
    ? { isDone: true, message: withWarning(await set(), later) }
    : { isDone: false, message: never };
}
