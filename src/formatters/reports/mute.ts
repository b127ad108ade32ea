/** What is muted or snoozed in a channel, until when, and how to undo it. */
import type { KnownBlock } from '@slack/types';
import { contextBlock, lineBlock, mrkdwnElement } from '../blocks/blocks.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut } from '../blocks/mrkdwn.ts';
import { channel, code, type InlineText, inline, person, strong, time } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

export interface MuteDescription {
  readonly channel: string;
  readonly kind: 'channel' | 'thread' | 'cause' | 'operation';
  readonly of: string;
  readonly userId: string;
  /** ISO 8601. */
  readonly until: string;
  readonly undo: string;
}

export const MAX_MUTES = 10;

const HOW_TO_MUTE = inline`To stop auto-replies to pasted IDs here, use ${code('/ktrdr mute channel for 2h')}. In a thread, mention ktrdr-bot with ${code('mute thread')}.`;

/** When a mute starts. In a muted channel or thread, everyone sees who muted it; for the others, the diagnosis says so. */
export function formatMuted({ kind, of, until, undo, userId }: Omit<MuteDescription, 'channel'>): Message {
  const end = time(until);
  const name = code(cut(of, 150));
  const pasted = inline`${person(userId)} muted replies to pasted IDs in this ${kind} until ${end}. Commands, mentions, buttons, and digests work as before.`;
  const text: Readonly<Record<MuteDescription['kind'], InlineText>> = {
    cause: inline`Snoozed here for a day, until ${end}: ${name}. ktrdr-bot won’t reply to pasted IDs with this cause, and digests only count them.`,
    operation: inline`Muted here until ${end}: ${name}. ktrdr-bot won’t reply when this ID is pasted, and digests only count it.`,
    channel: pasted,
    thread: pasted,
  };
  return buildMessage(text[kind], { buttons: [button('Undo', 'unmute', undo)] });
}

/** `by` ended it; null where only that person reads this. */
export function formatMuteEnded(
  { kind, of }: Pick<MuteDescription, 'kind' | 'of'>,
  wasMuted: boolean,
  by: string | null = null,
): Message {
  if (kind === 'cause' || kind === 'operation') {
    const done = kind === 'cause' ? 'snoozed' : 'muted';
    const ended = wasMuted ? `No longer ${done} here` : `Not ${done} anymore`;
    return buildMessage(inline`${ended}: ${code(cut(of, 150))}.`);
  }
  if (!wasMuted) return buildMessage([`This ${kind} wasn’t muted.`]);
  const who = by === null ? [] : inline` ${person(by)} ended the mute.`;
  return buildMessage(inline`Unmuted this ${kind}. Pasted IDs get replies again wherever auto-reply is enabled.${who}`);
}

/** For a mute that is no longer in effect. `by` is the person who replaced it with a new one; null if it ended otherwise. */
export function formatMuteOver({ kind }: Pick<MuteDescription, 'kind'>, by: string | null = null): Message {
  const name = kind === 'cause' ? 'snooze' : 'mute';
  const lead =
    by === null ? [`This ${name} is over.`] : inline`${person(by)} muted this ${kind} again, so this mute is over.`;
  return buildMessage(inline`${lead} To see what’s muted in the channel, use ${code('/ktrdr mute list')} there.`);
}

/** The mutes of one channel, ordered by their end, and how to mute the channel if it isn’t muted. */
export function formatMutes(mutes: readonly MuteDescription[]): Message {
  const count = mutes.length;
  const lead = count === 0 ? 'Nothing muted or snoozed here.' : `Muted or snoozed here: ${count}`;
  const { text, blocks } = buildMessage([strong(lead)]);
  const rows = [...mutes.slice(0, MAX_MUTES).map(muteBlock), ...moreOf(mutes)];
  const hints = mutes.some(({ kind }) => kind === 'channel') ? [] : [contextBlock(mrkdwnElement(HOW_TO_MUTE))];
  return { text, blocks: [...blocks, ...rows, ...hints] };
}

export function muteBlock(mute: MuteDescription, index: number): KnownBlock {
  const name = code(cut(mute.of, 150));
  const what: Readonly<Record<MuteDescription['kind'], InlineText>> = {
    channel: ['pasted IDs'],
    thread: ['pasted IDs in one thread'],
    cause: ['the cause ', name],
    operation: ['the operation ', name],
  };
  const text = inline`${channel(mute.channel)}: ${what[mute.kind]} · until ${time(mute.until)} · set by ${person(mute.userId)}`;
  return lineBlock(text, button('Undo', `unmute_row_${index + 1}`, mute.undo));
}

export function moreOf(mutes: readonly MuteDescription[]): readonly KnownBlock[] {
  const more = mutes.length - MAX_MUTES;
  return more <= 0 ? [] : [lineBlock([`And ${more} more that end later.`])];
}

/** What the form offers, by its value. */
export const QUIET_LABELS = {
  snooze: 'Snooze this cause here for 1 day',
  unsnooze: 'Unsnooze this cause here',
  mute: 'Mute this operation here for 7 days',
  unmute: 'Unmute this operation here',
} as const;
export type QuietChoice = keyof typeof QUIET_LABELS;
