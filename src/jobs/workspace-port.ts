/** Slack beside posting. Each call is one attempt, and refusals are values. */
import type { Message } from '../formatters/message.ts';
import type { ChatTarget, PostOutcome } from './ports.ts';

export interface SlackWorkspace {
  /** Null when the message cannot be linked: it is gone, or Slack does not answer. */
  permalink(teamId: string, channel: string, ts: string): Promise<string | null>;
  channel(teamId: string, channel: string): Promise<ChannelFacts>;
  /** Whether the bot sees this person in that channel; null when Slack does not say now. */
  isMember(teamId: string, channel: string, userId: string): Promise<boolean | null>;
  /** The workspace that the one configured token belongs to; null when Slack does not say. */
  ownTeam(): Promise<string | null>;
  /** Previews of links in a message, by URL as it stands there. False when Slack does not take them. */
  unfurl(
    teamId: string,
    channel: string,
    ts: string,
    previews: Readonly<Record<string, Message['blocks']>>,
  ): Promise<boolean>;
  /** A text file in a thread, or at the top of the channel. False when Slack does not take it. */
  upload(
    target: ChatTarget,
    file: { readonly name: string; readonly title: string; readonly text: string },
  ): Promise<boolean>;
  /** Uploads a picture, which stays invisible until a message shows it by its id. */
  keepPicture(teamId: string, picture: KeptPicture): Promise<UploadOutcome>;
}

/** What Slack says about a channel. */
export type ChannelFacts =
  | {
      readonly kind: 'public' | 'private';
      /** Members of other organizations read it, or are invited to. */
      readonly isSharedOutside: boolean;
      /** People of other workspaces read it, be it of the same organization. */
      readonly isShared: boolean;
    }
  /** With one person. */
  | { readonly kind: 'direct'; readonly userId: string }
  /** The bot can neither look nor post there: it isn't in the channel, or there is none. */
  | { readonly kind: 'hidden' }
  /** Slack doesn't say, for lack of a scope or just now. */
  | { readonly kind: 'unknown' };

export interface KeptPicture {
  readonly name: string;
  readonly title: string;
  /** At most 1000 characters. */
  readonly altText: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type UploadOutcome =
  | { readonly kind: 'uploaded'; readonly fileId: string }
  | Exclude<PostOutcome, { readonly kind: 'sent' }>;
