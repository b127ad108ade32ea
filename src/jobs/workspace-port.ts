/** Slack beside posting. Each call is one attempt, and refusals are values. */
import type { Message } from '../formatters/message.ts';
import type { ChatTarget, PostOutcome } from './ports.ts';

export interface SlackWorkspace {
  /** Null when the message cannot be linked: it is gone, or Slack does not answer. */
  permalink(teamId: string, channel: string, ts: string): Promise<string | null>;
  /** Whether this person can read in that channel; false when Slack does not say. */
  mayRead(teamId: string, channel: string, userId: string): Promise<boolean>;
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
