import { bounded } from '../clean.ts';
import type { Confidence } from '../finding.ts';
import { endOf, type Micros, type Span } from '../trace.ts';
import { sentencesIn } from '../vocabulary/messages.ts';
import { readDatabaseError } from './database-errors.ts';
import type { Errors, SpanError } from './errors.ts';
import type { Facts } from './index.ts';
import type { Phase } from './phases.ts';
import { isResumption, newestAttemptOf, resumedAtIn, type Transition } from './transitions.ts';
import type { SpanTree } from './tree.ts';

/** An error message as one source has it. */
export interface ReportedError {
  readonly text: string;
  /** Last component of an exception's type, or null. */
  readonly type: string | null;
  readonly source: 'transition' | 'exception' | 'record';
  /** The span that failed with it, else the transition; null if only the ktrdr API reports it. */
  readonly span: Span | null;
  readonly at: Micros | null;
}

/**
 * Why the operation failed, decided once for all rules, in this order: its status; only its latest attempt; its own final
 * message, from its latest transition to failed or from its record, else the exception that ended it. An error that was
 * caught before counts only if that message quotes it.
 */
export interface Failure {
  /** False while its newest source says that it runs, and after it completed or was cancelled: errors are notices at most. */
  readonly hasFailed: boolean;
  readonly decisive: ReportedError | null;
  /** The decisive error, then the one that it quotes, which may explain it but never with certainty. */
  readonly reportedErrors: readonly ReportedError[];
  /** The failed spans that those errors come from. */
  readonly causes: ReadonlySet<Span>;
  /** Errors of the latest attempt that aren't the reason why it failed, by end. */
  readonly survived: readonly SpanError[];
  /** Whether the decisive message alone says why, without any inference. */
  readonly isCertain: boolean;
  /** The database error that came after the decisive one, when that was to be stored. */
  readonly unstored: ReportedError | null;
  /** The orphan detector's verdict, which may be wrong and is replaced by any later news. */
  readonly orphaned: ReportedError | null;
  /** The spans are another system's: they are not searched for ktrdr's messages. */
  readonly foreign: boolean;
  /** A transition away from `failed` without a resume, which proves that the detector was wrong. */
  readonly revoked: Transition | null;
}

/** Not if a research run repeats it from an operation that it started. */
const ORPHANED = /^Operation was RUNNING but no worker claimed it/i;
/** Messages that only repeat the status. */
const SAYS_NOTHING =
  /^(?:(?:training|backtest|download|data load|operation|task) )?(?:failed|error|unknown error|none)?$/i;
/** The record of a failure is written moments after the transition, by another process. */
const SAME_END = 5_000_000;

type Sources = Pick<Facts, 'tree' | 'record' | 'transitions' | 'errors' | 'phases' | 'start' | 'resume' | 'status'>;

export function failureOf(facts: Sources, foreign: boolean): Failure {
  const { tree, transitions, errors, phases, status, start, resume } = facts;
  const attempt = newestAttemptOf(transitions);
  const since = resumedAtIn(transitions) ?? Number.NEGATIVE_INFINITY;
  const ofAttempt = (error: SpanError) => endOf(error.span) >= since;
  const words = ownWords(facts, attempt, since);
  const orphaned = words.find(({ text }) => ORPHANED.test(text)) ?? null;
  const revoked = transitions.find((one) => one.from === 'failed' && !isResumption(one)) ?? null;

  const hasFailed =
    start?.refused === true ||
    resume?.refused === true ||
    !['running', 'resuming', 'completed', 'cancelled'].includes(status.value);
  const all = errors.all.filter(ofAttempt);
  const telling = words.filter(({ text }) => !ORPHANED.test(text) && !saysNothing(text));
  // A database that is away when the end has to be stored fails an operation again that its work has failed before.
  const ofWork = telling.find(({ text }) => readDatabaseError(null, text, false) === null) ?? null;
  const own = ofWork ?? telling[0] ?? null;
  // A failure that was only recorded came from an error in the work itself, not from an unrelated one that may have been caught.
  const isRecorded = attempt.some(({ to }) => to === 'failed') || facts.record?.status === 'failed';
  const origins = errors.origins.filter(ofAttempt).map(withOwnWords(tree, errors));
  const ends = isRecorded && orphaned === null ? origins.filter(isOfWork(tree, all, phases)) : origins;
  const decision = !hasFailed
    ? UNDECIDED
    : own === null
      ? byException(ends, errors.havePropagated && new Set(origins.map(({ message }) => message)).size === 1)
      : byOwnWords(own, all, tree);
  const { decisive, quoted, causes, isCertain } = decision;
  return {
    hasFailed,
    decisive,
    reportedErrors: decisive === null ? [] : [decisive, ...quoted.map(reported)],
    causes,
    survived: all.filter(({ span }) => !causes.has(span)),
    isCertain,
    unstored: hasFailed && own !== null && telling[0] !== own ? (telling[0] ?? null) : null,
    orphaned,
    revoked,
    foreign,
  };
}

