/** What is kept quiet in a channel, how long, and the way back. */
import type { Button, KnownBlock } from '@slack/types';
import { mrkdwnOf } from '../blocks/blocks.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut } from '../blocks/mrkdwn.ts';
import { channel, code, dotted, type InlineText, person, strong, time } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

export interface MuteWords {
  readonly channel: string;
  readonly kind: 'channel' | 'thread' | 'cause' | 'operation';
  /** The cause or the operation. */
  readonly of: string;
  readonly userId: string;
  /** ISO 8601. */
  readonly until: string;
  /** What “Undo” carries. */
  readonly undo: string;
}

export const MAX_MUTES = 10;

/** When it begins, to whoever wanted it. */
export function formatMuted({ kind, of, until, undo }: Omit<MuteWords, 'channel' | 'userId'>): Message {
  const buttons = [button('Undo', 'unmute', undo)];
  const name = code(cut(of, 150));
  switch (kind) {
    case 'cause':
      return buildMessage(
        [
          'Snoozed here for a day, until ',
          time(until),
          ': ',
          name,
          '. Pasted ids with this cause are not answered, and digests only count them.',
        ],
        { buttons },
      );
    case 'operation':
      return buildMessage(
        ['Muted here until ', time(until), ': ', name, '. Pasted again it is not answered, and digests only count it.'],
        { buttons },
      );
    case 'channel':
    case 'thread':
      return buildMessage(
        [
          `I no longer answer pasted ids in this ${kind} until `,
          time(until),
          '. Commands, mentions and buttons work as before, and digests come.',
        ],
        { buttons },
      );
  }
}

export function formatMuteEnded({ kind, of }: Pick<MuteWords, 'kind' | 'of'>, wasSilent: boolean): Message {
  const name = code(cut(of, 150));
  if (kind === 'cause')
    return buildMessage([wasSilent ? 'No longer snoozed here: ' : 'It was not snoozed any more: ', name, '.']);
  if (kind === 'operation')
    return buildMessage([wasSilent ? 'No longer muted here: ' : 'It was not muted any more: ', name, '.']);
  return wasSilent
    ? buildMessage([`Pasted ids in this ${kind} are answered again, where that is switched on.`])
    : buildMessage([`This ${kind} was not muted.`]);
}

/** Of one channel, the first to end first. */
export function formatMutes(mutes: readonly MuteWords[]): Message {
  if (mutes.length === 0) return buildMessage([strong('Nothing is muted or snoozed here.')]);
  const { text, blocks } = buildMessage([
    strong(mutes.length === 1 ? 'One thing is kept quiet here.' : `${mutes.length} things are kept quiet here.`),
  ]);
  return { text, blocks: [...blocks, ...mutes.slice(0, MAX_MUTES).map(muteBlock), ...moreOf(mutes)] };
}

/** One row with its way back. */
export function muteBlock(one: MuteWords, index: number): KnownBlock {
  return rowOf(silenceWords(one), button('Undo', `unmute_row_${index + 1}`, one.undo));
}

export function moreOf(mutes: readonly MuteWords[]): readonly KnownBlock[] {
  const more = mutes.length - MAX_MUTES;
  return more <= 0 ? [] : [rowOf([`And ${more} more, which end later.`], null)];
}

function silenceWords({ kind, of, until, userId, ...where }: MuteWords): InlineText {
  const what = {
    channel: ['pasted ids'],
    thread: ['pasted ids in one thread'],
    cause: ['the cause ', code(cut(of, 150))],
    operation: ['the operation ', code(cut(of, 150))],
  } satisfies Record<MuteWords['kind'], InlineText>;
  return dotted([
    [channel(where.channel), ': ', ...what[kind]],
    ['until ', time(until)],
    ['set by ', person(userId)],
  ]);
}

function rowOf(words: InlineText, accessory: Button | null): KnownBlock {
  const text = { type: 'mrkdwn', text: mrkdwnOf(words, [], 900), verbatim: true } as const;
  return accessory === null ? { type: 'section', text } : { type: 'section', text, accessory };
}
