import { type JsonObject, stringOf } from '../../json.ts';
import { userObject } from '../../state/objects.ts';
import { type Call, fail, type Method, ok, visibleChannel } from '../method.ts';

export const workspaceMethods: Readonly<Record<string, Method>> = {
  'auth.test': { scope: null, run: authTest },
  'users.info': { scope: 'users:read', run: usersInfo },
  'reactions.add': { scope: 'reactions:write', run: (call) => react(call, 'add') },
  'reactions.remove': { scope: 'reactions:write', run: (call) => react(call, 'remove') },
};

function authTest({ team }: Call): JsonObject {
  return ok({
    url: `https://${team.domain}.slack.com/`,
    team: team.name,
    user: 'ktrdr-bot',
    team_id: team.id,
    user_id: team.botUserId,
    bot_id: team.botId,
    is_enterprise_install: false,
  });
}

function usersInfo(call: Call): JsonObject {
  const user = call.store.users.get(stringOf(call.args['user']));
  return user === undefined || user.teamId !== call.team.id ? fail('user_not_found') : ok({ user: userObject(user) });
}

function react(call: Call, change: 'add' | 'remove'): JsonObject {
  const { args, store, team } = call;
  const name = stringOf(args['name']);
  if (!/^[a-z0-9_+'-]+(::skin-tone-[2-6])?$/.test(name)) return fail('invalid_name');
  if (stringOf(args['timestamp']) === '') return fail('no_item_specified');
  const channel = visibleChannel(call, stringOf(args['channel']));
  if (channel === null) return fail('channel_not_found');
  if (channel.archived) return fail('is_archived');
  if (!channel.members.includes(team.botUserId)) return fail('not_in_channel');
  const message = store.find(channel.id, stringOf(args['timestamp']));
  if (message === null) return fail('message_not_found');
  const users = message.reactions.find((reaction) => reaction.name === name)?.users ?? [];
  const has = users.includes(team.botUserId);
  if (change === 'add' && has) return fail('already_reacted');
  if (change === 'remove' && !has) return fail('no_reaction');
  const rest = message.reactions.filter((reaction) => reaction.name !== name);
  const left = change === 'add' ? [...users, team.botUserId] : users.filter((user) => user !== team.botUserId);
  store.putMessage({ ...message, reactions: left.length === 0 ? rest : [...rest, { name, users: left }] });
  return ok();
}
