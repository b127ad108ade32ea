/** What stands behind `digest`: `now 24h training`, `set weekdays at 9:00 Europe/Berlin`, `set 0 9 * * 1-5 UTC`, `show`, `off`. */
import { getNextMillis } from 'bullmq';
import type { OperationType } from '../diagnosis/case.ts';
import { canonicalType } from '../diagnosis/subject.ts';
import { LONGEST_WINDOW_MS } from './digest.ts';
import { lengthMs } from './search-options.ts';

/** When and about what; `cron` has five fields, and six with seconds in configuration. */
export interface DigestPlan {
  readonly cron: string;
  readonly tz: string;
  readonly sinceMs: number;
  readonly type: OperationType | null;
}

export type DigestWish =
  | { readonly kind: 'now'; readonly sinceMs: number; readonly type: OperationType | null }
  | { readonly kind: 'show' }
  | { readonly kind: 'off' }
  | { readonly kind: 'set'; readonly plan: DigestPlan }
  /** A sentence. */
  | { readonly kind: 'unclear'; readonly problem: string };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** More often is a flood. */
const SHORTEST_PAUSE_MS = 10 * 60_000;
const LONGEST_TEXT = 300;

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const FILLERS = [
  'at',
  'in',
  'every',
  'each',
  'on',
  'over',
  'last',
  'since',
  'the',
  'past',
  'of',
  'for',
  'please',
  'all',
];

interface Spoken {
  /** Field of the day of the week. */
  days: string | null;
  hour: number;
  minute: number;
  isHourly: boolean;
  tz: string | null;
  sinceMs: number | null;
  type: OperationType | null;
}

export function readDigestWords(text: string, nowMs: number): DigestWish {
  const plain = text
    .slice(0, LONGEST_TEXT)
    .normalize('NFKC')
    .replace(/["“”'‘’`]/g, ' ')
    .replace(/[‐-―−]/g, '-');
  const [verb = 'show', ...rest] = plain
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  switch (verb.toLowerCase()) {
    case 'show':
    case 'list':
      return { kind: 'show' };
    case 'off':
    case 'stop':
    case 'end':
      return { kind: 'off' };
    case 'now':
      return readNow(rest);
    case 'set':
    case 'on':
      return readSet(rest, nowMs);
    default:
      return { kind: 'unclear', problem: `“${verb}” is none of now, show, set and off.` };
  }
}

/** A plan as it can be typed behind `digest set`, to be changed. */
export function wordsOfPlan({ cron, tz, sinceMs, type }: DigestPlan): string {
  const minutes = Math.round(sinceMs / 60_000);
  const length = minutes % 1440 === 0 ? `${minutes / 1440}d` : minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
  return [cron, tz, `since ${length}`, ...(type === null ? [] : [type])].join(' ');
}

/** The next time of a pattern after a moment; null when it is no pattern. */
export function nextTime({ cron, tz }: Pick<DigestPlan, 'cron' | 'tz'>, afterMs: number): number | null {
  try {
    return getNextMillis(afterMs, { pattern: cron, tz }) ?? null;
  } catch {
    return null;
  }
}

function readNow(words: readonly string[]): DigestWish {
  const spoken = listen(words);
  if (typeof spoken === 'string') return { kind: 'unclear', problem: spoken };
  return { kind: 'now', sinceMs: spoken.sinceMs ?? DAY_MS, type: spoken.type };
}

function readSet(words: readonly string[], nowMs: number): DigestWish {
  // Five fields in a row are a pattern when the first two are numbers or stars: no spoken time looks like that.
  const isPattern = words.length >= 5 && words.slice(0, 2).every((word) => /^[\d*][\d*,/-]*$/.test(word));
  const spoken = listen(isPattern ? words.slice(5) : words);
  if (typeof spoken === 'string') return { kind: 'unclear', problem: spoken };
  const cron = isPattern ? words.slice(0, 5).join(' ') : spokenCron(spoken);
  if (cron === null)
    return { kind: 'unclear', problem: 'It does not say when: daily, weekdays, monday, hourly, or a cron pattern.' };
  const isWeekly = /^[0-6]$/.test(spoken.days ?? '');
  const usualMs = spoken.isHourly ? HOUR_MS : isWeekly ? 7 * DAY_MS : DAY_MS;
  const plan = { cron, tz: spoken.tz ?? 'UTC', sinceMs: spoken.sinceMs ?? usualMs, type: spoken.type };
  const next = nextTime(plan, nowMs);
  const second = next === null ? null : nextTime(plan, next);
  if (next === null || second === null)
    return { kind: 'unclear', problem: `“${cron}” is no cron pattern of five fields.` };
  if (second - next < SHORTEST_PAUSE_MS)
    return { kind: 'unclear', problem: 'That is more often than every ten minutes.' };
  return { kind: 'set', plan };
}

/** A sentence when a word means nothing. */
function listen(words: readonly string[]): Spoken | string {
  const spoken: Spoken = {
    days: null,
    hour: 9,
    minute: 0,
    isHourly: false,
    tz: null,
    sinceMs: null,
    type: null,
  };
  for (const word of words.map((one) => one.replace(/[,;.]+$/, ''))) {
    const problem = hear(word, spoken);
    if (problem !== null) return problem;
  }
  return spoken;
}

function hear(word: string, spoken: Spoken): string | null {
  const lower = word.toLowerCase();
  const length = lengthMs(lower);
  const type = canonicalType(lower) ?? canonicalType(lower.replace(/s$/, ''));
  const day = DAYS.findIndex((name) => name === lower.replace(/s$/, '') || name.slice(0, 3) === lower);
  const clock = /^(\d{1,2})(?::(\d{2}))?(am|pm)?$/.exec(lower);
  if (FILLERS.includes(lower)) return null;
  if (length !== null) {
    if (length < 60_000 || length > LONGEST_WINDOW_MS) return `${word} is not a time from 1m to 31d.`;
    spoken.sinceMs = length;
  } else if (type !== null) spoken.type = type;
  else if (lower === 'hourly' || lower === 'hour') spoken.isHourly = true;
  else if (lower === 'daily' || lower === 'day' || lower === 'morning') spoken.days = '*';
  else if (lower === 'weekdays' || lower === 'weekday') spoken.days = '1-5';
  else if (lower === 'weekly' || lower === 'week') spoken.days ??= '1';
  else if (day >= 0) spoken.days = String(day);
  else if (clock !== null) return hearClock(word, clock, spoken);
  else if (isTimeZone(word)) spoken.tz = word;
  else return `“${word}” is not understood.`;
  return null;
}

function hearClock(word: string, [, hours, minutes = '0', half]: RegExpExecArray, spoken: Spoken): string | null {
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half === 'pm' ? 12 : 0);
  if (hour > 23 || Number(minutes) > 59 || (half !== undefined && Number(hours) > 12))
    return `“${word}” is no time of day.`;
  spoken.hour = hour;
  spoken.minute = Number(minutes);
  spoken.days ??= '*';
  return null;
}

function spokenCron({ days, hour, minute, isHourly }: Spoken): string | null {
  if (isHourly) return '0 * * * *';
  return days === null ? null : `${minute} ${hour} * * ${days}`;
}

function isTimeZone(name: string): boolean {
  if (!/^(?:UTC|GMT|[A-Za-z]+\/[A-Za-z_+\-/0-9]+)$/i.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
}
