/** Reads what people type: commands, plain questions, and the ids in messages, in the typography of any keyboard or clipboard. */
import {
  type OperationType,
  type Subject,
  SYMPTOMS,
  type Symptom,
  type Symptoms,
  symptomsOf,
} from '../diagnosis/case.ts';
import { canonicalType } from '../diagnosis/vocabulary/operations.ts';
import { subjectOf } from '../diagnosis/vocabulary/subject.ts';
import { EXAMPLE_ID, mistypedId, mistypedSubjects, plainText, subjectsIn } from '../diagnosis/vocabulary/typed-ids.ts';
import { decodeEntities } from '../language/escape.ts';
import { nearest } from '../language/nearest.ts';
import { bare } from '../language/typography.ts';
import { type Notice, notice } from './notice.ts';

export interface Typed {
  /** The first word in lower case, empty for empty text. */
  readonly first: string;
  readonly rest: string;
  readonly all: string;
}

export interface Question {
  readonly subjects: readonly Subject[];
  readonly symptom: Symptoms | null;
}

interface TypedQuestion extends Question {
  readonly kind: 'question';
  /** What to say about words that weren't understood. */
  readonly unread?: Notice;
}

type ReadQuestion = TypedQuestion | { readonly kind: 'unclear'; readonly notice: Notice };

export const EXAMPLE = `/ktrdr diagnose ${EXAMPLE_ID}`;

/** The types as the help shows them; ktrdr's own names are also understood. */
const TYPE_WORDS = ['training', 'backtest', 'download', 'agent'] as const;
/** Messages may be longer than what people type. */
const LONGEST_MESSAGE = 40_000;
const LAST_WORDS = ['last', 'latest', 'newest'];

export function readCommand(text: string): Typed {
  const all = plainText(text);
  const [first = ''] = all.split(' ', 1);
  // People who work in terminals type `--help`.
  return { first: bare(first).replace(/^-+/, '').toLowerCase(), rest: all.slice(first.length).trim(), all };
}

/** After `diagnose`: ids, trace ids or links with either, or `last [type]`; then optionally one or two symptoms. A sentence around them is ignored. */
export function readDiagnose(text: string): ReadQuestion {
  const { symptom: named, others: words } = takeSymptoms(wordsIn(plainText(text)));
  // An ID that contains “slow” doesn’t say that it is.
  const symptom = named ?? spokenIn(words.filter((word) => /^\p{L}+$/u.test(word)).join(' '));
  const subjects = namedIn(words);
  if (subjects.length > 0) {
    const at = words.findLastIndex((word) => namedIn([word]).length > 0);
    return { kind: 'question', subjects, symptom, ...unreadAfter(words, at) };
  }

  const last = words.findIndex((word) => LAST_WORDS.includes(word.toLowerCase()));
  if (last >= 0) {
    const read = readLast(words[last + 1], symptom, progressIn(words.join(' ')));
    return read.kind === 'question' ? { ...read, ...unreadAfter(words, last + 1) } : read;
  }

  const [first] = words;
  if (first === undefined) {
    return {
      kind: 'unclear',
      notice: notice`Enter what to diagnose, for example ${EXAMPLE} or ${'/ktrdr diagnose last training'}.`,
    };
  }
  const unusual = subjectOf(first);
  if (unusual !== null) return { kind: 'question', subjects: [unusual], symptom, ...unreadAfter(words, 0) };
  const mistyped = mistypedId(first);
  if (mistyped !== null) {
    return {
      kind: 'unclear',
      notice: notice`${first} looks like an operation ID, but ${[mistyped.problem]}. Example: ${EXAMPLE}`,
    };
  }
  const hint =
    nearest(first.toLowerCase(), LAST_WORDS) === null ? notice`` : notice` Did you mean ${'/ktrdr diagnose last'}?`;
  return {
    kind: 'unclear',
    notice: notice`No operation ID, trace ID, or link with one found in ${text.trim()}.${hint} Example: ${EXAMPLE}`,
  };
}

/**
 * A question in a sentence: “my training is stuck at 45 %”, “why did op_… fail?”. It must contain an ID, or at least two words
 * including an operation type or a symptom; null for anything else.
 */
export function readPlainWords(text: string): TypedQuestion | null {
  const plain = plainText(text);
  const typed = plain.toLowerCase();
  const subjects = namedIn(wordsIn(plain));
  const symptom = spokenIn(typed);
  if (subjects.length > 0) return { kind: 'question', subjects, symptom };
  const words = typed.split(' ').map(bare);
  if (words.length < 2) return null;
  const type =
    words.map((word) => SPOKEN_TYPES[word.replace(/s$/, '')] ?? null).find((found) => found !== null) ?? null;
  if (type === null && symptom === null) return null;
  return { kind: 'question', subjects: [{ kind: 'last', type, ...progressIn(typed) }], symptom };
}

function wordsIn(plain: string): readonly string[] {
  return plain.split(' ').map(bare).filter(Boolean);
}

/** The subjects that the words name. A mistyped ID also counts, because its answer explains the mistake and suggests IDs. */
function namedIn(words: readonly string[]): readonly Subject[] {
  const subjects = subjectsIn(words.join(' '));
  return subjects.length > 0 ? subjects : mistypedSubjects(words);
}

