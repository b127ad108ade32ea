/** Slack calls other than posting. Each call is one attempt, and rejections are values. */
import type { Message } from '../formatters/message.ts';
import type { ChatTarget, PostOutcome } from './ports.ts';

export interface SlackWorkspace {
  /** Null when the message can't be linked: it is gone, or Slack doesn't respond. */
  permalink(teamId: string, channel: string, ts: string): Promise<string | null>;
  channel(teamId: string, channel: string): Promise<ChannelFacts>;
  /** Whether the bot sees this person in that channel; null when Slack does not say now. */
  isMember(teamId: string, channel: string, userId: string): Promise<boolean | null>;
  /** The workspace that the one configured token belongs to; null when Slack does not say. */
  ownTeam(): Promise<string | null>;
  /** Shows previews of links in a message, by URL as written there. False when Slack rejects them. */
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
      /** Members of other organizations can read it, or are invited. */
      readonly isSharedOutside: boolean;
      /** People from other workspaces can read it, even if they are in the same organization. */
      readonly isShared: boolean;
      readonly isArchived: boolean;
      /** Whether the bot is in the channel. */
      readonly hasBot: boolean;
    }
  /** A direct conversation with one person. */
  | { readonly kind: 'direct'; readonly userId: string }
  /** The bot can neither read nor post there: it isn't in the channel, or the channel doesn't exist. */
  | { readonly kind: 'hidden' }
  /** Slack doesn't say, because a scope is missing or it isn't responding. */
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
