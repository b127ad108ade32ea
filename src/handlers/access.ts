import { type Notice, notice } from './notice.ts';

/** Ids that may send requests; null means all. */
export interface Access {
  readonly teams: readonly string[] | null;
  readonly channels: readonly string[] | null;
  readonly users: readonly string[] | null;
}

export interface Person {
  readonly teamId: string;
  /** The organization of the workspace, where there is one; its members may send requests, too. */
  readonly enterpriseId?: string | null;
  /** The requester's own workspace, where the payload has it: in a shared channel it can be another company's. */
  readonly userTeamId: string | null;
  /** Empty where there is none, as on the Home tab. */
  readonly channel: string;
  /** Members of other organizations read this channel. */
  readonly isSharedOutside?: boolean;
  readonly userId: string;
}

/** Why this person may not send requests here, or null. Members of a listed workspace may also do so from other workspaces. */
export function reasonToReject(requester: Person, access: Access): Notice | null {
  const { teamId, enterpriseId, userTeamId, channel, userId } = requester;
  const homes = [teamId, enterpriseId, ...(access.teams ?? [])];
  if (userTeamId !== null && !homes.includes(userTeamId)) {
    return notice`ktrdr-bot answers only members of the workspace that it is installed in.`;
  }
  if (requester.isSharedOutside === true) {
    return notice`This channel is shared with another organisation, so ktrdr-bot says nothing here.`;
  }
  if (!allows(access.teams, teamId) && !allows(access.teams, enterpriseId ?? '')) {
    return notice`ktrdr-bot is not switched on for this workspace. Its administrator can add ${teamId} to ALLOWED_TEAMS.`;
  }
  if (channel !== '' && !allows(access.channels, channel)) {
    return notice`ktrdr-bot is not switched on for this channel. Its administrator can add ${channel} to ALLOWED_CHANNELS.`;
  }
  if (!allows(access.users, userId)) {
    return notice`You are not among the people who may ask ktrdr-bot. Its administrator can add ${userId} to ALLOWED_USERS.`;
  }
  return null;
}

function allows(ids: readonly string[] | null, id: string): boolean {
  return ids === null || ids.includes(id);
}
