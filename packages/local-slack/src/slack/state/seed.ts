import type { Channel, Team, User } from './model.ts';

export type TeamSeed = Partial<Team> & Pick<Team, 'id'>;
export type UserSeed = Partial<User> & Pick<User, 'id'>;
export type ChannelSeed = Partial<Channel> & Pick<Channel, 'id'>;

/** The scopes of ktrdr-bot; those of another app are given with its team. */
export const DEFAULT_SCOPES = [
  'app_mentions:read',
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:write',
  'links:read',
  'links:write',
  'reactions:write',
] as const;

const BOT_USER_ID = 'U0KTRDRBOT';

const DEFAULT_USERS: readonly UserSeed[] = [
  { id: 'U0ANNA', name: 'anna', realName: 'Anna Ng', isAdmin: true, timeZone: 'Europe/Berlin' },
  { id: 'U0BEN', name: 'ben', realName: 'Ben Ortiz', timeZone: 'America/New_York' },
];

/** The bot is in the first two; it must be invited to the third, and the others are cases in which posting fails. */
const DEFAULT_CHANNELS: readonly ChannelSeed[] = [
  { id: 'C0OPS', name: 'ktrdr-ops', members: ['U0ANNA', 'U0BEN', BOT_USER_ID] },
  { id: 'G0TRADE', name: 'trading-desk', kind: 'private', members: ['U0ANNA', BOT_USER_ID] },
  { id: 'C0RANDOM', name: 'random', members: ['U0ANNA', 'U0BEN'] },
  { id: 'G0SECRET', name: 'board', kind: 'private', members: ['U0ANNA'] },
  { id: 'C0OLD', name: 'old-incidents', archived: true, members: ['U0ANNA', BOT_USER_ID] },
  { id: 'C0SHARED', name: 'with-partner', shared: true, members: ['U0ANNA', BOT_USER_ID] },
];

/** Fills in what the caller leaves out: one team, two people, and a channel of each kind. */
export function seedWorkspace(options: {
  readonly teams?: readonly TeamSeed[];
  readonly users?: readonly UserSeed[];
  readonly channels?: readonly ChannelSeed[];
}): { readonly teams: readonly Team[]; readonly users: readonly User[]; readonly channels: readonly Channel[] } {
  const teams = (options.teams ?? [{ id: 'T0KTRDR' }]).map((team, index) => teamFrom(team, index));
  const first = teams[0]?.id ?? '';
  const people = (options.users ?? DEFAULT_USERS).map((user) => userFrom(user, first));
  const bots = teams.map((team) =>
    userFrom({ id: team.botUserId, teamId: team.id, name: 'ktrdr-bot', realName: 'ktrdr-bot', isBot: true }, first),
  );
  const channels = (options.channels ?? DEFAULT_CHANNELS).map((channel) => channelFrom(channel, first));
  return { teams, users: [...people, ...bots], channels };
}

function teamFrom(seed: TeamSeed, index: number): Team {
  const suffix = index === 0 ? '' : String(index + 1);
  return {
    name: 'ktrdr',
    domain: 'ktrdr-local',
    botToken: `xoxb-fake-bot-token${suffix}`,
    botUserId: BOT_USER_ID + suffix,
    botId: `B0KTRDRBOT${suffix}`,
    scopes: DEFAULT_SCOPES,
    ...seed,
  };
}

function userFrom(seed: UserSeed, teamId: string): User {
  const name = seed.name ?? seed.id.toLowerCase();
  return { teamId, name, realName: name, timeZone: 'UTC', isBot: false, isAdmin: false, ...seed };
}

function channelFrom(seed: ChannelSeed, teamId: string): Channel {
  const base = { teamId, name: seed.id.toLowerCase(), kind: 'public' as const, members: [] };
  return { ...base, archived: false, shared: false, postingError: null, ...seed };
}
