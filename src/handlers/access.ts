import { type Notice, notice } from './notice.ts';

/** Ids that may ask; null means everybody of the workspace. */
export interface Access {
  readonly teams: readonly string[] | null;
  readonly channels: readonly string[] | null;
  readonly users: readonly string[] | null;
}

export interface Asker {
  readonly teamId: string;
  /** The asker's own workspace, where the payload says so: in a shared channel it can be another company's. */
  readonly userTeamId: string | null;
  readonly channel: string;
  readonly userId: string;
}

/** Why this person may not ask here, or null when they may. */
export function refusal(asker: Asker, access: Access): Notice | null {
  if (asker.userTeamId !== null && asker.userTeamId !== asker.teamId) {
    return notice`ktrdr-bot answers only members of the workspace that it is installed in.`;
  }
  if (!allows(access.teams, asker.teamId)) {
    return notice`ktrdr-bot is not switched on for this workspace. Its administrator can add ${asker.teamId} to ALLOWED_TEAMS.`;
  }
  if (!allows(access.channels, asker.channel)) {
    return notice`ktrdr-bot is not switched on for this channel. Its administrator can add ${asker.channel} to ALLOWED_CHANNELS.`;
  }
  if (!allows(access.users, asker.userId)) {
    return notice`You are not among the people who may ask ktrdr-bot. Its administrator can add ${asker.userId} to ALLOWED_USERS.`;
  }
  return null;
}

function allows(ids: readonly string[] | null, id: string): boolean {
  return ids === null || ids.includes(id);
}
