/** What a Slack workspace holds, as the fake keeps it. Every record is replaced, never changed, so a held one is a snapshot. */
import type { JsonObject } from '../json.ts';

export interface Team {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly botToken: string;
  readonly botUserId: string;
  readonly botId: string;
  /** The bot's scopes; a method outside them answers `missing_scope`. */
  readonly scopes: readonly string[];
}

export interface User {
  readonly id: string;
  readonly teamId: string;
  readonly name: string;
  readonly realName: string;
  readonly timeZone: string;
  readonly isBot: boolean;
  readonly isAdmin: boolean;
}

type ChannelKind = 'public' | 'private' | 'im';

export interface Channel {
  readonly id: string;
  readonly teamId: string;
  readonly name: string;
  readonly kind: ChannelKind;
  readonly members: readonly string[];
  readonly archived: boolean;
  /** Shared with another organisation through Slack Connect. */
  readonly shared: boolean;
  /** Set: every post by the bot is refused with this error, e.g. `restricted_action_read_only_channel`. */
  readonly postingError: string | null;
}

export interface Metadata {
  readonly event_type: string;
  readonly event_payload: JsonObject;
}

export interface SlackFile {
  readonly id: string;
  readonly teamId: string;
  readonly name: string;
  readonly title: string;
  readonly altText: string;
  /** Empty until they arrive at the upload address, which takes them once. */
  readonly bytes: Uint8Array;
  /** Milliseconds; null until the app has completed the upload. */
  readonly processedAt: number | null;
}

export interface Content {
  readonly text: string;
  readonly blocks: readonly JsonObject[];
  readonly attachments: readonly JsonObject[];
}

export interface Message extends Content {
  readonly channel: string;
  readonly ts: string;
  /** The parent's `ts` in a reply, null at the top level. */
  readonly threadTs: string | null;
  readonly user: string;
  /** Set when an app wrote it. */
  readonly botId: string | null;
  readonly metadata: Metadata | null;
  readonly files: readonly SlackFile[];
  readonly reactions: readonly { readonly name: string; readonly users: readonly string[] }[];
  /** Earlier contents, oldest first. */
  readonly edits: readonly Content[];
  readonly editedTs: string | null;
  /** Set: visible to this person only, and not part of the channel's history. */
  readonly ephemeralFor: string | null;
  /** The address through which the app wrote it; null when it called a method or sent it with an acknowledgement. */
  readonly responseUrl: string | null;
  readonly broadcast: boolean;
  readonly subtype: string | null;
  readonly clientMessageId: string | null;
}

export interface View {
  readonly id: string;
  readonly teamId: string;
  readonly userId: string;
  readonly type: 'modal' | 'home';
  readonly hash: string;
  /** What the app sent, as it sent it. */
  readonly definition: JsonObject;
}

/** `before` is null for something new, `after` is null for something gone. */
export type Change =
  | { readonly kind: 'message'; readonly before: Message | null; readonly after: Message | null }
  | { readonly kind: 'view'; readonly before: View | null; readonly after: View | null }
  | { readonly kind: 'channel'; readonly channel: Channel };
