import { bounded } from '../bounded.ts';
import type { Case } from '../case.ts';
import type { Micros, Span } from '../trace.ts';
import type { Errors, SpanError } from './errors.ts';
import type { StartRequest } from './start.ts';
import type { Transition } from './transitions.ts';
import type { SpanTree } from './tree.ts';

/** One sentence of complaint by one witness. */
export interface ReportedError {
  readonly text: string;
  /** Last component of an exception's type, or null. */
  readonly type: string | null;
  readonly source: 'transition' | 'exception' | 'record';
  readonly span: Span | null;
  readonly at: Micros | null;
}

export interface Failure {
  /** What ended the operation, best witness first: its own transition, the API's record, the exception where trouble began. */
  readonly decisive: ReportedError | null;
  /** All of them, the decisive one first, each text once. Empty for an operation that ended well or was cancelled. */
  readonly reportedErrors: readonly ReportedError[];
  /** The orphan detector's verdict, which may be wrong and is replaced by any later news. */
  readonly orphaned: ReportedError | null;
  /** The spans are another system's: none of ktrdr's messages is looked for in them. */
  readonly foreign: boolean;
  /** A transition away from `failed` that is no resume: proof that the detector was wrong. */
  readonly revoked: Transition | null;
}

const ORPHANED = /Operation was RUNNING but no worker claimed it/i;

export function failureOf(
  kase: Case,
  tree: SpanTree,
  transitions: readonly Transition[],
  errors: Errors,
  start: StartRequest | null,
  endedWell: boolean,
  foreign: boolean,
): Failure {
  const said: ReportedError[] = [];
  for (const transition of transitions) {
    if (transition.to !== 'failed' || transition.error === null) continue;
    said.unshift({
      text: transition.error,
      type: null,
      source: 'transition',
      span: transition.span,
      at: transition.at,
    });
  }
  const record = kase.operation?.kind === 'record' ? kase.operation.record : null;
  if (record?.errorMessage != null && record.status !== 'cancelled') {
    said.push({ text: bounded(record.errorMessage), type: null, source: 'record', span: null, at: record.completedAt });
  }
  const orphaned = said.find((reportedError) => ORPHANED.test(reportedError.text)) ?? null;
  const revoked = transitions.find((t) => t.from === 'failed' && t.to !== 'resuming' && t.to !== 'running') ?? null;

  const refused = start?.refused ?? false;
  const reportedErrors = said.filter((reportedError) => !ORPHANED.test(reportedError.text));
  for (const { span, type, message } of errors.origins.map((origin) => speaking(tree, errors, origin))) {
    const text = message === '' ? (type ?? '') : message;
    if (text !== '') reportedErrors.push({ text, type, source: 'exception', span, at: span.start });
  }
  const unique = distinct(endedWell && !refused ? [] : reportedErrors);
  return { decisive: unique[0] ?? null, reportedErrors: unique, orphaned, revoked, foreign };
}

/** A bare HTTP status explains nothing; what its caller made of it may. */
function speaking(tree: SpanTree, errors: Errors, origin: SpanError): SpanError {
  if (origin.message !== '' || origin.type !== null) return origin;
  const failed = new Map(errors.all.map((error) => [error.span, error]));
  const above = tree.ancestorsOf(origin.span).flatMap((span) => failed.get(span) ?? []);
  return above.find(({ message }) => message !== '') ?? origin;
}

/** The same text from two witnesses is one complaint; the exception's type is worth keeping. */
function distinct(reportedErrors: readonly ReportedError[]): readonly ReportedError[] {
  const byText = new Map<string, ReportedError>();
  for (const reportedError of reportedErrors) {
    const known = byText.get(reportedError.text);
    if (known === undefined) byText.set(reportedError.text, reportedError);
    else if (known.type === null && reportedError.type !== null)
      byText.set(reportedError.text, { ...known, type: reportedError.type });
  }
  return [...byText.values()];
}

/** The first complaint, best witness first, that one of the patterns explains; patterns see `Type: text`. `words` are their named groups. */
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
    const text = reportedError.type === null ? reportedError.text : `${reportedError.type}: ${reportedError.text}`;
    for (const [variant, pattern] of patterns) {
      const words = pattern.exec(text);
      if (words !== null) return { variant, reportedError, words: words.groups ?? {} };
    }
  }
  return null;
}
