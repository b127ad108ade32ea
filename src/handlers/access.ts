/** Who can send requests, and where they get replies. */
import type { PersonRef, Place } from '../jobs/requests.ts';
import type { Services } from '../jobs/services.ts';
import type { Incoming } from './intake/incoming.ts';
import { type Notice, notice } from './notice.ts';

/** IDs that can send requests; null means all. */
export interface Access {
  readonly teams: readonly string[] | null;
  readonly channels: readonly string[] | null;
  readonly users: readonly string[] | null;
}

export type Requester = Pick<
  Incoming,
  'teamId' | 'installedIn' | 'userTeamIds' | 'channel' | 'isSharedOutside' | 'userId'
>;

/** What Slack knows about channels. */
type Slack = Pick<Services, 'isInAny' | 'isSharedOutside'>;

/** Why this person can't send requests here, or null. Members of a listed workspace can also send them from other workspaces. */
export async function reasonToReject(requester: Requester, access: Access, slack: Slack): Promise<Notice | null> {
  const { teamId, installedIn, userId } = requester;
  if (await isStranger(requester, access, slack)) {
    return notice`ktrdr-bot is available only to members of the workspace where it’s installed.`;
  }
  if (requester.isSharedOutside === true) {
    return notice`This channel is shared with another organization, so ktrdr-bot doesn’t post here.`;
  }
  if (![teamId, ...installedIn].some((id) => allows(access.teams, id))) {
    return notice`ktrdr-bot isn’t enabled in this workspace. Ask its admin to add ${teamId} to ALLOWED_TEAMS.`;
  }
  if (!allows(access.users, userId)) {
    return notice`You don’t have access to ktrdr-bot. Ask its admin to add ${userId} to ALLOWED_USERS.`;
  }
  return reasonNotThere(requester, access, slack);
}

/**
 * Why no one, or not this person, gets a reply there, or null. Where no one else reads, `ALLOWED_CHANNELS` allows the members
 * of those channels.
 */
export async function reasonNotThere(
  place: Pick<Place, 'channel'> & PersonRef,
  { channels }: Access,
  slack: Pick<Services, 'isInAny'>,
): Promise<Notice | null> {
  const { channel } = place;
  if (allows(channels, channel)) return null;
  if (!isForOne(channel)) {
    return notice`ktrdr-bot isn’t enabled in this channel. Ask its admin to add ${channel} to ALLOWED_CHANNELS.`;
  }
  switch (await slack.isInAny(place, channels ?? [])) {
    case true:
      return null;
    case false:
      return notice`ktrdr-bot is enabled only in some channels, and you aren’t in any of them. To find out which, ask your ktrdr-bot admin.`;
    case null:
      return notice`ktrdr-bot is enabled only in some channels, and couldn’t check with Slack whether you’re in one. Try again in a minute.`;
  }
}

/** The Home tab, a direct conversation, or the user ID that a direct message goes to. */
function isForOne(channel: string): boolean {
  return channel === '' || /^[DUW]/.test(channel);
}

/**
 * Whether the person belongs to another organization. In a channel that isn't shared, no one does. Outside of channels, an
 * organization shows its apps only to its own members.
 */
async function isStranger(
  { teamId, installedIn, userTeamIds, channel, isSharedOutside }: Requester,
  { teams }: Access,
  slack: Pick<Services, 'isSharedOutside'>,
): Promise<boolean> {
  const homes = [teamId, ...installedIn, ...(teams ?? [])];
  if (userTeamIds.length === 0 || userTeamIds.some((id) => homes.includes(id))) return false;
  if (isSharedOutside !== null) return isSharedOutside;
  if (!installedIn.some((id) => id.startsWith('E'))) return true;
  return !isForOne(channel) && (await slack.isSharedOutside({ teamId, channel })) !== false;
}

function allows(ids: readonly string[] | null, id: string): boolean {
  return ids === null || ids.includes(id);
}