interface Decision extends Pick<Failure, 'decisive' | 'causes' | 'isCertain'> {
  readonly quoted: readonly SpanError[];
}

const UNDECIDED: Decision = { decisive: null, quoted: [], causes: new Set(), isCertain: false };

function byOwnWords(own: ReportedError, all: readonly SpanError[], tree: SpanTree): Decision {
  const carrier = all.find((error) => isSame(error, own.text)) ?? null;
  return {
    decisive: { ...own, type: carrier?.type ?? own.type, span: carrier?.span ?? own.span },
    quoted: all.filter((error) => isQuoted(error, own.text)),
    causes: spansBelow(tree, all, own.text),
    isCertain: own.source === 'transition' || carrier !== null,
  };
}

function byException(ends: readonly SpanError[], isCertain: boolean): Decision {
  const [ending] = ends.toSorted((a, b) => vagueness(a) - vagueness(b));
  if (ending === undefined || (ending.message === '' && ending.type === null)) return UNDECIDED;
  return { decisive: reported(ending), quoted: [], causes: spansOf(ends), isCertain };
}

function saysNothing(text: string): boolean {
  return SAYS_NOTHING.test(text.replace(/\W+/g, ' ').trim());
}

function isOfWork(tree: SpanTree, errors: readonly SpanError[], phases: readonly Phase[]) {
  const work = new Set(phases.map(({ span }) => span));
  const failed = spansOf(errors);
  const isWork = (span: Span) => work.has(span) || span.name.startsWith('worker.');
  return ({ span }: SpanError) => isWork(span) || tree.ancestorsOf(span).some((above) => failed.has(above));
}

function spansOf(errors: readonly SpanError[]): ReadonlySet<Span> {
  return new Set(errors.map(({ span }) => span));
}

/** The spans that failed with these words or with a part of them, and what failed below those. Each span is visited once. */
function spansBelow(tree: SpanTree, errors: readonly SpanError[], text: string): ReadonlySet<Span> {
  const causes = new Set(
    spansOf(errors.filter((error) => isSame(error, text) || isQuoted(error, text) || isTimeout(error, text))),
  );
  const isOutside = new Uint8Array(tree.spans.length);
  for (const { span } of causes.size === 0 ? [] : errors) {
    const path: number[] = [];
    let at = tree.positionOf(span);
    for (; at >= 0 && isOutside[at] === 0 && !causes.has(tree.spans[at] as Span); at = tree.parents[at] ?? -1)
      path.push(at);
    if (at >= 0 && isOutside[at] === 0) causes.add(span);
    else for (const outside of path) isOutside[outside] = 1;
  }
  return causes;
}

