import type { Message } from './message.ts';
import { code, time } from './passage.ts';
import { button, saying } from './saying.ts';

/** `target` is what “Undo” carries; `until` is ISO 8601. */
export function formatMuted(isThread: boolean, until: string, target: string): Message {
  return saying(
    [
      `I no longer answer pasted ids in this ${isThread ? 'thread' : 'channel'} until `,
      time(until),
      '. Commands, mentions and buttons work as before.',
    ],
    { buttons: [button('Undo', 'unmute', target)] },
  );
}

export function formatUnmuted(isThread: boolean, wasMuted: boolean): Message {
  const where = isThread ? 'thread' : 'channel';
  return wasMuted
    ? saying([`Pasted ids in this ${where} are answered again, where that is switched on.`])
    : saying([`This ${where} was not muted.`]);
}

export function formatMuteUsage(problem: string): Message {
  return saying([
    `${problem} For example `,
    code('/ktrdr mute channel for 2h'),
    ' or ',
    code('/ktrdr mute off'),
    '; in a thread, mention me with ',
    code('mute'),
    '.',
  ]);
}
