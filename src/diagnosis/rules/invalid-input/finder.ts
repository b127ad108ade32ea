import type { Facts } from '../../facts/index.ts';
import { explainedBy, type ReportedError } from '../../facts/reported-error.ts';
import { ambiguousComplaintOf, badDatesOf, blamesData, hasFewBars } from '../data-missing/finder.ts';
import { INPUT_MESSAGES, type InputVariant } from './messages.ts';

export interface InvalidInput {
  readonly variant: InputVariant;
  readonly error: ReportedError;
  /** The file, model, or symbol that the message names. */
  readonly name: string | null;
  /** The key of the strategy that is missing. */
  readonly key: string | null;
  /** The model's directory exists, and a file in it doesn't. */
  readonly isIncomplete: boolean;
  /** Classes that the strategy expects, and those that the labels hold. */
  readonly classes: { readonly expected: string; readonly present: string } | null;
  readonly badDates: 'reversed' | 'future' | null;
  /** The message alone does not prove it. */
  readonly isInferred: boolean;
}

export function invalidInputOf(facts: Facts): InvalidInput | null {
  return namedByMessage(facts) ?? badDates(facts) ?? tooFewClasses(facts);
}

export function isRejection(httpStatus: number | null | undefined): boolean {
  return httpStatus === 400 || httpStatus === 422;
}

const NOTHING = {
  name: null,
  key: null,
  isIncomplete: false,
  classes: null,
  badDates: null,
  isInferred: false,
} as const;

const SHOWN_AS: Readonly<Record<string, InputVariant | undefined>> = {
  value: 'parameters',
  'model-incomplete': 'model-not-found',
  'file-missing': 'model-not-found',
  json: 'model-unreadable',
};

function namedByMessage(facts: Facts): InvalidInput | null {
  const explained = explainedBy(facts.failure, INPUT_MESSAGES);
  if (explained === null) return null;
  const { variant, reportedError: error, words } = explained;
  if (variant === 'symbol-not-found' && facts.type !== 'data_load') return null;
  if (variant === 'value' && !isRaisedByValidation(error, facts)) return null;
  if (variant === 'file-missing' && facts.type !== 'backtesting') return null;
  // Before a backtest loads its data, it parses only the model's files.
  if (variant === 'json' && (facts.type !== 'backtesting' || facts.phases.length > 0)) return null;
  // A training run has no model from which its strategy could differ, only weights from which it resumes.
  const isOfStrategy =
    variant === 'feature-mismatch' && facts.type === 'training' && !/^Error\(s\) in loading/.test(error.text);
  if (isOfStrategy && /^mat1 and mat2/.test(error.text)) return null;
  const name = (words['what'] ?? words['path'] ?? words['strategy'])?.replace(/(?<![.,;:])[.,;:]+$/, '') ?? null;
  return {
    ...NOTHING,
    variant: isOfStrategy ? 'strategy-invalid' : (SHOWN_AS[variant] ?? (variant as InputVariant)),
    error,
    name,
    key: words['key'] ?? null,
    isIncomplete: variant === 'model-incomplete' || (variant === 'file-missing' && /\.\w+$/.test(name ?? '')),
    badDates: variant === 'dates' ? 'reversed' : null,
    // A KeyError says only which key is missing, not where.
    isInferred: variant === 'json' || isOfStrategy || words['key'] !== undefined || explained.confidence !== 'certain',
  };
}

/** An empty range is the data's fault only if the dates are sound. */
function badDates(facts: Facts): InvalidInput | null {
  const dates = badDatesOf(facts);
  const blamed = dates === null ? null : blamesData(facts);
  return blamed === null ? null : { ...NOTHING, variant: 'dates', error: blamed.reportedError, badDates: dates };
}

/** PyTorch rejects class weights that don't fit: with few bars there is too little data, with many the labels are wrong. */
function tooFewClasses(facts: Facts): InvalidInput | null {
  const complaint = ambiguousComplaintOf(facts);
  if (complaint?.variant !== 'classes' || hasFewBars(facts) !== false) return null;
  const { classes: expected = '', present = '' } = complaint.words;
  return {
    ...NOTHING,
    variant: 'labels',
    error: complaint.reportedError,
    classes: { expected, present },
    isInferred: true,
  };
}

/** A ValueError during the work is a bug or bad data. Where the request is checked, the input is wrong. */
function isRaisedByValidation({ span }: ReportedError, { start }: Facts): boolean {
  return isRejection(start?.httpStatus) || (span !== null && /\.validate$/.test(span.name));
}