/** The operation's own messages about the end of its latest attempt, the decisive one first. */
function ownWords({ record }: Sources, attempt: readonly Transition[], since: number): readonly ReportedError[] {
  const said: ReportedError[] = attempt.flatMap(({ to, error, span, at }) =>
    to === 'failed' && error !== null
      ? [{ text: bounded(error), type: null, source: 'transition' as const, span, at }]
      : [],
  );
  said.reverse();
  if (record?.errorMessage == null || record.status === 'cancelled') return said;
  const at = record.completedAt;
  if (at !== null && at < since) return said;
  const inRecord = { text: bounded(record.errorMessage), type: null, source: 'record' as const, span: null, at };
  const isLater =
    at !== null && said.every((one) => one.text !== inRecord.text && one.at !== null && one.at + SAME_END < at);
  return isLater ? [inRecord, ...said] : [...said, inRecord];
}

function reported(error: SpanError): ReportedError {
  const { span, type, message } = error;
  return { text: message === '' ? (type ?? '') : message, type, source: 'exception', span, at: span.start };
}

/** ktrdr stores `str(error)`, some of its callers with the type before it. */
function isSame({ message, type, fullType }: SpanError, text: string): boolean {
  return message !== '' && [message, `${type}: ${message}`, `${fullType}: ${message}`].includes(text);
}

const SHORTEST_QUOTE = 8;

function isQuoted({ message }: SpanError, text: string): boolean {
  return message.length >= SHORTEST_QUOTE && message !== text && text.includes(message);
}

/** httpx raises timeouts without a message. */
function isTimeout({ type, message }: SpanError, text: string): boolean {
  return message === '' && /Timeout/.test(type ?? '') && /time(?:d )?out/i.test(text);
}

/** Timeouts and cancellations give way to the error below them, and a bare status to any error. */
function vagueness({ type, message }: SpanError): number {
  if (type === null && message === '') return 2;
  return /Timeout|Cancel/i.test(type ?? '') ? 1 : 0;
}

/**
 * An HTTP status alone explains nothing; the error that its caller raised may. And a process that raised another error above
 * this one failed with that: what it caught before explains it only if its message or its stack names it.
 */
function withOwnWords(tree: SpanTree, errors: Errors): (origin: SpanError) => SpanError {
  const failed = new Map(errors.all.map((error) => [error.span, error]));
  return (origin) => {
    const above = tree.ancestorsOf(origin.span).flatMap((span) => failed.get(span) ?? []);
    if (origin.message === '' && origin.type === null) return above.find(({ message }) => message !== '') ?? origin;
    return above.findLast((error) => isAnother(error, origin)) ?? origin;
  };
}

function isAnother(above: SpanError, origin: SpanError): boolean {
  if (above.span.service !== origin.span.service || above.type === null || above.message === '') return false;
  const says = `${above.type}: ${above.message}${above.stack ?? ''}`;
  const isNamed =
    origin.message === ''
      ? isTimeout(origin, says)
      : says.includes(origin.message) || origin.message.includes(above.message);
  return vagueness(above) === 0 && !isNamed;
}

export interface Explained<Variant extends string> {
  readonly variant: Variant;
  readonly reportedError: ReportedError;
  /** The pattern's named groups. */
  readonly words: Readonly<Record<string, string | undefined>>;
  readonly confidence: Confidence;
}

/**
 * What the decisive words mean by the first pattern that fits `Type: text` or one of their sentences; else what they quote,
 * which is likely at most.
 */
export function explainedBy<Variant extends string>(
  { foreign, decisive, reportedErrors, isCertain }: Failure,
  patterns: readonly (readonly [Variant, RegExp])[],
): Explained<Variant> | null {
  if (foreign) return null;
  for (const reportedError of reportedErrors) {
    const { type, text } = reportedError;
    const sentences = [...(type === null ? [] : [`${type}: ${text}`]), ...sentencesIn(text)];
    const confidence = reportedError === decisive && isCertain ? 'certain' : 'likely';
    for (const [variant, pattern] of patterns) {
      for (const sentence of sentences) {
        const words = pattern.exec(sentence);
        if (words !== null) return { variant, reportedError, words: words.groups ?? {}, confidence };
      }
    }
  }
  return null;
}
