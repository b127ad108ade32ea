/** What is kept quiet in a channel, how long, and the way back. */
import type { Button, KnownBlock } from '@slack/types';
import { mrkdwnOf } from '../blocks/blocks.ts';
import { button, saying } from '../blocks/build-message.ts';
import { cut } from '../blocks/mrkdwn.ts';
import { channel, code, dotted, person, strong, time, type Words } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

export interface SilenceWords {
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

export const MOST_SILENCES = 10;

/** When it begins, to whoever wanted it. */
export function formatSilenced({ kind, of, until, undo }: Omit<SilenceWords, 'channel' | 'userId'>): Message {
  const buttons = [button('Undo', 'unmute', undo)];
  const name = code(cut(of, 150));
  switch (kind) {
    case 'cause':
      return saying(
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
      return saying(
        ['Muted here until ', time(until), ': ', name, '. Pasted again it is not answered, and digests only count it.'],
        { buttons },
      );
    case 'channel':
    case 'thread':
      return saying(
        [
          `I no longer answer pasted ids in this ${kind} until `,
          time(until),
          '. Commands, mentions and buttons work as before, and digests come.',
        ],
        { buttons },
      );
  }
}

export function formatSilenceEnded({ kind, of }: Pick<SilenceWords, 'kind' | 'of'>, wasSilent: boolean): Message {
  const name = code(cut(of, 150));
  if (kind === 'cause')
    return saying([wasSilent ? 'No longer snoozed here: ' : 'It was not snoozed any more: ', name, '.']);
  if (kind === 'operation')
    return saying([wasSilent ? 'No longer muted here: ' : 'It was not muted any more: ', name, '.']);
  return wasSilent
    ? saying([`Pasted ids in this ${kind} are answered again, where that is switched on.`])
    : saying([`This ${kind} was not muted.`]);
}

/** Of one channel, the first to end first. */
export function formatSilences(silences: readonly SilenceWords[]): Message {
  if (silences.length === 0) return saying([strong('Nothing is muted or snoozed here.')]);
  const { text, blocks } = saying([
    strong(silences.length === 1 ? 'One thing is kept quiet here.' : `${silences.length} things are kept quiet here.`),
  ]);
  return { text, blocks: [...blocks, ...silences.slice(0, MOST_SILENCES).map(silenceBlock), ...moreOf(silences)] };
}

/** One row with its way back. */
export function silenceBlock(one: SilenceWords, index: number): KnownBlock {
  return rowOf(silenceWords(one), button('Undo', `unmute_row_${index + 1}`, one.undo));
}

export function moreOf(silences: readonly SilenceWords[]): readonly KnownBlock[] {
  const more = silences.length - MOST_SILENCES;
  return more <= 0 ? [] : [rowOf([`And ${more} more, which end later.`], null)];
}

function silenceWords({ kind, of, until, userId, ...where }: SilenceWords): Words {
  const what = {
    channel: ['pasted ids'],
    thread: ['pasted ids in one thread'],
    cause: ['the cause ', code(cut(of, 150))],
    operation: ['the operation ', code(cut(of, 150))],
  } satisfies Record<SilenceWords['kind'], Words>;
  return dotted([
    [channel(where.channel), ': ', ...what[kind]],
    ['until ', time(until)],
    ['set by ', person(userId)],
  ]);
}

function rowOf(words: Words, accessory: Button | null): KnownBlock {
  const text = { type: 'mrkdwn', text: mrkdwnOf(words, [], 900), verbatim: true } as const;
  return accessory === null ? { type: 'section', text } : { type: 'section', text, accessory };
}
