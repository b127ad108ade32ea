/** What stands behind `mute`: where, for how long, or that it ends. */
export type MuteWish =
  | { readonly kind: 'mute'; readonly where: 'channel' | 'thread' | null; readonly forMs: number }
  | { readonly kind: 'unmute'; readonly where: 'channel' | 'thread' | null }
  /** What is muted here. */
  | { readonly kind: 'list' }
  | { readonly kind: 'unclear'; readonly word: string };

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DEFAULT_MS = 24 * UNIT_MS.h;
const FILLERS = ['this', 'the', 'for', 'here', 'please'];
const LISTS = ['list', 'show', 'what'];
const ENDS = ['off', 'undo', 'end', 'stop'];

export function readMute(text: string): MuteWish {
  let where: 'channel' | 'thread' | null = null;
  let forMs = DEFAULT_MS;
  let isEnd = false;
  const words = text.toLowerCase().replace(/(\d)\s+(?=[a-z])/g, '$1');
  for (const word of words.split(/\s+/).filter((one) => one !== '')) {
    const length = /^(\d{1,4})(m|min|minutes?|h|hours?|d|days?)$/.exec(word);
    if (word === 'channel' || word === 'thread') where = word;
    else if (ENDS.includes(word)) isEnd = true;
    else if (LISTS.includes(word)) return { kind: 'list' };
    else if (length !== null) forMs = Number(length[1]) * UNIT_MS[unitOf(length[2])];
    else if (!FILLERS.includes(word)) return { kind: 'unclear', word };
  }
  return isEnd ? { kind: 'unmute', where } : { kind: 'mute', where, forMs };
}

function unitOf(word = ''): keyof typeof UNIT_MS {
  return word.startsWith('d') ? 'd' : word.startsWith('h') ? 'h' : 'm';
}
