/** What the conversation asks of Slack beside posting. Each call is one attempt; refusals are values. */
import type { Message } from '../formatters/message.ts';

export interface SlackWorkspace {
  /** Null when the message cannot be linked: it is gone, or Slack does not answer. */
  permalink(teamId: string, channel: string, ts: string): Promise<string | null>;
  /** Previews of links in a message, by URL as it stands there. False when Slack does not take them. */
  unfurl(
    teamId: string,
    channel: string,
    ts: string,
    previews: Readonly<Record<string, Message['blocks']>>,
  ): Promise<boolean>;
  /** A text file in a thread, or at the top of the channel. False when Slack does not take it. */
  upload(
    target: { readonly teamId: string; readonly channel: string; readonly threadTs: string | null },
    file: { readonly name: string; readonly title: string; readonly text: string },
  ): Promise<boolean>;
}
