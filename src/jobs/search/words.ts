/** A search in free text: `failed training since 6h AAPL`, `ConnectionRefusedError in backtests`, `worker=worker-1`. */
import { statusOf } from '../../diagnosis/facts/transitions.ts';
import { type Micros, micros } from '../../diagnosis/trace.ts';
import { canonicalType } from '../../diagnosis/vocabulary/operations.ts';
import { operationIdsIn, traceIdsIn } from '../../diagnosis/vocabulary/subject.ts';
import { plainText } from '../../diagnosis/vocabulary/typed-ids.ts';
import { matchClock, notAClock } from '../../language/clocks.ts';
import { matchDuration, notADuration } from '../../language/durations.ts';
import { matchDay, matchMoment, notAMoment, type Present } from '../../language/moments.ts';
import { bare } from '../../language/typography.ts';
import { quoted, type Words, wordAt } from '../../language/words.ts';
import { notATimeZone } from '../../language/zones.ts';
import {
  type CriteriaReading,
  mergeCriteria,
  OPTION_NAMES,
  readOption,
  type SearchCriteria,
  windowProblem,
} from './options.ts';

const FILLERS = new Set(
  'a all and any at by for from in of on ones operation operations runs show that the their were which who with'.split(
    ' ',
  ),
);
const STATUSES: Readonly<Record<string, SearchCriteria>> = {
  failing: { status: 'failed' },
  failures: { status: 'failed' },
  canceled: { status: 'cancelled' },
  active: { status: 'running' },
  error: { hasError: true },
  errors: { hasError: true },
};
/** A word that names the condition whose value follows. */
const NAMING: Readonly<Record<string, string>> = {
  since: 'since',
  last: 'since',
  past: 'since',
  until: 'until',
  before: 'until',
  over: 'min-duration',
  than: 'min-duration',
  cause: 'cause',
  symbol: 'symbol',
  timeframe: 'timeframe',
  strategy: 'strategy',
  worker: 'worker',
  service: 'service',
};
const MAX_QUERY_LENGTH = 2000;
/** A word such as `1h` is a timeframe unless the words before it announce a duration. */
const JOINS = { joinsGlued: false };

interface Step {
  readonly reading: CriteriaReading;
  /** Index of the first word not read. */
  readonly next: number;
}

/** `timeZone` applies to days and times of day, such as “since yesterday”. */
export function parseSearchWords(text: string, now: Micros, timeZone = 'UTC'): CriteriaReading {
  const typed = plainText(text, MAX_QUERY_LENGTH).split(' ').map(bare);
  const unknown = typed.find((word) => isOption(word) && !OPTION_NAMES.includes(nameOf(word)));
  if (unknown !== undefined) {
    const name = unknown.replace(/=.*/, '');
    return { kind: 'wrong', problem: `“${name}” isn’t an option of search. It takes ${OPTION_NAMES.join(', ')}.` };
  }
  const words = withoutDashes(typed)
    .flatMap(withoutEquals)
    .filter((word) => word !== '' && !/^(?:longer|slower|more)$/i.test(word));
  const present: Present = { nowMs: now / 1000, timeZone };
  let request: SearchCriteria = {};
  let ends = { since: '', until: '' };
  for (let at = 0; at < words.length; ) {
    const { reading, next } =
      readNamed(words, at, present) ?? readTime(words, at, present) ?? readWord(words[at] ?? '', at, present);
    if (reading.kind === 'wrong') return reading;
    request = mergeCriteria(request, reading.request);
    const phrase = quoted(words.slice(at, next).join(' '));
    if (reading.request.since !== undefined) ends = { ...ends, since: phrase };
    if (reading.request.until !== undefined) ends = { ...ends, until: phrase };
    at = next;
  }
  const problem = windowProblem(request, now, ends);
  return problem === null ? { kind: 'criteria', request } : { kind: 'wrong', problem };
}

/** `--since`: as on the command line. */
function isOption(word: string): boolean {
  return /^-+[a-z]/i.test(word);
}

function nameOf(word: string): string {
  return word.replace(/^-+/, '').replace(/=.*/, '').toLowerCase();
}

/** `--since=6h` as `since=6h`, and `--status failed` as `status=failed`. */
function withoutDashes(words: Words): Words {
  const isValue = (at: number) => {
    const before = words[at - 1] ?? '';
    return isOption(before) && !before.includes('=') && !Object.hasOwn(NAMING, nameOf(before));
  };
  return words.flatMap((word, at) => {
    if (isValue(at)) return [];
    const next = isValue(at + 1) ? `=${words[at + 1] ?? ''}` : '';
    return [isOption(word) ? `${word.replace(/^-+/, '')}${next}` : word];
  });
}

/** `since=yesterday 17:00` as `since yesterday 17:00`. */
function withoutEquals(word: string): Words {
  const [, name = '', value = ''] = /^(since|until)=(.+)$/.exec(word) ?? [];
  return name === '' ? [word] : [name, value];
}

