/** The words after `digest`: `now 24h training`, `set weekdays at 9:00 Europe/Berlin`, `set 0 9 * * 1-5 UTC`, `show`, `off`. */
import { getNextMillis } from 'bullmq';
import type { OperationType } from '../../diagnosis/case.ts';
import { canonicalType } from '../../diagnosis/vocabulary/operations.ts';
import { DAY_MS, MINUTE_MS, matchDuration, matchSpan, notADuration, typedDuration } from '../../language/durations.ts';
import { matchMoment } from '../../language/moments.ts';
import { cronOf, EMPTY_SCHEDULE, matchSchedulePart, type SpokenSchedule } from '../../language/schedules.ts';
import { quoted, type Words, wordAt, wordsOf } from '../../language/words.ts';
import { LONGEST_WINDOW_MS } from './digest.ts';

/** When and about what; `cron` has five fields, and six with seconds in configuration. */
export interface DigestPlan {
  readonly cron: string;
  readonly tz: string;
  readonly sinceMs: number;
  readonly type: OperationType | null;
}

export type DigestCommand =
  | { readonly kind: 'now'; readonly sinceMs: number; readonly type: OperationType | null }
  | { readonly kind: 'show' }
  | { readonly kind: 'off' }
  | { readonly kind: 'set'; readonly plan: DigestPlan }
  /** A sentence. */
  | { readonly kind: 'unclear'; readonly problem: string };

/** More often is a flood. */
const SHORTEST_PAUSE_MS = 10 * MINUTE_MS;
/** These announce how far back a digest looks. */
const LEADS = ['since', 'last', 'past', 'over'];
const FILLERS = ['at', 'in', 'and', 'every', 'each', 'on', 'the', 'of', 'for', 'please', 'all'];

interface Spoken {
  readonly schedule: SpokenSchedule;
  readonly sinceMs: number | null;
  readonly type: OperationType | null;
}

interface Listening {
  readonly nowMs: number;
  readonly timeZone: string;
  /** For `set`: words may say when, and how far back is a duration because it is said once for every digest. */
  readonly isSchedule: boolean;
}

/** `timeZone` is that of days and times of day behind `now`, such as “since yesterday”; a schedule names its own. */
export function readDigestWords(text: string, nowMs: number, timeZone = 'UTC'): DigestCommand {
  const [verb = 'show', ...rest] = wordsOf(text);
  switch (verb.toLowerCase()) {
    case 'show':
    case 'list':
      return { kind: 'show' };
    case 'off':
    case 'stop':
    case 'end':
      return { kind: 'off' };
    case 'now':
      return readNow(rest, nowMs, timeZone);
    case 'set':
    case 'on':
      return readSet(rest, nowMs);
    default:
      return unclear(`“${verb}” is none of now, show, set and off.`);
  }
}

/** A plan as it can be typed behind `digest set`, to be changed. */
export function wordsOfPlan({ cron, tz, sinceMs, type }: DigestPlan): string {
  return [cron, tz, `since ${typedDuration(sinceMs)}`, ...(type === null ? [] : [type])].join(' ');
}

/** The next time of a pattern after a moment; null when it is no pattern. */
export function nextTime({ cron, tz }: Pick<DigestPlan, 'cron' | 'tz'>, afterMs: number): number | null {
  try {
    return getNextMillis(afterMs, { pattern: cron, tz }) ?? null;
  } catch {
    return null;
  }
}

function readNow(words: Words, nowMs: number, timeZone: string): DigestCommand {
  const spoken = listen(words, { nowMs, timeZone, isSchedule: false });
  if (typeof spoken === 'string') return unclear(spoken);
  return { kind: 'now', sinceMs: spoken.sinceMs ?? DAY_MS, type: spoken.type };
}