/** All subjects named in a message that is a request; see `namedIn`. */
export function subjectsNamed(text: string): readonly Subject[] {
  return namedIn(wordsIn(plainText(text, LONGEST_MESSAGE)));
}

/** “at 45 %”: the progress at which the operation was seen. */
function progressIn(text: string): { readonly percent?: number } {
  const number = /(?<![\w.,])(\d{1,3}(?:[.,]\d{1,3})?) ?(?:%|percent\b)/i.exec(text)?.[1];
  const percent = Number(number?.replace(',', '.'));
  return percent >= 0 && percent <= 100 ? { percent } : {};
}

/** The first two matches are used. */
const SPOKEN_SYMPTOMS: readonly (readonly [Symptom, RegExp])[] = [
  ['no-workers', /\bno[ -](?:free |available |\w+ )?workers?\b/],
  ['broken-trace', /\b(?:broken|missing|split|incomplete)[ -](?:trace|span)s?\b/],
  [
    'stuck',
    /\b(?:stuck|hangs?|hanging|hung|frozen|freezes|stalled|stalls|not moving|no progress|does not (?:move|finish|end))\b/,
  ],
  ['slow', /\b(?:slow|slower|slowly|takes (?:so |too )?long|taking (?:so |too )?long|taking forever|takes forever)\b/],
  ['failed', /\b(?:failed|fails?|failing|failure|crashed|crashes|died|broke|errors?|refused|rejected)\b/],
];

function spokenIn(text: string): Symptoms | null {
  const typed = text.toLowerCase();
  return symptomsOf(SPOKEN_SYMPTOMS.filter(([, pattern]) => pattern.test(typed)).map(([name]) => name));
}

const SPOKEN_TYPES: Readonly<Record<string, OperationType>> = {
  training: 'training',
  train: 'training',
  backtest: 'backtesting',
  backtesting: 'backtesting',
  download: 'data_load',
  agent: 'agent_research',
  research: 'agent_research',
};

const LINK = /<(https?:[^|<>]*)(?:\|[^<>]*)?>|https?:\/\/[^\s<>]+/g;

/**
 * The subjects of a message that isn't a request: operation IDs anywhere, but trace IDs only in Jaeger links, because elsewhere
 * such hex digits are usually a commit or checksum.
 */
export function pastedSubjects(text: string, jaegerHost: string | null): readonly Subject[] {
  const named = subjectsIn(text).filter(({ kind }) => kind === 'operation');
  if (named.length > 0) return named;
  const urls = [...text.matchAll(LINK)].map(([whole, url]) => decodeEntities(url ?? whole));
  return urls.flatMap((url) => linkedSubjects(url, jaegerHost));
}

export function linkedSubjects(url: string, jaegerHost: string | null): readonly Subject[] {
  return URL.canParse(url) && new URL(url).host === jaegerHost ? subjectsIn(url) : [];
}

function readLast(
  word: string | undefined,
  symptom: Symptoms | null,
  progress: { readonly percent?: number },
): ReadQuestion {
  if (word === undefined) return { kind: 'question', subjects: [{ kind: 'last', type: null, ...progress }], symptom };
  const type = canonicalType(word);
  if (type !== null) return { kind: 'question', subjects: [{ kind: 'last', type, ...progress }], symptom };
  const meant = nearest(word.toLowerCase(), [...TYPE_WORDS, ...SYMPTOMS]);
  const hint = meant === null ? notice`` : notice` Did you mean ${meant}?`;
  return {
    kind: 'unclear',
    notice: notice`${word} isn’t an operation type.${hint} Use training, backtest, download, or agent: ${'/ktrdr diagnose last backtest'}`,
  };
}

/** Up to three words behind what is to be diagnosed are meant as symptoms; more are a sentence. */
const MOST_UNREAD = 3;
const COURTESY = /^(?:please|pls|thanks|thank|you|and|again|now|the|for|percent)$/i;

function unreadAfter(words: readonly string[], at: number): { readonly unread?: Notice } {
  const unread = words
    .slice(at + 1)
    .filter((word) => /^\p{L}[\p{L}-]{2,}$/u.test(word) && !COURTESY.test(word))
    .filter((word) => canonicalType(word) === null && spokenIn(word) === null);
  if (unread.length === 0 || unread.length > MOST_UNREAD) return {};
  for (const word of unread) {
    const meant = nearest(word.toLowerCase(), SYMPTOMS);
    if (meant !== null) return { unread: notice`${word} wasn’t understood. Did you mean ${meant}?` };
  }
  return {
    unread: notice`${unread.join(' ')} wasn’t understood. You can add a symptom: stuck, slow, failed, no-workers, or broken-trace.`,
  };
}

/**
 * The first two symptoms, and the remaining words. `no workers` and `broken_trace` are accepted besides the hyphenated
 * spelling.
 */
function takeSymptoms(words: readonly string[]): { symptom: Symptoms | null; others: readonly string[] } {
  const spoken = words.map((word) => word.toLowerCase().replaceAll('_', '-'));
  const named: Symptom[] = [];
  const others: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const pair = `${spoken[at]}-${spoken[at + 1] ?? ''}`;
    const symptom = SYMPTOMS.find((candidate) => candidate === spoken[at] || candidate === pair);
    if (symptom === undefined) others.push(words[at] ?? '');
    else {
      named.push(symptom);
      if (symptom === pair) at += 1;
    }
  }
  return { symptom: symptomsOf(named), others };
}
