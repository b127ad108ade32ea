import type { Refusal } from '../block-kit/message-content.ts';
import type { JsonObject } from '../json.ts';
import type { Channel, Content, Message, Metadata, SlackFile, Team } from '../state/model.ts';
import type { Store } from '../state/store.ts';
import type { Triggers } from './triggers.ts';

/** One call of a Web API method, already authenticated. */
export interface Call {
  readonly team: Team;
  readonly args: JsonObject;
  readonly store: Store;
  readonly triggers: Triggers;
  /** Origin of this server, for upload addresses. */
  readonly origin: string;
  /** How long Slack looks at an uploaded file before a block can show it. */
  readonly fileProcessingMs: number;
  /** Of messages in a history, whatever the call asks for. */
  readonly mostPerPage: number;
  /** Base of permalinks, without a final slash. */
  readonly permalinkBase: string;
  /** Notes something that Slack lets pass and people suffer from. */
  warn(warning: string): void;
}

export interface Method {
  /** Null for methods without a scope. */
  readonly scope: string | null;
  readonly run: (call: Call) => JsonObject;
}

export function ok(fields: JsonObject = {}): JsonObject {
  return { ok: true, ...fields };
}

export function fail(error: string, messages: readonly string[] = []): JsonObject {
  return {
    ok: false,
    error,
    ...(messages.length === 0
      ? {}
      : { errors: messages.map((message) => message.replace('[ERROR] ', '')), response_metadata: { messages } }),
  };
}

export function refuse(refusal: Refusal): JsonObject {
  return fail(refusal.error, refusal.messages);
}

export function missing(field: string): JsonObject {
  return fail('invalid_arguments', [`[ERROR] missing required field: ${field}`]);
}

/** The channel as the bot sees it: private ones and other people's DMs do not exist for a stranger. */
export function visibleChannel(call: Call, id: string): Channel | null {
  const channel = call.store.channels.get(id);
  if (channel === undefined || channel.teamId !== call.team.id) return null;
  return channel.kind === 'public' || channel.members.includes(call.team.botUserId) ? channel : null;
}

/** Where the bot may post, or the error that Slack answers. A user id means the direct conversation with that person. */
export function postingChannel(call: Call, id: string): Channel | { readonly error: string } {
  const channel =
    call.store.users.get(id)?.teamId === call.team.id ? directChannel(call, id) : visibleChannel(call, id);
  if (channel === null) return { error: 'channel_not_found' };
  if (channel.archived) return { error: 'is_archived' };
  if (channel.postingError !== null) return { error: channel.postingError };
  const mayPost = channel.members.includes(call.team.botUserId) || call.team.scopes.includes('chat:write.public');
  return mayPost ? channel : { error: 'not_in_channel' };
}

/** Opened when it does not exist yet. */
export function directChannel(call: Pick<Call, 'store' | 'team'>, userId: string): Channel {
  const { store, team } = call;
  const existing = [...store.channels.values()].find(
    (channel) => channel.kind === 'im' && channel.members.includes(userId) && channel.members.includes(team.botUserId),
  );
  if (existing !== undefined) return existing;
  const members = [userId, team.botUserId];
  return store.putChannel({
    id: store.nextId('D'),
    teamId: team.id,
    name: store.users.get(userId)?.name ?? userId,
    kind: 'im',
    members,
    archived: false,
    shared: false,
    postingError: null,
  });
}

/** A thread hangs on a message at the top level; replies and ephemeral messages carry none. */
export function threadParent(store: Store, channel: string, threadTs: string): Message | null {
  const parent = store.find(channel, threadTs);
  return parent === null || parent.threadTs !== null ? null : parent;
}

export interface NewMessage {
  readonly channel: string;
  readonly user: string;
  readonly content: Content;
  readonly botId?: string | null;
  readonly threadTs?: string | null;
  readonly metadata?: Metadata | null;
  readonly files?: readonly SlackFile[];
  readonly ephemeralFor?: string | null;
  readonly responseUrl?: string | null;
  readonly broadcast?: boolean;
  readonly subtype?: string | null;
  readonly clientMessageId?: string | null;
}

export function putNewMessage(store: Store, message: NewMessage): Message {
  return store.putMessage({
    channel: message.channel,
    ts: store.nextTs(),
    threadTs: message.threadTs ?? null,
    user: message.user,
    botId: message.botId ?? null,
    text: message.content.text,
    blocks: withBlockIds(store, message.content.blocks),
    attachments: message.content.attachments,
    metadata: message.metadata ?? null,
    files: message.files ?? [],
    reactions: [],
    edits: [],
    editedTs: null,
    ephemeralFor: message.ephemeralFor ?? null,
    responseUrl: message.responseUrl ?? null,
    broadcast: message.broadcast ?? false,
    subtype: message.subtype ?? null,
    clientMessageId: message.clientMessageId ?? null,
  });
}

export function putEdit(store: Store, message: Message, content: Content, metadata: Metadata | null): Message {
  const { text, blocks, attachments } = message;
  return store.putMessage({
    ...message,
    ...content,
    blocks: withBlockIds(store, content.blocks),
    metadata: metadata ?? message.metadata,
    edits: [...message.edits, { text, blocks, attachments }],
    editedTs: store.nextTs(),
  });
}

/** Slack names the blocks that have no name. */
function withBlockIds(store: Store, blocks: readonly JsonObject[]): readonly JsonObject[] {
  return blocks.map((block) => (block['block_id'] === undefined ? { ...block, block_id: store.nextId('b') } : block));
}
