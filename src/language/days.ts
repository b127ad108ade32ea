/** Days of the week by name. */
import { type Match, type Words, wordAt } from './words.ts';

export const DAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

const SHORT: Readonly<Record<string, number>> = { tues: 2, weds: 3, thur: 4, thurs: 4 };
const GROUPS: Readonly<Record<string, readonly number[]>> = {
  weekday: [1, 2, 3, 4, 5],
  weekend: [6, 0],
};

/** 0 is Sunday; null for a word that names no day. `mon`, `monday`, and `mondays` are the same. */
export function weekdayNamed(word: string): number | null {
  const lower = word.toLowerCase();
  if (Object.hasOwn(SHORT, lower)) return SHORT[lower] ?? null;
  const index = DAY_NAMES.findIndex((name) => {
    const day = name.toLowerCase();
    return lower === day || lower === `${day}s` || lower === day.slice(0, 3);
  });
  return index < 0 ? null : index;
}

/** `monday`, `weekdays`, `mon-fri`, `monday to friday`. Lists are matched one element at a time. */
export function matchDays(words: Words, at: number): Match<readonly number[]> | null {
  const word = wordAt(words, at);
  const group = word.endsWith('s') ? word.slice(0, -1) : word;
  if (Object.hasOwn(GROUPS, group)) return { value: GROUPS[group] ?? [], next: at + 1 };
  const [from = '', to, more] = word.split('-', 3);
  const first = weekdayNamed(from);
  if (first === null || more !== undefined) return null;
  const isRange = to === undefined && /^(?:to|through|until)$/.test(wordAt(words, at + 1));
  const last = weekdayNamed(to ?? (isRange ? wordAt(words, at + 2) : from));
  if (last === null) return to === undefined ? { value: [first], next: at + 1 } : null;
  const length = ((last - first + 7) % 7) + 1;
  return { value: Array.from({ length }, (_, i) => (first + i) % 7), next: at + (isRange ? 3 : 1) };
}
