/**
 * Who may read what: one rule for everything that is kept. What was said in a channel is for those who can read that channel.
 * Where Slack doesn't tell who that is, less is shown, not more.
 */
import type { ChannelRef, PersonRef, Place } from './requests.ts';
import { isDirect } from './requests.ts';
import type { ChannelFacts, SlackWorkspace } from './workspace-port.ts';

/** One person, or everybody who reads a channel. */
export type Reader = { readonly teamId: string } & (
  | {
      readonly kind: 'person';
      readonly userId: string;
      /** Where they are, as Slack says and not as a form or a button does. */
      readonly channel: string | null;
    }
  | { readonly kind: 'everybody'; readonly channel: string }
);

/** Where something was said; the person whom it belongs to, if to anyone, may read it anywhere. */
export interface Origin extends ChannelRef {
  readonly userId?: string | null | undefined;
}

type Channels = Pick<SlackWorkspace, 'channel' | 'isMember'>;

/** Of what is posted at this place. */
export function readerAt(place: Place): Reader {
  const { teamId, channel } = place;
  return isDirect(place) ? personAt(place) : { kind: 'everybody', teamId, channel };
}

/** Of what is shown at this place to one person only. */
export function personAt({ teamId, channel, userId }: ChannelRef & PersonRef): Reader {
  return { kind: 'person', teamId, userId, channel };
}

/** Of a reply at this place, which a `response_url` shows to the person only. */
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

/** Of several things at once, those that the reader may read. Slack is asked once for each channel. */
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
 * Whether this person may have something said in a channel that a form or a button names. In a channel that is hidden from the
 * bot, nothing can be posted: the answer reaches only the person.
 */
export async function maySpeak(slack: Channels, { teamId, userId }: PersonRef, channel: string): Promise<boolean> {
  if (channel === userId) return true;
  if (/^[UW]/.test(channel)) return false;
  const found = await slack.channel(teamId, channel);
  if (found.kind === 'hidden') return true;
  if (found.kind === 'direct') return found.userId === userId;
  return mayRead(slack, { kind: 'person', teamId, userId, channel: null }, { teamId, channel });
}

/** Whether members of other organizations read in the channel; null when Slack does not say. */
export async function isSharedOutside(slack: Channels, { teamId, channel }: ChannelRef): Promise<boolean | null> {
  const found = await slack.channel(teamId, channel);
  return isOpen(found) ? found.isSharedOutside : found.kind === 'direct' ? false : null;
}

/** Whether the bot sees this person in one of these channels; null when Slack does not say now. */
export async function isInAny(
  slack: Channels,
  { teamId, userId }: PersonRef,
  channels: readonly string[],
): Promise<boolean | null> {
  const among = await Promise.all(channels.map((channel) => slack.isMember(teamId, channel, userId)));
  return among.includes(true) || (among.includes(null) ? null : false);
}

/** Whether only people of one workspace read in the channel. */
async function isWithinWorkspace(slack: Channels, { teamId, channel }: ChannelRef): Promise<boolean> {
  const found = await slack.channel(teamId, channel);
  return found.kind === 'hidden' || (isOpen(found) && !found.isShared);
}

function isOpen(found: ChannelFacts): found is Extract<ChannelFacts, { isShared: boolean }> {
  return found.kind === 'public' || found.kind === 'private';
}
