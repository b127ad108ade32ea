/**
 * Schedules: `weekdays at 9:00 Europe/Berlin`, `every 2 hours`, `mon,wed 9:00 CET`, `hourly`. A text is matched part by part,
 * because words about the digest itself may come between the parts; `cronOf` makes a cron pattern of the result.
 */
import cronstrue from 'cronstrue';
import { matchClock, notAClock } from './clocks.ts';
import { DAY_NAMES, matchDays } from './days.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, matchSpan, WEEK_MS } from './durations.ts';
import { type Match, quoted, type Words, wordAt } from './words.ts';
import { matchTimeZone } from './zones.ts';

/** What the parts of a text named so far. */
export interface SpokenSchedule {
  /** 0 is Sunday. */
  readonly days: readonly number[];
  /** Milliseconds; null when only days or a time of day were named. */
  readonly every: number | null;
  /** Minutes since midnight. */
  readonly clock: number | null;
  readonly timeZone: string | null;
  /** The words that set `clock` and `every`, for error messages. */
  readonly clockWords: string;
  readonly everyWords: string;
}

export const EMPTY_SCHEDULE: SpokenSchedule = {
  days: [],
  every: null,
  clock: null,
  timeZone: null,
  clockWords: '',
  everyWords: '',
};

/** The schedule with one more part; a sentence on what is wrong with the part; null when there is none at the position. */
type SchedulePart = Match<SpokenSchedule> | string | null;

const INTERVALS: Readonly<Record<string, number>> = {
  hourly: HOUR_MS,
  hour: HOUR_MS,
  daily: DAY_MS,
  everyday: DAY_MS,
  day: DAY_MS,
  morning: DAY_MS,
  weekly: WEEK_MS,
  week: WEEK_MS,
};
const DEFAULT_CLOCK = 9 * 60;
const MONDAY = 1;

export function matchSchedulePart(words: Words, at: number, schedule: SpokenSchedule): SchedulePart {
  return (
    matchInterval(words, at, schedule) ??
    matchTimeOfDay(words, at, schedule) ??
    matchDayList(words, at, schedule) ??
    matchZone(words, at, schedule)
  );
}

/** A cron pattern of five fields and the time between two of its moments (the longest for a list of days); or a sentence. */
export function cronOf(schedule: SpokenSchedule): { readonly cron: string; readonly periodMs: number } | string {
  const { days, every, clock, clockWords, everyWords } = schedule;
  if (every !== null && every !== DAY_MS && every !== WEEK_MS) {
    if (clock !== null) return `${quoted(everyWords)} and ${quoted(clockWords)} don’t go together. Use one of them.`;
    if (every < MINUTE_MS) return `${quoted(everyWords)} is too often. Use every 30 minutes or every 2 hours.`;
    const start = intervalFields(every);
    if (start === null)
      return `${quoted(everyWords)} doesn’t divide an hour or a day evenly. Use every 30 minutes or every 2 hours.`;
    return { cron: `${start} * * ${daysField(days)}`, periodMs: every };
  }
  if (days.length === 0 && every === null && clock === null)
    return 'The schedule is missing. Use daily, weekdays, monday, hourly, every 2 hours, or a cron pattern.';
  const named = days.length === 0 && every === WEEK_MS ? [MONDAY] : days;
  const time = clock ?? DEFAULT_CLOCK;
  return { cron: `${time % 60} ${Math.floor(time / 60)} * * ${daysField(named)}`, periodMs: longestGap(named) };
}

