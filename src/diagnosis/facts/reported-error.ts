import { bounded } from '../clean.ts';
import type { Micros, Span } from '../trace.ts';
import { sentencesIn } from '../vocabulary/messages.ts';
import type { Errors, SpanError } from './errors.ts';
import type { Facts } from './index.ts';
import type { Transition } from './transitions.ts';
import type { SpanTree } from './tree.ts';

/** An error message as one source has it. */
export interface ReportedError {
  readonly text: string;
  /** Last component of an exception's type, or null. */
  readonly type: string | null;
  readonly source: 'transition' | 'exception' | 'record';
  readonly span: Span | null;
  readonly at: Micros | null;
}

export interface Failure {
  /** What ended the operation, best source first: its own transition, the API's record, the exception at the origin. */
  readonly decisive: ReportedError | null;
  /** All of them, the decisive one first, each text once. Empty for an operation that completed or was cancelled. */
  readonly reportedErrors: readonly ReportedError[];
  /** The orphan detector's verdict, which may be wrong and is replaced by any later news. */
  readonly orphaned: ReportedError | null;
  /** The spans are another system's: they are not searched for ktrdr's messages. */
  readonly foreign: boolean;
  /** A transition away from `failed` without a resume, which proves that the detector was wrong. */
  readonly revoked: Transition | null;
}

const ORPHANED = /Operation was RUNNING but no worker claimed it/i;

type Sources = Pick<Facts, 'tree' | 'record' | 'transitions' | 'errors' | 'start' | 'status'>;

export function failureOf({ tree, record, transitions, errors, start, status }: Sources, foreign: boolean): Failure {
  const reported: ReportedError[] = [];
  for (const { to, error, span, at } of transitions)
    if (to === 'failed' && error !== null)
      reported.unshift({ text: error, type: null, source: 'transition', span, at });
  if (record?.errorMessage != null && record.status !== 'cancelled') {
    const text = bounded(record.errorMessage);
    reported.push({ text, type: null, source: 'record', span: null, at: record.completedAt });
  }
  const orphaned = reported.find(({ text }) => ORPHANED.test(text)) ?? null;
  const revoked = transitions.find((t) => t.from === 'failed' && t.to !== 'resuming' && t.to !== 'running') ?? null;

  const reportedErrors = reported.filter(({ text }) => !ORPHANED.test(text));
  for (const { span, type, message } of errors.origins.map((origin) => withMessage(tree, errors, origin))) {
    const text = message === '' ? (type ?? '') : message;
    if (text !== '') reportedErrors.push({ text, type, source: 'exception', span, at: span.start });
  }
  const isFault = start?.refused === true || (status.value !== 'completed' && status.value !== 'cancelled');
  const unique = isFault ? distinct(reportedErrors) : [];
  return { decisive: unique[0] ?? null, reportedErrors: unique, orphaned, revoked, foreign };
}

/** An HTTP status alone explains nothing; the error that its caller raised may. */
function withMessage(tree: SpanTree, errors: Errors, origin: SpanError): SpanError {
  if (origin.message !== '' || origin.type !== null) return origin;
  const failed = new Map(errors.all.map((error) => [error.span, error]));
  const above = tree.ancestorsOf(origin.span).flatMap((span) => failed.get(span) ?? []);
  return above.find(({ message }) => message !== '') ?? origin;
}

/** The same text from two sources is one error; it keeps the exception's type. */
function distinct(reportedErrors: readonly ReportedError[]): readonly ReportedError[] {
  const byText = new Map<string, ReportedError>();
  for (const error of reportedErrors) {
    const known = byText.get(error.text) ?? error;
    byText.set(error.text, { ...known, type: known.type ?? error.type });
  }
  return [...byText.values()];
}

/**
 * The first error that matches one of the patterns, in their order. They see `Type: text` and each sentence of the text;
 * `words` are the pattern's named groups.
 */
export function explainedBy<Variant extends string>(
  failure: Failure,
  patterns: readonly (readonly [Variant, RegExp])[],
): {
  readonly variant: Variant;
  readonly reportedError: ReportedError;
  readonly words: Readonly<Record<string, string | undefined>>;
} | null {
  if (failure.foreign) return null;
  for (const reportedError of failure.reportedErrors) {
    const { type, text } = reportedError;
    const sentences = [...(type === null ? [] : [`${type}: ${text}`]), ...sentencesIn(text)];
    for (const [variant, pattern] of patterns) {
      for (const sentence of sentences) {
        const words = pattern.exec(sentence);
        if (words !== null) return { variant, reportedError, words: words.groups ?? {} };
      }
    }
  }
  return null;
}
