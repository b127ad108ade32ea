/** Times of day: `9:30`, `9.30`, `9am`, `9:30 pm`, `17h30`, `noon`, `midnight`, and after “at” also `9` and `17h`. */
import { type Match, quoted, type Words, wordAt } from './words.ts';

/** Minutes since midnight; “impossible” for what looks like a time of day but isn't one, such as `25:00`. */
export type Clock = number | 'impossible';

const NAMED: Readonly<Record<string, number>> = { noon: 12 * 60, midday: 12 * 60, midnight: 0 };

/** `allowsNumber`: a number alone is an hour, too. “at” binds the word after it, so that `at 17h` is five in the afternoon. */
export function matchClock(words: Words, at: number, { allowsNumber = false } = {}): Match<Clock> | null {
  const isBound = wordAt(words, at) === 'at';
  const from = isBound ? at + 1 : at;
  const word = wordAt(words, from);
  if (Object.hasOwn(NAMED, word)) return { value: NAMED[word] ?? 0, next: from + 1 };
  const [, hours, separator = '', minutes, half] =
    /^(\d{1,2})(?:([:.h])(\d{2})?)?([ap]\.?m)?$/.exec(word) ?? ([] as const);
  const isMissingMinutes = separator !== '' && separator !== 'h' && minutes === undefined;
  if (hours === undefined || isMissingMinutes) return null;
  const apart = half === undefined ? /^([ap])\.?m$/.exec(wordAt(words, from + 1))?.[1] : undefined;
  // `17h` alone is a duration, and a number alone may be anything.
  const isHour = minutes === undefined && half === undefined && apart === undefined;
  if (isHour && !isBound && (separator === 'h' || !allowsNumber)) return null;
  const next = from + (apart === undefined ? 1 : 2);
  return { value: clockOf(Number(hours), Number(minutes ?? 0), half?.[0] ?? apart), next };
}

/** A sentence for the person who typed `text`. */
export function notAClock(text: string): string {
  return `${quoted(text)} isn’t a time of day. Use 9:00, 5pm, or at 17h.`;
}

function clockOf(hours: number, minutes: number, half: string | undefined): Clock {
  const isImpossible = hours > (half === undefined ? 23 : 12) || minutes > 59;
  if (isImpossible) return 'impossible';
  const hour = half === undefined ? hours : (hours % 12) + (half === 'p' ? 12 : 0);
  return hour * 60 + minutes;
}