/** `weekdays at 09:00`, `every 2 hours on weekdays`: as people say the usual patterns; null for others. */
export function spokenCron(cron: string): string | null {
  const [, minute = '', hour = '', field = ''] = /^(\S{1,4}) (\S{1,4}) \* \* (\S{1,13})$/.exec(cron) ?? [];
  const days = dayNames(field);
  if (days === null) return null;
  const every = minute === '0' ? /^\*(?:\/(\d+))?$/.exec(hour) : null;
  const pause = hour === '*' ? /^\*\/(\d+)$/.exec(minute) : null;
  const on = days === 'daily' ? '' : ` on ${days}`;
  if (every !== null) return every[1] === undefined ? `every hour${on}` : `every ${every[1]} hours${on}`;
  if (pause !== null) return `every ${pause[1]} minutes${on}`;
  if (!/^[1-5]?\d$/.test(minute) || !/^(?:1?\d|2[0-3])$/.test(hour)) return null;
  return `${days} at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
}

/** `every 30 minutes, between 08:00 and 18:59`: any pattern in words; null for one that can't be described. */
export function describeCron(cron: string): string | null {
  if (!/^[\w*,/ -]{9,100}$/.test(cron)) return null;
  try {
    const text = cronstrue.toString(cron, { use24HourTimeFormat: true });
    return text.charAt(0).toLowerCase() + text.slice(1);
  } catch {
    return null;
  }
}

/** `every 2 hours`, `each week`, `hourly`. */
function matchInterval(words: Words, at: number, schedule: SpokenSchedule): SchedulePart {
  const hasEvery = /^(?:every|each)$/.test(wordAt(words, at));
  const span = hasEvery ? matchSpan(words, at + 1) : null;
  const name = span === null ? wordAt(words, at) : '';
  const every = span?.value ?? (Object.hasOwn(INTERVALS, name) ? INTERVALS[name] : undefined);
  if (every === undefined) return null;
  const next = span?.next ?? at + 1;
  return { value: { ...schedule, every, everyWords: words.slice(at, next).join(' ') }, next };
}

function matchTimeOfDay(words: Words, at: number, schedule: SpokenSchedule): SchedulePart {
  const match = matchClock(words, at, { allowsNumber: true });
  if (match === null) return null;
  const { value: clock, next } = match;
  const clockWords = words.slice(at, next).join(' ');
  if (clock === 'impossible') return notAClock(clockWords.replace(/^at /i, ''));
  if (schedule.clock !== null)
    return `${quoted(schedule.clockWords)} and ${quoted(clockWords)} are two times of day. Use one, such as 9:10.`;
  return { value: { ...schedule, clock, clockWords }, next };
}

function matchDayList(words: Words, at: number, schedule: SpokenSchedule): SchedulePart {
  const match = matchDays(words, at);
  return match && { value: { ...schedule, days: [...schedule.days, ...match.value] }, next: match.next };
}

function matchZone(words: Words, at: number, schedule: SpokenSchedule): SchedulePart {
  const match = matchTimeZone(words, at);
  return match && { value: { ...schedule, timeZone: match.value }, next: match.next };
}

/** Minute and hour of what repeats within a day. */
function intervalFields(every: number): string | null {
  const [minutes, hours] = [every / MINUTE_MS, every / HOUR_MS];
  if (hours === 1) return '0 *';
  if (Number.isInteger(hours) && 24 % hours === 0) return `0 */${hours}`;
  return Number.isInteger(minutes) && minutes > 0 && 60 % minutes === 0 ? `*/${minutes} *` : null;
}

function daysField(days: readonly number[]): string {
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  if (sorted.length === 0 || sorted.length === 7) return '*';
  return sorted.join() === '1,2,3,4,5' ? '1-5' : sorted.join();
}

/** The longest time between two of these days. Weekdays count as daily: Monday's digest covers one day, not the weekend. */
function longestGap(days: readonly number[]): number {
  const field = daysField(days);
  if (field === '*' || field === '1-5') return DAY_MS;
  const sorted = field.split(',').map(Number);
  const gaps = sorted.map((day, i) => (((sorted[(i + 1) % sorted.length] ?? day) - day + 7) % 7 || 7) * DAY_MS);
  return Math.max(...gaps);
}

function dayNames(field: string): string | null {
  if (field === '*') return 'daily';
  if (field === '1-5') return 'weekdays';
  if (field === '0,6') return 'weekends';
  if (!/^[0-6](?:,[0-6]){0,6}$/.test(field)) return null;
  const names = field.split(',').map((day) => `${DAY_NAMES[Number(day)]}s`);
  return names.length < 3 ? names.join(' and ') : `${names.slice(0, -1).join(', ')}, and ${names.at(-1)}`;
}