/** `since 2 hours`, `longer than 10m`, `symbol AAPL`. */
function readNamed(words: Words, at: number, present: Present): Step | null {
  const lower = wordAt(words, at);
  const name = Object.hasOwn(NAMING, lower) ? NAMING[lower] : undefined;
  if (name === undefined) return null;
  const isTime = name === 'since' || name === 'until';
  let from = at + 1;
  if (isTime || name === 'min-duration') while (wordAt(words, from) === 'the') from += 1;
  // “over the last week” and “since last week”: the second word announces the time.
  if ((isTime || lower === 'over') && /^(?:last|past)$/.test(wordAt(words, from)))
    return { reading: NOTHING, next: from };
  const word = words[at] ?? '';
  const value = words[from];
  if (value === undefined) return wrong(`A value is missing after “${word}”.`);
  if (isTime) {
    const moment = matchMoment(words, from, present, JOINS);
    if (moment !== null) return { reading: found({ [name]: micros(moment.value * 1000) }), next: moment.next };
  }
  if (name === 'min-duration') {
    const duration = matchDuration(words, from, JOINS);
    if (duration !== null) return { reading: found({ minDurationMs: duration.value }), next: duration.next };
  }
  return { reading: readOption(name, value, nowOf(present), { shown: `“${word}”` }), next: from + 1 };
}

/** Times without a word before them: `yesterday` is that whole day, `2 hours ago` and `2 hours` are since then. */
function readTime(words: Words, at: number, present: Present): Step | null {
  const word = words[at] ?? '';
  const isFor = wordAt(words, at) === 'for';
  const first = isFor ? at + 1 : at;
  const duration = isTimeframe(words[first] ?? '') ? null : matchDuration(words, first, JOINS);
  if (duration !== null && isFor) {
    const phrase = words.slice(at, duration.next).join(' ');
    return wrong(`“${phrase}” can mean two things. Use since 2 hours, or longer than 2 hours.`);
  }
  // SUN and MON in capitals are symbols.
  const day = word === word.toUpperCase() ? null : matchDay(words, at, present);
  const moment = duration === null && day === null ? null : matchMoment(words, at, present, JOINS);
  if (moment === null) return null;
  const since = micros(moment.value * 1000);
  const isOver = day !== null && moment.next === day.next && day.value.until <= present.nowMs;
  const reading = found(isOver ? { since, until: micros(day.value.until * 1000) } : { since });
  return { reading, next: moment.next };
}

function readWord(word: string, at: number, present: Present): Step {
  const next = at + 1;
  const request = criteriaIn(word);
  if (request !== null) return { reading: found(request), next };
  const split = word.indexOf('=');
  if (split > 0) {
    const [name, value] = [word.slice(0, split), word.slice(split + 1)];
    if (value === '') return wrong(`A value is missing after “${word}”.`);
    const { timeZone } = present;
    const isKnown = OPTION_NAMES.includes(name);
    const read = readOption(isKnown ? name : 'tag', isKnown ? value : word, nowOf(present), {
      shown: `“${name}”`,
      timeZone,
    });
    return { reading: read, next };
  }
  return wrong(problemWith(word, present));
}

function problemWith(word: string, present: Present): string {
  if (matchMoment([word], 0, present) !== null)
    return `${quoted(word)} can be the start or the end. Use since ${word} or until ${word}.`;
  if (matchClock([word], 0) !== null) return notAClock(word);
  if (/^\d{4}-\d/.test(word)) return notAMoment(word);
  if (/^[-+]?\d+(?:[.,]\d+)?\p{L}*$/u.test(word)) return notADuration(word);
  if (/^[A-Z][a-z]+\//.test(word)) return notATimeZone(word);
  return `${quoted(word)} isn’t a search word. For example: failed training AAPL 1h since 6h, or strategy=${word}.`;
}

/** Recognizes a word by its form; null when it could be anything. */
function criteriaIn(word: string): SearchCriteria | null {
  const lower = word.toLowerCase();
  if (FILLERS.has(lower)) return {};
  const [operationId] = operationIdsIn(word);
  if (operationId !== undefined) return { operationId };
  const [traceId] = traceIdsIn(word);
  if (traceId !== undefined) return { traceId };
  if (word.includes('=')) return null;
  if (Object.hasOwn(STATUSES, lower)) return STATUSES[lower] ?? null;
  const status = statusOf(lower);
  if (status !== 'unknown') return { status };
  const type = canonicalType(word) ?? canonicalType(word.replace(/s$/i, ''));
  if (type !== null) return { type };
  if (isTimeframe(word)) return { timeframe: word };
  if (/(?:Error|Exception|Timeout)$/.test(word)) return { errorType: word };
  if (/(?:^|[-._])ktrdr-/.test(lower)) return { service: word };
  if (/(?:^|-)worker-/.test(lower)) return { worker: word };
  if (/^[A-Z][A-Z0-9./]{1,11}$/.test(word)) return { symbol: word };
  return /^[a-z0-9]+(?:_[a-z0-9]+)+$/.test(word) ? { strategy: word } : null;
}

/** `1h`, `15m`: a number and a unit in one word. */
function isTimeframe(word: string): boolean {
  return /^\d+(?:\.\d+)?[a-z]+$/i.test(word) && matchDuration([word], 0) !== null;
}

const NOTHING: CriteriaReading = { kind: 'criteria', request: {} };

function found(request: SearchCriteria): CriteriaReading {
  return { kind: 'criteria', request };
}

function wrong(problem: string): Step {
  return { reading: { kind: 'wrong', problem }, next: 0 };
}

function nowOf({ nowMs }: Present): Micros {
  return micros(nowMs * 1000);
}
