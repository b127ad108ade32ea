/** The workspace's records in Slack's own spelling, as methods answer and events carry them. */
import type { JsonObject } from '../json.ts';
import type { Channel, Message, SlackFile, Team, User, View } from './model.ts';
import type { Store } from './store.ts';

export function messageObject(message: Message, store: Store, { withMetadata = false } = {}): JsonObject {
  const team = store.users.get(message.user)?.teamId ?? store.teams[0]?.id;
  const replies = store.messages(message.channel).filter((other) => other.threadTs === message.ts);
  return {
    type: 'message',
    ...(message.subtype === null ? {} : { subtype: message.subtype }),
    user: message.user,
    ...(message.botId === null ? {} : { bot_id: message.botId, app_id: APP_ID }),
    ...(message.clientMessageId === null ? {} : { client_msg_id: message.clientMessageId }),
    team,
    ...(store.channels.get(message.channel)?.shared === true ? { user_team: team, source_team: team } : {}),
    ts: message.ts,
    text: message.text,
    ...(message.blocks.length === 0 ? {} : { blocks: message.blocks }),
    ...(message.attachments.length === 0 ? {} : { attachments: message.attachments }),
    ...(message.files.length === 0 ? {} : { files: message.files.map((file) => fileObject(file)) }),
    ...(message.reactions.length === 0
      ? {}
      : { reactions: message.reactions.map((reaction) => ({ ...reaction, count: reaction.users.length })) }),
    ...(message.editedTs === null ? {} : { edited: { user: message.user, ts: message.editedTs } }),
    ...(withMetadata && message.metadata !== null ? { metadata: message.metadata } : {}),
    ...threadFields(message, replies),
  };
}

export const APP_ID = 'A0KTRDR';

export function channelObject(channel: Channel, team: Team): JsonObject {
  return {
    id: channel.id,
    ...(channel.kind === 'im'
      ? { user: channel.members.find((member) => member !== team.botUserId) }
      : { name: channel.name, name_normalized: channel.name, num_members: channel.members.length }),
    is_channel: channel.kind === 'public',
    is_group: channel.kind === 'private',
    is_im: channel.kind === 'im',
    is_mpim: false,
    is_private: channel.kind !== 'public',
    is_archived: channel.archived,
    is_member: channel.members.includes(team.botUserId),
    is_shared: channel.shared,
    is_ext_shared: channel.shared,
    context_team_id: team.id,
  };
}

export function userObject(user: User): JsonObject {
  return {
    id: user.id,
    team_id: user.teamId,
    name: user.name,
    real_name: user.realName,
    tz: user.timeZone,
    is_bot: user.isBot,
    is_admin: user.isAdmin,
    deleted: false,
    profile: { real_name: user.realName, display_name: user.name },
  };
}

export function fileObject(file: SlackFile): JsonObject {
  return {
    id: file.id,
    name: file.name,
    title: file.title,
    alt_txt: file.altText,
    filetype: file.name.split('.').at(-1),
    size: file.bytes.length,
    url_private: `/files/${file.id}/${encodeURIComponent(file.name)}`,
  };
}

export function viewObject(view: View, team: Team, state: JsonObject = {}): JsonObject {
  return {
    private_metadata: '',
    callback_id: '',
    ...view.definition,
    id: view.id,
    team_id: view.teamId,
    hash: view.hash,
    state: { values: state },
    app_id: APP_ID,
    bot_id: team.botId,
    root_view_id: view.id,
    previous_view_id: null,
    app_installed_team_id: team.id,
  };
}

function threadFields(message: Message, replies: readonly Message[]): JsonObject {
  if (message.threadTs !== null) return { thread_ts: message.threadTs };
  if (replies.length === 0) return {};
  return {
    thread_ts: message.ts,
    reply_count: replies.length,
    reply_users_count: new Set(replies.map((reply) => reply.user)).size,
    latest_reply: replies.at(-1)?.ts,
  };
}
