import { readContent, readMetadata } from '../../block-kit/message-content.ts';
import { isPicture } from '../../block-kit/slack-files.ts';
import { isObject, type JsonObject, parseJson, stringOf } from '../../json.ts';
import type { Channel, Message } from '../../state/model.ts';
import { messageObject } from '../../state/objects.ts';
import {
  type Call,
  fail,
  type Method,
  missing,
  type NewMessage,
  ok,
  postingChannel,
  putEdit,
  putNewMessage,
  refuse,
  threadParent,
  visibleChannel,
} from '../method.ts';

const MAX_UPDATE_TEXT = 4_000;

export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage': { scope: 'chat:write', run: postMessage },
  'chat.update': { scope: 'chat:write', run: update },
  'chat.postEphemeral': { scope: 'chat:write', run: postEphemeral },
  'chat.delete': { scope: 'chat:write', run: remove },
  'chat.getPermalink': { scope: null, run: getPermalink },
  'chat.unfurl': { scope: 'links:write', run: unfurl },
};

function postMessage(call: Call): JsonObject {
  const { args, store } = call;
  if (stringOf(args['channel']) === '') return missing('channel');
  const channel = postingChannel(call, stringOf(args['channel']));
  if ('error' in channel) return fail(channel.error);
  const metadata = readMetadata(args['metadata']);
  const read = readNewMessage(call, channel);
  if ('ok' in read) return read;
  if (metadata.kind === 'refused') return refuse(metadata.refusal);
  const broadcast = read.threadTs !== null && isTrue(args['reply_broadcast']);
  const message = putNewMessage(store, { ...read, metadata: metadata.value, broadcast });
  return ok({ channel: channel.id, ts: message.ts, message: messageObject(message, store, { withMetadata: true }) });
}

function update(call: Call): JsonObject {
  const { args, store } = call;
  const found = ownMessage(call, 'ts', 'cant_update_message');
  if ('ok' in found) return found;
  const content = readContent(args, { refuseTextAbove: MAX_UPDATE_TEXT, isShown: ownPictures(call) });
  if (content.kind === 'refused') return refuse(content.refusal);
  const metadata = readMetadata(args['metadata']);
  if (metadata.kind === 'refused') return refuse(metadata.refusal);
  for (const warning of content.warnings) call.warn(warning);
  const message = putEdit(store, found.message, content.value, metadata.value);
  return ok({
    channel: message.channel,
    ts: message.ts,
    text: message.text,
    message: messageObject(message, store, { withMetadata: true }),
  });
}

function postEphemeral(call: Call): JsonObject {
  const { args, store } = call;
  const user = stringOf(args['user']);
  if (stringOf(args['channel']) === '') return missing('channel');
  if (user === '') return missing('user');
  const channel = postingChannel(call, stringOf(args['channel']));
  if ('error' in channel) return fail(channel.error);
  if (!channel.members.includes(user)) return fail('user_not_in_channel');
  const read = readNewMessage(call, channel);
  if ('ok' in read) return read;
  const message = putNewMessage(store, { ...read, ephemeralFor: user });
  return ok({ message_ts: message.ts });
}

/** What every new message of the bot is checked for, or the finished error answer. */
function readNewMessage(call: Call, channel: Channel): Refused | (NewMessage & { readonly threadTs: string | null }) {
  const { args, store, team } = call;
  const content = readContent(args, { isShown: ownPictures(call) });
  if (content.kind === 'refused') return refusal(refuse(content.refusal));
  const threadTs = stringOf(args['thread_ts']) || null;
  const hasThread = threadTs === null || threadParent(store, channel.id, threadTs) !== null;
  if (!hasThread) return refusal(fail('cannot_reply_to_message'));
  for (const warning of content.warnings) call.warn(warning);
  return { channel: channel.id, user: team.botUserId, botId: team.botId, content: content.value, threadTs };
}

function remove(call: Call): JsonObject {
  const { store } = call;
  const found = ownMessage(call, 'ts', 'cant_delete_message');
  if ('ok' in found) return found;
  const { message } = found;
  const hasReplies = store.messages(message.channel).some((other) => other.threadTs === message.ts);
  if (hasReplies) {
    const text = 'This message was deleted.';
    store.putMessage({ ...message, text, blocks: [], attachments: [], metadata: null, subtype: 'tombstone' });
  } else {
    store.removeMessage(message);
  }
  return ok({ channel: message.channel, ts: message.ts });
}

function getPermalink(call: Call): JsonObject {
  const channel = visibleChannel(call, stringOf(call.args['channel']));
  if (channel === null) return fail('channel_not_found');
  const message = call.store.find(channel.id, stringOf(call.args['message_ts']));
  if (message === null) return fail('message_not_found');
  const link = `${call.permalinkBase}/archives/${channel.id}/p${message.ts.replace('.', '')}`;
  const thread = message.threadTs === null ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
  return ok({ channel: channel.id, permalink: link + thread });
}

/** Previews of links become attachments of the message that holds the links. */
function unfurl(call: Call): JsonObject {
  const { args, store } = call;
  if (args['unfurls'] === undefined) return fail('missing_unfurls');
  const unfurls = typeof args['unfurls'] === 'string' ? parseJson(args['unfurls']) : args['unfurls'];
  if (!isObject(unfurls)) return fail('invalid_unfurls_format');
  if (stringOf(args['channel']) === '') return fail('missing_channel');
  if (stringOf(args['ts']) === '') return fail('missing_ts');
  const channel = visibleChannel(call, stringOf(args['channel']));
  if (channel === null) return fail('cannot_find_channel');
  const message = store.find(channel.id, stringOf(args['ts']));
  if (message === null) return fail('cannot_find_message');
  const attachments = Object.entries(unfurls).map(([url, preview]) => ({
    ...(isObject(preview) ? preview : {}),
    from_url: url,
    is_app_unfurl: true,
  }));
  const unknown = attachments.some(({ from_url: url }) => !message.text.replaceAll('&amp;', '&').includes(url));
  if (unknown) return fail('cannot_unfurl_message');
  const content = readContent({ text: ' unfurl ', attachments });
  if (content.kind === 'refused') return fail('cannot_parse_attachment', content.refusal.messages);
  store.putMessage({ ...message, attachments: content.value.attachments });
  return ok();
}

/** The author of a message must have access to the file; the bot has access to what it uploaded. */
function ownPictures({ store, team }: Call): (fileId: string) => boolean {
  return (id) => {
    const file = store.files.get(id);
    return file?.teamId === team.id && isPicture(file, store.now());
  };
}

type Refused = JsonObject & { readonly ok: false };

/** The bot's own message that the call names, or the finished error answer. */
function ownMessage(call: Call, field: string, notOwn: string): { readonly message: Message } | Refused {
  const { args, store, team } = call;
  if (stringOf(args['channel']) === '') return refusal(missing('channel'));
  if (stringOf(args[field]) === '') return refusal(missing(field));
  const channel = visibleChannel(call, stringOf(args['channel']));
  if (channel === null) return refusal(fail('channel_not_found'));
  const message = store.find(channel.id, stringOf(args[field]));
  if (message === null || message.subtype === 'tombstone') return refusal(fail('message_not_found'));
  return message.botId === team.botId ? { message } : refusal(fail(notOwn));
}

function refusal(answer: JsonObject): Refused {
  return { ...answer, ok: false };
}

function isTrue(argument: unknown): boolean {
  return argument === true || argument === 'true' || argument === '1';
}
