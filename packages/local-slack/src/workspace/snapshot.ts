/** What one person sees of the workspace, as the page receives it. */
import type { FakeSlack } from '../slack/fake-slack.ts';
import type { JsonObject } from '../slack/json.ts';
import type { Change, Channel, Message, View } from '../slack/state/model.ts';
import { fileObject } from '../slack/state/objects.ts';

export function snapshotFor(slack: FakeSlack, me: string): JsonObject {
  const channels = [...slack.store.channels.values()].filter((channel) => isVisible(channel, me));
  return {
    me,
    team: { name: slack.team.name, botUserId: slack.team.botUserId },
    users: [...slack.store.users.values()].map(({ id, name, realName, isBot }) => ({ id, name, realName, isBot })),
    channels: channels.map((channel) => channelFor(slack, channel)),
    messages: channels
      .flatMap((channel) => slack.messages(channel.id))
      .filter((message) => isReadable(message, me))
      .map(messageFor),
    views: [...slack.store.views.values()].filter((view) => view.userId === me).map(viewFor),
  };
}

/** Null when the person sees nothing of it. */
export function changeFor(slack: FakeSlack, me: string, change: Change): JsonObject | null {
  if (change.kind === 'channel') {
    return isVisible(change.channel, me) ? { channel: channelFor(slack, change.channel) } : null;
  }
  if (change.kind === 'view') {
    const view = change.after ?? change.before;
    if (view?.userId !== me) return null;
    return change.after === null ? { goneView: view.id } : { view: viewFor(change.after) };
  }
  const message = change.after ?? change.before;
  const channel = message === null ? undefined : slack.store.channels.get(message.channel);
  if (message === null || channel === undefined || !isVisible(channel, me) || !isReadable(message, me)) return null;
  if (change.after === null) return { goneMessage: { channel: message.channel, ts: message.ts } };
  return { message: messageFor(change.after), isNew: change.before === null };
}

function isVisible(channel: Channel, me: string): boolean {
  return channel.members.includes(me);
}

function isReadable(message: Message, me: string): boolean {
  return message.ephemeralFor === null || message.ephemeralFor === me;
}

function channelFor(slack: FakeSlack, { id, name, kind, members, archived, shared }: Channel): JsonObject {
  const hasBot = members.includes(slack.team.botUserId);
  return { id, kind, archived, shared, hasBot, name: kind === 'im' ? 'ktrdr-bot' : name };
}

function messageFor({ files, edits, metadata, ...message }: Message): JsonObject {
  return {
    ...message,
    files: files.map((file) => fileObject(file)),
    isEdited: edits.length > 0,
    isMarked: metadata !== null,
  };
}

function viewFor({ id, type, hash, definition }: View): JsonObject {
  return { id, type, hash, definition };
}
