/**
 * Moments in the past: `2 hours`, `2 hours ago`, `last hour` (behind the word “last”), `yesterday`, `yesterday at 17h`,
 * `monday`, `noon`, `16:00 Europe/Berlin`, `2026-01-09T06:00:00Z`.
 */
import { matchClock } from './clocks.ts';
import { weekdayNamed } from './days.ts';
import { DAY_MS, MINUTE_MS, matchSpan } from './durations.ts';
import { LONGEST_TYPED, type Match, quoted, type Words, wordAt, wordsOf } from './words.ts';
import { type CalendarDay, dayIn, isInCalendar, matchTimeZone, momentIn, weekdayOf } from './zones.ts';

/** When and where a text is read. */
export interface Present {
  readonly nowMs: number;
  /**
   * Days and times of day are of this zone: the channel's where it is known, otherwise UTC, as on the command line. ISO 8601
   * without an offset is always UTC.
   */
  readonly timeZone: string;
}

/** Milliseconds; `until` is exclusive. */
interface DaySpan {
  readonly from: number;
  readonly until: number;
}

/** Milliseconds since 1970. */
export function matchMoment(
  words: Words,
  at: number,
  present: Present,
  options?: { readonly joinsGlued?: boolean },
): Match<number> | null {
  if (wordAt(words, at) === 'now') return { value: present.nowMs, next: at + 1 };
  const iso = matchIso(words, at);
  if (iso !== null) return iso;
  const span = matchSpan(words, at, options);
  if (span !== null) {
    const next = wordAt(words, span.next) === 'ago' ? span.next + 1 : span.next;
    return { value: Math.max(0, present.nowMs - span.value), next };
  }
  return matchDayTime(words, at, present) ?? matchLatestClock(words, at, present);
}

/** A whole day: `today`, `yesterday`, or the latest day of that name, today included. */
export function matchDay(words: Words, at: number, present: Present): Match<DaySpan> | null {
  const day = dayAt(words, at, present);
  if (day === null) return null;
  const { timeZone } = present;
  const zone = matchDayZone(words, at + 1);
  if (zone !== null && zone.value !== timeZone) return matchDay(words, at, { ...present, timeZone: zone.value });
  const until = momentIn(timeZone, { ...day, day: day.day + 1 });
  return { value: { from: momentIn(timeZone, day), until }, next: zone?.next ?? at + 1 };
}

/** Milliseconds since 1970; null unless the whole text is one moment. */
export function readMoment(text: string, present: Present): number | null {
  const words = wordsOf(text);
  const from = wordAt(words, 0) === 'last' || wordAt(words, 0) === 'past' ? 1 : 0;
  const match = matchMoment(words, from, present);
  return match?.next === words.length && text.length <= LONGEST_TYPED ? match.value : null;
}

/** A sentence for the person who typed `text`. */
export function notAMoment(text: string): string {
  if (/^\d{4}-\d/.test(text)) return `${quoted(text)} isn’t a valid date. Use 2026-01-09 or 2026-01-09T06:00:00Z.`;
  return `${quoted(text)} isn’t a duration or a time. Use 6h, yesterday, or 2026-01-09T06:00:00Z.`;
}

/** A day, or a time on that day: `yesterday 9:30`. */
function matchDayTime(words: Words, at: number, present: Present): Match<number> | null {
  const day = dayAt(words, at, present);
  if (day === null) return null;
  const clock = matchClock(words, at + 1);
  const isDay = clock === null || clock.value === 'impossible';
  const next = isDay ? at + 1 : clock.next;
  const zone = isDay ? matchDayZone(words, next) : matchTimeZone(words, next);
  if (zone !== null && zone.value !== present.timeZone)
    return matchDayTime(words, at, { ...present, timeZone: zone.value });
  return { value: momentIn(present.timeZone, day, isDay ? 0 : clock.value), next: zone?.next ?? next };
}

/** Behind a day, `ET` can be something else, such as a symbol. */
function matchDayZone(words: Words, at: number): Match<string> | null {
  return wordAt(words, at).length > 2 ? matchTimeZone(words, at) : null;
}

/** `9:30` is today's, or yesterday's while today's is still to come. */
function matchLatestClock(words: Words, at: number, present: Present): Match<number> | null {
  const clock = matchClock(words, at);
  if (clock === null || clock.value === 'impossible') return null;
  const zone = matchTimeZone(words, clock.next);
  const { nowMs } = present;
  const timeZone = zone?.value ?? present.timeZone;
  const today = dayIn(timeZone, nowMs);
  const then = momentIn(timeZone, today, clock.value);
  const value = then <= nowMs ? then : momentIn(timeZone, { ...today, day: today.day - 1 }, clock.value);
  return { value, next: zone?.next ?? clock.next };
}

function dayAt(words: Words, at: number, { nowMs, timeZone }: Present): CalendarDay | null {
  const word = wordAt(words, at);
  const weekday = weekdayNamed(word);
  if (weekday === null && word !== 'today' && word !== 'yesterday') return null;
  const today = dayIn(timeZone, nowMs);
  const back = weekday === null ? Number(word === 'yesterday') : (weekdayOf(today) - weekday + 7) % 7;
  return { ...today, day: today.day - back };
}

/** ISO 8601; a date may be followed by a time of day. */
function matchIso(words: Words, at: number): Match<number> | null {
  const word = wordAt(words, at).toUpperCase();
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(word)) return null;
  const hasTime = word.includes('T');
  const hasOffset = hasTime && /(?:Z|[+-]\d{2}:?\d{2})$/.test(word);
  const ms = Date.parse(hasTime && !hasOffset ? `${word}Z` : word);
  if (Number.isNaN(ms) || !isInCalendar(`${word.slice(0, 10)}T00:00:00`)) return null;
  const clock = hasTime ? null : matchClock(words, at + 1);
  const isWhole = clock === null || clock.value === 'impossible';
  const local = isWhole ? ms : ms + clock.value * MINUTE_MS;
  const next = isWhole ? at + 1 : clock.next;
  const zone = hasOffset ? null : matchTimeZone(words, next);
  if (zone === null) return { value: local, next };
  const value = momentIn(zone.value, dayIn('UTC', local), (local % DAY_MS) / MINUTE_MS) + (local % MINUTE_MS);
  return { value, next: zone.next };
}
