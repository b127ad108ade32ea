/** Time zones by their IANA names and usual abbreviations, and calendar days in them. */
import { type Match, quoted, type Words } from './words.ts';

/** What people write. The system's own table of abbreviations isn't used: it takes BST for Bangladesh. */
const ABBREVIATIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    UTC: 'utc z',
    GMT: 'gmt',
    CET: 'cet cest',
    EET: 'eet eest',
    WET: 'wet west',
    'Europe/London': 'bst',
    'America/New_York': 'et est edt',
    'America/Chicago': 'ct cst cdt',
    'America/Denver': 'mt mst mdt',
    'America/Los_Angeles': 'pt pst pdt',
    'Asia/Tokyo': 'jst',
    'Asia/Hong_Kong': 'hkt',
    'Asia/Singapore': 'sgt',
    'Australia/Sydney': 'aest aedt',
  }).flatMap(([zone, names]) => names.split(' ').map((name) => [name, zone] as const)),
);
const LONGEST_NAME = 64;

/** Whether dates can be computed in this zone. */
export function isTimeZone(name: string): boolean {
  if (name.length > LONGEST_NAME) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
}

/** `Europe/Berlin`, `UTC`, `CET`, `ET` → a time zone for dates; null for other words. */
export function readTimeZone(word: string): string | null {
  const zone = ABBREVIATIONS.get(word.toLowerCase());
  if (zone !== undefined) return zone;
  return /^[a-z]+\/[a-z_+\-/0-9]+$/i.test(word) && isTimeZone(word) ? word : null;
}

/** A sentence for the person who typed `text`. */
export function notATimeZone(text: string): string {
  return `${quoted(text)} isn’t a time zone, or no time is before it. Use 16:00 Europe/Berlin or 16:00 UTC.`;
}

export function matchTimeZone(words: Words, at: number): Match<string> | null {
  const timeZone = readTimeZone((words[at] ?? '').replace(/[,;.]$/, ''));
  return timeZone === null ? null : { value: timeZone, next: at + 1 };
}

/** Whether there is such a time, as in `2026-01-09T06:00:00`. `Date` reads February 30 as March 2. */
export function isInCalendar(time: string): boolean {
  const date = new Date(`${time}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(time);
}

/** A day of the calendar; `month` is 1–12 and may overflow, as may `day`. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export function dayIn(timeZone: string, atMs: number): CalendarDay {
  const local = new Date(atMs + offsetMs(timeZone, atMs));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
}

/** 0 is Sunday. */
export function weekdayOf({ year, month, day }: CalendarDay): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

/** The moment (milliseconds) at which clocks in the zone show this time. */
export function momentIn(timeZone: string, { year, month, day }: CalendarDay, minutesOfDay = 0): number {
  const local = Date.UTC(year, month - 1, day, 0, minutesOfDay);
  // The offset right there, not the one that is `offset` away: clocks may change in between.
  const near = local - offsetMs(timeZone, local);
  return local - offsetMs(timeZone, near);
}

/** How far the zone is ahead of UTC. */
function offsetMs(timeZone: string, atMs: number): number {
  if (timeZone === 'UTC') return 0;
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(atMs);
  const of = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return local - Math.floor(atMs / 1000) * 1000;
}
