import { MAX_MUTE_MS, MIN_MUTE_MS } from '../jobs/requests.ts';
import { DAY_MS, matchDuration } from '../language/durations.ts';
import { wordAt, wordsOf } from '../language/words.ts';

/** The words after `mute`: where, for how long, or that it ends. */
type MuteCommand =
  | { readonly kind: 'mute'; readonly where: 'channel' | 'thread' | null; readonly forMs: number }
  | { readonly kind: 'unmute'; readonly where: 'channel' | 'thread' | null }
  /** Also where the words name neither a place nor a duration. */
  | { readonly kind: 'list' }
  | { readonly kind: 'unclear'; readonly word: string }
  | { readonly kind: 'not-a-duration'; readonly word: string }
  | { readonly kind: 'too-short' | 'too-long'; readonly word: string };

const FILLERS = ['this', 'the', 'for', 'here', 'please'];
const LISTS = ['list', 'show', 'what'];
const ENDS = ['off', 'undo', 'end', 'stop'];

export function readMute(text: string): MuteCommand {
  const words = wordsOf(text);
  let where: 'channel' | 'thread' | null = null;
  let forMs: number | null = null;
  let isEnd = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = wordAt(words, at);
    const duration = matchDuration(words, at);
    if (duration !== null) {
      const typed = words.slice(at, duration.next).join(' ');
      if (duration.value < MIN_MUTE_MS) return { kind: 'too-short', word: typed };
      if (duration.value > MAX_MUTE_MS) return { kind: 'too-long', word: typed };
      forMs = duration.value;
      at = duration.next - 1;
    } else if (word === 'channel' || word === 'thread') where = word;
    else if (ENDS.includes(word)) isEnd = true;
    else if (LISTS.includes(word)) return { kind: 'list' };
    else if (!FILLERS.includes(word)) return { kind: /^\d/.test(word) ? 'not-a-duration' : 'unclear', word };
  }
  if (isEnd) return { kind: 'unmute', where };
  return where === null && forMs === null ? { kind: 'list' } : { kind: 'mute', where, forMs: forMs ?? DAY_MS };
}
