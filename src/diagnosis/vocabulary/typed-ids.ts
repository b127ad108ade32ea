/** Operation IDs as people type and paste them: broken over two lines, or mistyped. */
import { withoutQuotes, withoutTypography } from '../../language/typography.ts';
import type { Subject } from '../case.ts';
import { canonicalType } from './operations.ts';
import { operationIdsIn, subjectOf, timeOfOperationId, traceIdsIn } from './subject.ts';

export const EXAMPLE_ID = 'op_training_20260109_060025_4183136f';

/** As ktrdr creates them; other programs may choose their own. */
const BY_GRAMMAR = /^(?:op|worker)_[a-z]+(?:_[a-z]+){0,4}_(?:\d{8}_\d{6}_[0-9a-f]{8}|[0-9a-f]{12})$/;
const PREFIX = /^(?:op|worker)[_-]/i;
/** The end of a line, and the start of the next, which a mail or a chat may have marked as quoted. */
const BROKEN = /(?<!\w)((?:op|worker)\w{0,100})[ \t]{0,9}\r?\n[ \t>|]{0,9}(\w{1,100})/gi;
const LONGEST_MESSAGE = 40_000;

/** Without typography, on one line. An ID that was broken over two lines is joined, if the result is an ID by ktrdr's grammar. */
export function plainText(text: string, longest?: number): string {
  const joined = withoutTypography(text, longest).replace(BROKEN, (apart, start: string, end: string) =>
    !BY_GRAMMAR.test(start) && BY_GRAMMAR.test(start + end) ? start + end : apart,
  );
  return withoutQuotes(joined)
    .replace(/[\s\p{Cc}*∗~∼]+/gu, ' ')
    .trim();
}

/** Everything a text names: operation IDs, or trace IDs if it has none, because a link often contains both. */
export function subjectsIn(text: string): readonly Subject[] {
  const plain = plainText(text, LONGEST_MESSAGE);
  const operations = operationIdsIn(plain).map((operationId) => ({ kind: 'operation', operationId }) as const);
  return operations.length > 0 ? operations : traceIdsIn(plain).map((traceId) => ({ kind: 'trace', traceId }) as const);
}

export interface MistypedId {
  /** Completes “It looks like an operation id, but …”. */
  readonly problem: string;
  /** The id by ktrdr's grammar that it most likely stands for. */
  readonly meant: string | null;
}

/** Null for IDs by ktrdr's grammar, and for words that don't look like an ID. */
export function mistypedId(word: string): MistypedId | null {
  if (word.length > 128 || BY_GRAMMAR.test(word)) return null;
  const { prefix, type, rest } = partsOf(word);
  const meant = type === '' ? null : idOf(prefix || 'op', type, rest);
  if (meant === null && !PREFIX.test(word)) return null;
  // An ID with other words in it, or one that another program chose.
  if (meant === null && !isType(type)) return null;
  // ktrdr's documents show IDs with six digits at their end.
  if (/^\w+_\d{8}_\d{6}_[0-9a-f]{6}$/i.test(word)) return null;
  return { problem: problemOf(word, rest, prefix), meant: meant === word ? null : meant };
}

/** IDs in the words of a text that are mistyped and could be searched for. */
export function mistypedSubjects(words: readonly string[]): readonly Subject[] {
  return words.flatMap((word) => {
    const subject = mistypedId(word) === null ? null : subjectOf(word);
    return subject === null ? [] : [subject];
  });
}

interface Parts {
  /** Empty if it is missing. */
  readonly prefix: string;
  readonly type: string;
  /** What follows the type, without separators. */
  readonly rest: string;
}

function partsOf(word: string): Parts {
  const groups = word
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  const [first = ''] = groups;
  const isPrefix = first === 'op' || first === 'worker' || first === '0p';
  const prefix = first === '0p' ? 'op' : isPrefix ? first : '';
  const named = isPrefix ? groups.slice(1) : groups;
  // The words before the first group with a digit: hex digits may be letters only, so at most the last group is not one of them.
  const digits = named.findIndex((group) => /\d/.test(group));
  const end = digits === -1 ? named.length : digits;
  return { prefix, type: named.slice(0, end).join('_'), rest: named.slice(end).join('') };
}

const DIGITS: Readonly<Record<string, string>> = { o: '0', l: '1', i: '1', s: '5', z: '2' };

function digitsOf(text: string): string {
  return text.replace(/[olisz]/g, (letter) => DIGITS[letter] ?? letter);
}

/** `rest` as date, time and hex digits, or as the twelve hex digits of an agent's id; null if it isn't either. */
function idOf(prefix: string, type: string, rest: string): string | null {
  const digits = digitsOf(rest);
  const dated = `${prefix}_${type}_${digits.slice(0, 8)}_${digits.slice(8, 14)}_${digits.slice(14)}`;
  if (BY_GRAMMAR.test(dated)) return timeOfOperationId(dated) === null ? null : dated;
  const undated = `${prefix}_${type}_${digits}`;
  return BY_GRAMMAR.test(undated) ? undated : null;
}

/** `data_load` and `retry_training` begin with other words than `op_my_task`. */
function isType(words: string): boolean {
  return canonicalType(words.replace(/^retry_/, '')) !== null || words === 'design' || words === 'assessment';
}

const DATE_AND_TIME = 14;
const WHOLE = DATE_AND_TIME + 8;

function problemOf(word: string, rest: string, prefix: string): string {
  if (prefix === '') return 'it doesn’t start with op_';
  if (/\W/.test(word)) return 'its parts aren’t joined by underscores';
  if (!/^(?:op|worker)_/i.test(word)) return `it doesn’t start with ${prefix}_`;
  if (/[a-z]/.test(rest.slice(0, DATE_AND_TIME)) && rest.length !== 12) return 'its date and time contain a letter';
  if (rest.length < WHOLE) return 'it’s incomplete';
  if (rest.length > WHOLE) return 'it’s too long';
  if (/[^0-9a-f]/.test(rest)) return 'its last part has letters other than a to f';
  return 'its underscores aren’t where ktrdr puts them';
}