function readSet(words: Words, nowMs: number): DigestCommand {
  // Five fields in a row are a pattern when the first two are numbers or stars: no spoken time looks like that.
  const isPattern = words.length >= 5 && words.slice(0, 2).every((word) => /^[\d*][\d*,/-]*$/.test(word));
  const others = (isPattern ? words.slice(5) : words)
    .flatMap((word) => word.split(/[,;]/))
    .filter((word) => word !== '');
  const spoken = listen(others, { nowMs, timeZone: 'UTC', isSchedule: true });
  if (typeof spoken === 'string') return unclear(spoken);
  const { schedule, sinceMs, type } = spoken;
  const { days, every, clock } = schedule;
  if (isPattern && (days.length > 0 || every !== null || clock !== null))
    return unclear('The cron pattern already sets the time. Use only a time zone, since 24h, and a type after it.');
  const timed = isPattern ? { cron: words.slice(0, 5).join(' '), periodMs: DAY_MS } : cronOf(schedule);
  if (typeof timed === 'string') return unclear(timed);
  const { cron, periodMs } = timed;
  const plan = { cron, tz: schedule.timeZone ?? 'UTC', sinceMs: sinceMs ?? periodMs, type };
  const next = nextTime(plan, nowMs);
  const second = next === null ? null : nextTime(plan, next);
  if (next === null || second === null)
    return unclear(`“${cron}” isn’t a valid five-field cron pattern. Use 0 9 * * 1-5.`);
  if (second - next < SHORTEST_PAUSE_MS) return unclear('That is more often than every ten minutes.');
  return { kind: 'set', plan };
}

/** A sentence when a word means nothing. */
function listen(words: Words, listening: Listening): Spoken | string {
  let spoken: Spoken = { schedule: EMPTY_SCHEDULE, sinceMs: null, type: null };
  let isLed = false;
  for (let at = 0; at < words.length; ) {
    const heard = hear(words, at, { ...listening, isLed }, spoken);
    if (typeof heard === 'string') return heard;
    isLed = LEADS.includes(wordAt(words, at)) || (isLed && FILLERS.includes(wordAt(words, at)));
    spoken = heard.spoken;
    at = heard.next;
  }
  return spoken;
}

function hear(
  words: Words,
  at: number,
  { nowMs, timeZone, isSchedule, isLed }: Listening & { readonly isLed: boolean },
  spoken: Spoken,
): { readonly spoken: Spoken; readonly next: number } | string {
  const lower = wordAt(words, at);
  const length = isLed ? matchSpan(words, at) : matchDuration(words, at);
  const moment = length === null ? matchMoment(words, at, { nowMs, timeZone }) : null;
  if (length !== null || (moment !== null && !isSchedule)) {
    const next = (length ?? moment)?.next ?? at + 1;
    const sinceMs = length?.value ?? nowMs - (moment?.value ?? nowMs);
    const isAgo = length !== null && wordAt(words, next) === 'ago';
    if (sinceMs < MINUTE_MS || sinceMs > LONGEST_WINDOW_MS)
      return `${quoted(words.slice(at, next).join(' '))} isn’t from 1m to 31d. Use 30m, 24h, or 7d.`;
    return { spoken: { ...spoken, sinceMs }, next: isAgo ? next + 1 : next };
  }
  const type = canonicalType(lower) ?? canonicalType(lower.replace(/s$/, ''));
  if (type !== null) return { spoken: { ...spoken, type }, next: at + 1 };
  const part = isSchedule ? matchSchedulePart(words, at, spoken.schedule) : null;
  if (typeof part === 'string') return part;
  if (part !== null) return { spoken: { ...spoken, schedule: part.value }, next: part.next };
  if (LEADS.includes(lower) || FILLERS.includes(lower)) return { spoken, next: at + 1 };
  const word = words[at] ?? '';
  return isLed || /^\d/.test(word) || /^(?:today|yesterday)$/.test(lower)
    ? notADuration(word)
    : `“${word}” is not understood.`;
}

function unclear(problem: string): DigestCommand {
  return { kind: 'unclear', problem };
}
