/** The words after `digest`: `now 24h training`, `set weekdays at 9:00 Europe/Berlin`, `set 0 9 * * 1-5 UTC`, `show`, `off`. */
import { getNextMillis } from 'bullmq';
import type { OperationType } from '../../diagnosis/case.ts';
import { canonicalType } from '../../diagnosis/vocabulary/operations.ts';
import { DAY_MS, MINUTE_MS, matchDuration, matchSpan, notADuration, typedDuration } from '../../language/durations.ts';
import { matchMoment } from '../../language/moments.ts';
import { cronOf, EMPTY_SCHEDULE, matchSchedulePart, type SpokenSchedule } from '../../language/schedules.ts';
import { quoted, type Words, wordAt, wordsOf } from '../../language/words.ts';
import { MAX_WINDOW_MS } from './digest.ts';

/** `cron` has five fields, or six with seconds in the configuration. */
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
  | { readonly kind: 'unclear'; readonly problem: string };

/** More frequent digests would flood the channel. */
const MIN_INTERVAL_MS = 10 * MINUTE_MS;
const LEADS = ['since', 'last', 'past', 'over'];
const FILLERS = ['at', 'in', 'and', 'every', 'each', 'on', 'the', 'of', 'for', 'please', 'all'];

interface ParsedWords {
  readonly schedule: SpokenSchedule;
  readonly sinceMs: number | null;
  readonly type: OperationType | null;
}

interface ParseOptions {
  readonly nowMs: number;
  readonly timeZone: string;
  /** For `set`: the words may contain a schedule, and the window is a duration because it applies to every digest. */
  readonly isSchedule: boolean;
}

/** `timeZone` applies to days and times of day after `now`, such as “since yesterday”; a schedule has its own. */
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
      return unclear(`“${verb}” isn’t now, show, set, or off.`);
  }
}

export function wordsOfPlan({ cron, tz, sinceMs, type }: DigestPlan): string {
  return [cron, tz, `since ${typedDuration(sinceMs)}`, ...(type === null ? [] : [type])].join(' ');
}

/** The next time that matches the pattern, in milliseconds; null when the pattern is invalid. */
export function nextTime({ cron, tz }: Pick<DigestPlan, 'cron' | 'tz'>, afterMs: number): number | null {
  try {
    return getNextMillis(afterMs, { pattern: cron, tz }) ?? null;
  } catch {
    return null;
  }
}

function readNow(words: Words, nowMs: number, timeZone: string): DigestCommand {
  const result = parseWords(words, { nowMs, timeZone, isSchedule: false });
  if (typeof result === 'string') return unclear(result);
  return { kind: 'now', sinceMs: result.sinceMs ?? DAY_MS, type: result.type };
}

function readSet(words: Words, nowMs: number): DigestCommand {
  // Five fields in a row are a pattern when the first two are numbers or stars: no result time looks like that.
  const isPattern = words.length >= 5 && words.slice(0, 2).every((word) => /^[\d*][\d*,/-]*$/.test(word));
  const others = (isPattern ? words.slice(5) : words)
    .flatMap((word) => word.split(/[,;]/))
    .filter((word) => word !== '');
  const result = parseWords(others, { nowMs, timeZone: 'UTC', isSchedule: true });
  if (typeof result === 'string') return unclear(result);
  const { schedule, sinceMs, type } = result;
  const { days, every, clock } = schedule;
  if (isPattern && (days.length > 0 || every !== null || clock !== null))
    return unclear('The cron pattern already sets the time. After it, use only a time zone, since 24h, and a type.');
  const timed = isPattern ? { cron: words.slice(0, 5).join(' '), periodMs: DAY_MS } : cronOf(schedule);
  if (typeof timed === 'string') return unclear(timed);
  const { cron, periodMs } = timed;
  const plan = { cron, tz: schedule.timeZone ?? 'UTC', sinceMs: sinceMs ?? periodMs, type };
  const next = nextTime(plan, nowMs);
  const second = next === null ? null : nextTime(plan, next);
  if (next === null || second === null)
    return unclear(`“${cron}” isn’t a valid five-field cron pattern. Use 0 9 * * 1-5.`);
  if (second - next < MIN_INTERVAL_MS) return unclear('That’s more often than every 10 minutes, which is the limit.');
  return { kind: 'set', plan };
}

function parseWords(words: Words, options: ParseOptions): ParsedWords | string {
  let result: ParsedWords = { schedule: EMPTY_SCHEDULE, sinceMs: null, type: null };
  let isAnnounced = false;
  for (let at = 0; at < words.length; ) {
    const parsed = parseNext(words, at, { ...options, isAnnounced }, result);
    if (typeof parsed === 'string') return parsed;
    isAnnounced = LEADS.includes(wordAt(words, at)) || (isAnnounced && FILLERS.includes(wordAt(words, at)));
    result = parsed.result;
    at = parsed.next;
  }
  return result;
}

function parseNext(
  words: Words,
  at: number,
  { nowMs, timeZone, isSchedule, isAnnounced }: ParseOptions & { readonly isAnnounced: boolean },
  result: ParsedWords,
): { readonly result: ParsedWords; readonly next: number } | string {
  const lower = wordAt(words, at);
  const length = isAnnounced ? matchSpan(words, at) : matchDuration(words, at);
  const moment = length === null ? matchMoment(words, at, { nowMs, timeZone }) : null;
  if (length !== null || (moment !== null && !isSchedule)) {
    const next = (length ?? moment)?.next ?? at + 1;
    const sinceMs = length?.value ?? nowMs - (moment?.value ?? nowMs);
    const isAgo = length !== null && wordAt(words, next) === 'ago';
    if (sinceMs < MINUTE_MS || sinceMs > MAX_WINDOW_MS)
      return `${quoted(words.slice(at, next).join(' '))} isn’t between 1m and 31d. Use 30m, 24h, or 7d.`;
    return { result: { ...result, sinceMs }, next: isAgo ? next + 1 : next };
  }
  const type = canonicalType(lower) ?? canonicalType(lower.replace(/s$/, ''));
  if (type !== null) return { result: { ...result, type }, next: at + 1 };
  const part = isSchedule ? matchSchedulePart(words, at, result.schedule) : null;
  if (typeof part === 'string') return part;
  if (part !== null) return { result: { ...result, schedule: part.value }, next: part.next };
  if (LEADS.includes(lower) || FILLERS.includes(lower)) return { result, next: at + 1 };
  const word = words[at] ?? '';
  return isAnnounced || /^\d/.test(word) || /^(?:today|yesterday)$/.test(lower)
    ? notADuration(word)
    : `“${word}” isn’t valid here.`;
}

function unclear(problem: string): DigestCommand {
  return { kind: 'unclear', problem };
}
