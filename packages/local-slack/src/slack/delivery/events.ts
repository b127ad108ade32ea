/** The events that the app gets about changes in the workspace. */
import type { JsonObject } from '../json.ts';
import type { Change, Channel, Message, Team } from '../state/model.ts';
import { APP_ID, messageObject } from '../state/objects.ts';
import type { Store } from '../state/store.ts';

const CHANNEL_TYPES = { public: 'channel', private: 'group', im: 'im' } as const;

/** The events of one change, for channels that the bot is in; ephemeral messages and views cause none. */
export function eventsOf(
  change: Change,
  store: Store,
  team: Team,
  unfurlDomains: readonly string[],
): readonly JsonObject[] {
  if (change.kind !== 'message') return [];
  const message = change.after ?? change.before;
  const channel = message === null ? undefined : store.channels.get(message.channel);
  if (message === null || channel === undefined || message.ephemeralFor !== null) return [];
  if (channel.teamId !== team.id || !channel.members.includes(team.botUserId)) return [];
  const place = { channel: channel.id, channel_type: CHANNEL_TYPES[channel.kind] };
  if (change.before === null)
    return newMessageEvents(message, messageObject(message, store), { channel, team, unfurlDomains });
  const previous = messageObject(change.before, store);
  if (change.after === null) {
    const gone = { type: 'message', subtype: 'message_deleted', hidden: true, deleted_ts: message.ts };
    return [{ ...gone, previous_message: previous, ts: store.nextTs(), event_ts: store.nextTs(), ...place }];
  }
  if (change.after.editedTs === change.before.editedTs && change.after.text === change.before.text) return [];
  const edit = {
    type: 'message',
    subtype: 'message_changed',
    hidden: true,
    message: messageObject(change.after, store),
  };
  return [{ ...edit, previous_message: previous, ts: store.nextTs(), event_ts: store.nextTs(), ...place }];
}

/** The envelope in which the Events API delivers an event; `event_id` stays the same over retries. */
export function eventCallback(event: JsonObject, team: Team, store: Store): JsonObject {
  const channel = store.channels.get(String(event['channel']));
  return {
    token: 'verification-token',
    team_id: team.id,
    context_team_id: team.id,
    context_enterprise_id: null,
    api_app_id: APP_ID,
    event,
    type: 'event_callback',
    event_id: store.nextId('Ev'),
    event_time: Math.floor(store.now() / 1000),
    authorizations: [
      { enterprise_id: null, team_id: team.id, user_id: team.botUserId, is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: channel?.shared ?? false,
    event_context: crypto.randomUUID(),
  };
}

function newMessageEvents(
  message: Message,
  object: JsonObject,
  { channel, team, unfurlDomains }: { channel: Channel; team: Team; unfurlDomains: readonly string[] },
): readonly JsonObject[] {
  const base = { ...object, channel: channel.id, event_ts: message.ts };
  const isMention = message.botId === null && channel.kind !== 'im' && message.text.includes(`<@${team.botUserId}>`);
  const links = message.botId === null ? sharedLinks(message.text, unfurlDomains) : [];
  const thread = message.threadTs === null ? {} : { thread_ts: message.threadTs };
  const shared = { type: 'link_shared', channel: channel.id, user: message.user, message_ts: message.ts, ...thread };
  return [
    { ...base, channel_type: CHANNEL_TYPES[channel.kind] },
    ...(isMention ? [{ ...base, type: 'app_mention' }] : []),
    ...(links.length === 0 ? [] : [{ ...shared, links, source: 'conversations_history', event_ts: message.ts }]),
  ];
}

function sharedLinks(text: string, domains: readonly string[]): readonly JsonObject[] {
  return [...text.matchAll(/<(https?:\/\/[^|>]+)/g)].flatMap(([, escaped = '']) => {
    const url = escaped.replaceAll('&amp;', '&');
    const host = URL.canParse(url) ? new URL(url).hostname : '';
    const domain = domains.find((candidate) => host === candidate || host.endsWith(`.${candidate}`));
    return domain === undefined ? [] : [{ url, domain }];
  });
}
