import { type JsonObject, stringOf } from '../../json.ts';
import type { Channel, Message } from '../../state/model.ts';
import { channelObject, messageObject } from '../../state/objects.ts';
import { type Call, directChannel, fail, type Method, missing, ok, visibleChannel } from '../method.ts';

export const conversationMethods: Readonly<Record<string, Method>> = {
  'conversations.open': { scope: 'im:write', run: open },
  'conversations.info': { scope: 'channels:read', run: info },
  'conversations.members': { scope: 'channels:read', run: members },
  'conversations.history': { scope: 'channels:history', run: history },
  'conversations.replies': { scope: 'channels:history', run: replies },
};

function open(call: Call): JsonObject {
  const users = stringOf(call.args['users']).split(',').filter(Boolean);
  if (users.length === 0) return fail('users_list_not_supplied');
  if (users.some((id) => call.store.users.get(id)?.teamId !== call.team.id)) return fail('user_not_found');
  const [user, second] = users;
  // Group conversations are not part of this workspace.
  if (user === undefined || second !== undefined) return fail('method_not_supported_for_channel_type');
  const known = call.store.channels.size;
  const channel = directChannel(call, user);
  const isNew = call.store.channels.size > known;
  return ok({ ...(isNew ? {} : { no_op: true, already_open: true }), channel: { id: channel.id } });
}

function info(call: Call): JsonObject {
  const channel = visibleChannel(call, stringOf(call.args['channel']));
  return channel === null ? fail('channel_not_found') : ok({ channel: channelObject(channel, call.team) });
}

function members(call: Call): JsonObject {
  const channel = visibleChannel(call, stringOf(call.args['channel']));
  if (channel === null) return fail('channel_not_found');
  return ok({ members: [...channel.members], response_metadata: { next_cursor: '' } });
}

/** Newest first, without replies. */
function history(call: Call): JsonObject {
  const channel = readableChannel(call);
  if ('error' in channel) return fail(channel.error);
  const messages = lasting(call, channel).filter((message) => message.threadTs === null || message.broadcast);
  return page(call, inWindow(call, messages).reverse(), 100);
}

/** Oldest first, the parent always included; a reply's own `ts` finds that reply alone. */
function replies(call: Call): JsonObject {
  const channel = readableChannel(call);
  if ('error' in channel) return fail(channel.error);
  const ts = stringOf(call.args['ts']);
  if (ts === '') return missing('ts');
  const first = call.store.find(channel.id, ts);
  if (first === null) return fail('thread_not_found');
  const thread = lasting(call, channel).filter((message) => message.threadTs === ts);
  return page(call, [first, ...inWindow(call, thread)], 1000);
}

function readableChannel(call: Call): Channel | { readonly error: string } {
  const channel = visibleChannel(call, stringOf(call.args['channel']));
  if (channel === null) return { error: 'channel_not_found' };
  return channel.members.includes(call.team.botUserId) ? channel : { error: 'not_in_channel' };
}

function lasting(call: Call, channel: Channel): readonly Message[] {
  return call.store.messages(channel.id).filter((message) => message.ephemeralFor === null);
}

function inWindow(call: Call, messages: readonly Message[]): Message[] {
  const oldest = Number(stringOf(call.args['oldest']) || 0);
  const latest = Number(stringOf(call.args['latest']) || Number.MAX_SAFE_INTEGER);
  const inclusive = ['true', '1'].includes(String(call.args['inclusive']));
  return messages.filter(({ ts }) => {
    const at = Number(ts);
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest;
  });
}

/** The cursor is the position of the first message of the next page. */
function page(call: Call, messages: readonly Message[], defaultLimit: number): JsonObject {
  const cursor = stringOf(call.args['cursor']);
  const start = cursor === '' ? 0 : Number(cursor.replace('next:', ''));
  if (!Number.isInteger(start)) return fail('invalid_cursor');
  const limit = Math.min(call.mostPerPage, Number(call.args['limit'] ?? defaultLimit) || defaultLimit);
  const withMetadata = ['true', '1'].includes(String(call.args['include_all_metadata']));
  const hasMore = start + limit < messages.length;
  return ok({
    messages: messages
      .slice(start, start + limit)
      .map((message) => messageObject(message, call.store, { withMetadata })),
    has_more: hasMore,
    ...(hasMore ? { response_metadata: { next_cursor: `next:${start + limit}` } } : {}),
  });
}
