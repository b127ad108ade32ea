/** Durations: `90s`, `2h30m`, `1.5h`, `2 hours and 30 minutes`, `an hour`, `1w`. All values are milliseconds. */
import { shortNumber } from './numbers.ts';
import { LONGEST_TYPED, type Match, quoted, type Words, wordAt, wordsOf } from './words.ts';

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const WEEK_MS = 7 * DAY_MS;
/** Keeps every moment that is computed from a duration a valid date. */
const LONGEST_MS = 36_500 * DAY_MS;

const UNITS: readonly (readonly [ms: number, names: string])[] = [
  [0.001, 'us μs usec microsecond microseconds'],
  [1, 'ms msec msecs millisecond milliseconds'],
  [SECOND_MS, 's sec secs second seconds'],
  [MINUTE_MS, 'm min mins minute minutes'],
  [HOUR_MS, 'h hr hrs hour hours'],
  [DAY_MS, 'd day days'],
  [WEEK_MS, 'w wk wks week weeks'],
];
const UNIT_MS: ReadonlyMap<string, number> = new Map(
  UNITS.flatMap(([ms, names]) => names.split(' ').map((name) => [name, ms] as const)),
);
const NUMBERS = 'half one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** One part, such as `2h30m`, `2 hours` or `half an hour`; a later part must have a smaller unit than `finest`. */
interface Part {
  readonly ms: number;
  readonly coarsest: number;
  readonly finest: number;
  /** Amount and unit are one word. */
  readonly isGlued: boolean;
}

/**
 * A duration at a position. Parts follow each other from the largest unit to the smallest. `joinsGlued: false` leaves the
 * second word of `2d 1h` unread, for texts in which `1h` alone means something else.
 */
export function matchDuration(words: Words, at: number, { joinsGlued = true } = {}): Match<number> | null {
  let total = 0;
  let finest = Number.POSITIVE_INFINITY;
  let next = at;
  for (;;) {
    const from = next > at && wordAt(words, next) === 'and' ? next + 1 : next;
    const part = matchGlued(words, from) ?? matchApart(words, from);
    if (part === null || part.value.coarsest >= finest) break;
    if (next > at && part.value.isGlued && !joinsGlued) break;
    total += part.value.ms;
    finest = part.value.finest;
    next = part.next;
  }
  return next === at || total > LONGEST_MS ? null : { value: total, next };
}

/** A duration, or a unit that stands for one of it, as in “last hour” and “every week”. */
export function matchSpan(words: Words, at: number, options?: { readonly joinsGlued?: boolean }): Match<number> | null {
  const word = wordAt(words, at);
  const unit = word.length < 3 ? undefined : UNIT_MS.get(word);
  return unit === undefined ? matchDuration(words, at, options) : { value: unit, next: at + 1 };
}

/** Milliseconds; null unless the whole text is one duration. Zero is a duration: callers set their own limits. */
export function readDuration(text: string): number | null {
  const words = wordsOf(text);
  const match = matchDuration(words, 0);
  return match?.next === words.length && text.length <= LONGEST_TYPED ? match.value : null;
}

/** A sentence for the person who typed `text`. */
export function notADuration(text: string): string {
  return `${quoted(text)} isn’t a duration. Use 30m, 24h, or 7d.`;
}

/**
 * `9 µs`, `9.3 ms`, `4.6 s`, `2 min 35 s`, `1 h 4 min`, `24 h`, `3 d 2 h`. The value is rounded before its unit is chosen, so
 * no unit reaches the next larger one (days start at 48 hours). “unknown” for what is not a number.
 */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown';
  const micros = Math.round(Math.max(0, ms) * 1000);
  if (micros < 1000) return `${micros} µs`;
  const millis = shortNumber(micros / 1000);
  if (Number(millis) < 1000) return `${millis} ms`;
  const seconds = shortNumber(micros / 1e6);
  if (Number(seconds) < 60) return `${seconds} s`;
  const wholeSeconds = Math.round(micros / 1e6);
  if (wholeSeconds < 3600) return pair(wholeSeconds, 60, 'min', 's');
  const minutes = Math.round(micros / 6e7);
  if (minutes < 48 * 60) return pair(minutes, 60, 'h', 'min');
  return pair(Math.round(micros / 3.6e9), 24, 'd', 'h');
}

/** `90m`, `2d`: exact, and short enough to be typed again. */
export function typedDuration(ms: number): string {
  const unit = [DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS].find((size) => ms % size === 0) ?? 1;
  return `${ms / unit}${{ [DAY_MS]: 'd', [HOUR_MS]: 'h', [MINUTE_MS]: 'm', [SECOND_MS]: 's' }[unit] ?? 'ms'}`;
}

/** `2h`, `2h30m`, `1.5h`. */
function matchGlued(words: Words, at: number): Match<Part> | null {
  const word = wordAt(words, at).normalize('NFKC');
  const parts = /^\d/.test(word) && word.length <= 40 ? [...word.matchAll(/(?<!\d)(\d+(?:\.\d+)?)([a-zμ]+)/g)] : [];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== word) return null;
  let ms = 0;
  let finest = Number.POSITIVE_INFINITY;
  for (const [, amount, name = ''] of parts) {
    const unit = UNIT_MS.get(name);
    if (unit === undefined || unit >= finest) return null;
    ms += Number(amount) * unit;
    finest = unit;
  }
  return { value: { ms, coarsest: UNIT_MS.get(parts[0]?.[2] ?? '') ?? 0, finest, isGlued: true }, next: at + 1 };
}

/** `2 hours`, `1.5 h`, `an hour`, `two days`, `half an hour`. */
function matchApart(words: Words, at: number): Match<Part> | null {
  const amount = amountOf(wordAt(words, at));
  if (amount === null) return null;
  const next = amount === 0.5 && /^an?$/.test(wordAt(words, at + 1)) ? at + 2 : at + 1;
  const unit = UNIT_MS.get(wordAt(words, next).normalize('NFKC'));
  if (unit === undefined) return null;
  return { value: { ms: amount * unit, coarsest: unit, finest: unit, isGlued: false }, next: next + 1 };
}

function amountOf(word: string): number | null {
  if (word === 'a' || word === 'an') return 1;
  if (/^\d{1,15}(?:\.\d{1,9})?$/.test(word)) return Number(word);
  const index = NUMBERS.indexOf(word);
  return index < 0 ? null : index === 0 ? 0.5 : index;
}

function pair(total: number, size: number, large: string, small: string): string {
  const rest = total % size;
  const whole = `${Math.floor(total / size)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}
