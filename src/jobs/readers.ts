/**
 * Who can read what: one rule for all stored data. Messages in a channel are for people who can read that channel. If Slack
 * doesn't show who that is, the bot shows less, not more.
 */
import type { ChannelRef, PersonRef, Place } from './requests.ts';
import { isDirect } from './requests.ts';
import type { ChannelFacts, SlackWorkspace } from './workspace-port.ts';

/** One person, or everyone who reads a channel. */
export type Reader = { readonly teamId: string } & (
  | {
      readonly kind: 'person';
      readonly userId: string;
      /** The channel where they are, according to Slack, not to a form or button, which could be forged. */
      readonly channel: string | null;
    }
  | { readonly kind: 'everybody'; readonly channel: string }
);

/** Where something was posted. If it belongs to a person, that person can read it anywhere. */
export interface Origin extends ChannelRef {
  readonly userId?: string | null | undefined;
}

type Channels = Pick<SlackWorkspace, 'channel' | 'isMember'>;

/** The readers of a post at this place. */
export function readerAt(place: Place): Reader {
  const { teamId, channel } = place;
  return isDirect(place) ? personAt(place) : { kind: 'everybody', teamId, channel };
}

/** The reader of a message that only this person sees at this place. */
export function personAt({ teamId, channel, userId }: ChannelRef & PersonRef): Reader {
  return { kind: 'person', teamId, userId, channel };
}

/** The readers of a reply at this place. Through a `response_url`, only the person sees it. */
export function readerOfReply(place: Place): Reader {
  return place.responseUrl === null ? readerAt(place) : personAt(place);
}

export async function mayRead(slack: Channels, reader: Reader, { teamId, channel, userId }: Origin): Promise<boolean> {
  if (reader.teamId !== teamId) return false;
  if (reader.kind === 'person' && reader.userId === userId) return true;
  // A direct conversation, which belongs to the person in it.
  if (/^[DUW]/.test(channel)) return false;
  if (reader.channel === channel) return true;
  switch ((await slack.channel(teamId, channel)).kind) {
    case 'public':
      return reader.kind === 'person' || isWithinWorkspace(slack, reader);
    case 'private':
      return reader.kind === 'person' && (await slack.isMember(teamId, channel, reader.userId)) === true;
    case 'direct':
    case 'hidden':
    case 'unknown':
      return false;
  }
}

/** Filters the items that the reader can read. Asks Slack only once per channel. */
export async function readable<Kept>(
  slack: Channels,
  reader: Reader,
  all: readonly Kept[],
  originOf: (kept: Kept) => Origin,
): Promise<readonly Kept[]> {
  const answers = new Map<string, Promise<boolean>>();
  const may = await Promise.all(
    all.map((kept) => {
      const { teamId, channel, userId = null } = originOf(kept);
      const key = JSON.stringify([teamId, channel, userId]);
      const answer = answers.get(key) ?? mayRead(slack, reader, { teamId, channel, userId });
      answers.set(key, answer);
      return answer;
    }),
  );
  return all.filter((_, i) => may[i]);
}

/**
 * Whether this person can have the bot post in a channel that a form or button names. If the channel is hidden from the bot, it
 * can't post there, and the answer reaches only the person.
 */
export async function maySpeak(slack: Channels, { teamId, userId }: PersonRef, channel: string): Promise<boolean> {
  if (channel === userId) return true;
  if (/^[UW]/.test(channel)) return false;
  const found = await slack.channel(teamId, channel);
  if (found.kind === 'hidden') return true;
  if (found.kind === 'direct') return found.userId === userId;
  return mayRead(slack, { kind: 'person', teamId, userId, channel: null }, { teamId, channel });
}

/** Whether members of other organizations can read the channel; null when Slack doesn't say. */
export async function isSharedOutside(slack: Channels, { teamId, channel }: ChannelRef): Promise<boolean | null> {
  const found = await slack.channel(teamId, channel);
  return isOpen(found) ? found.isSharedOutside : found.kind === 'direct' ? false : null;
}

/** Slack's error code for a post of the bot there, as far as it is known before the attempt; null when nothing is in the way. */
export async function postingProblem(slack: Pick<Channels, 'channel'>, channel: ChannelRef): Promise<string | null> {
  const found = await slack.channel(channel.teamId, channel.channel);
  if (found.kind === 'hidden') return 'channel_not_found';
  if (!isOpen(found)) return null;
  if (found.isSharedOutside) return 'shared_with_others';
  if (found.isArchived) return 'is_archived';
  return found.hasBot ? null : 'not_in_channel';
}

/** Whether this person is in one of these channels, as far as the bot can see; null when Slack doesn't say now. */
export async function isInAny(
  slack: Channels,
  { teamId, userId }: PersonRef,
  channels: readonly string[],
): Promise<boolean | null> {
  const among = await Promise.all(channels.map((channel) => slack.isMember(teamId, channel, userId)));
  return among.includes(true) || (among.includes(null) ? null : false);
}

/** Whether only people from one workspace can read the channel. */
async function isWithinWorkspace(slack: Channels, { teamId, channel }: ChannelRef): Promise<boolean> {
  const found = await slack.channel(teamId, channel);
  return found.kind === 'hidden' || (isOpen(found) && !found.isShared);
}

function isOpen(found: ChannelFacts): found is Extract<ChannelFacts, { isShared: boolean }> {
  return found.kind === 'public' || found.kind === 'private';
}
