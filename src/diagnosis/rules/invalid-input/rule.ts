import { attribute, reportedError, spanSeen } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy, type ReportedError } from '../../facts/reported-error.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match, type RuleContext, type RuleResult } from '../../rule.ts';
import { INPUT_TEXTS } from './texts.ts';

/** What was asked for cannot be done as asked: a name, a file or a value is wrong. */
export const rule = defineRule({
  id: 'invalid-input',
  title: 'Something in the request is wrong',
  symptom: 'The start is refused with 400 or 422, or the operation fails within a second.',
  proof: 'The message of the failure, or the exception on the start span; for a validation answer only its status.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'general',
  variants: {
    'strategy-not-found': 'No strategy file of that name.',
    'strategy-invalid': 'The strategy file does not pass validation.',
    'strategy-version': 'The strategy is written in an older format.',
    'model-path-missing': 'A backtest was started without a model.',
    'model-not-found': 'The model directory does not exist where the worker looks.',
    'feature-mismatch': 'Model and strategy or timeframe do not fit each other.',
    'symbol-not-found': 'The symbol does not exist at IB.',
    parameters: 'A value of the request is not accepted.',
  },

  check(facts, context) {
    const found = explainedBy(facts.failure, MESSAGES) ?? explainedBy(facts.failure, TYPES);
    if (found === null) return turnedDownSilently(facts, context);
    const { variant, reportedError: said, words } = found;
    return variant === 'parameters' && !isAboutInput(said, facts)
      ? clear
      : explain(variant, said, words['what'], facts, context);
  },
});

const MESSAGES = [
  ['strategy-not-found', /Strategy (?:file|config) not found(?: at)?:? ?(?<what>[^\s(]+)?/i],
  ['strategy-version', /V2 strategy format|is not v3 format|Run 'ktrdr strategy migrate'/i],
  ['strategy-invalid', /Strategy validation failed|ValidationFailed\b|Missing required sections in strategy/i],
  ['model-path-missing', /model_path is required/i],
  [
    'model-not-found',
    /(?:Model directory not found:|V3 metadata not found at|Model (?:file )?not found:?) ?(?<what>\S+)/i,
  ],
  ['feature-mismatch', /Feature mismatch|No features computed|Indicator column '[^']+' not found/i],
  ['symbol-not-found', /Symbol (?<what>\S+) not found/i],
] as const;

/** Only the type of the exception tells: anything that says more is better. */
const TYPES = [
  [
    'parameters',
    /^(?:ValueError|ValidationError|RequestValidationError|InvalidInputError|DataValidationError|InvalidConfigurationError):/i,
  ],
] as const;

/** A ValueError out of the work itself is a bug or bad data; one from before the work, that names the input, is the user's to mend. */
function isAboutInput({ text, type }: ReportedError, facts: Facts): boolean {
  if (type !== 'ValueError') return true;
  const isTurnedDown = facts.start?.httpStatus === 400 || facts.start?.httpStatus === 422;
  if (isTurnedDown) return true;
  const hasBegun = facts.phases.length > 0 || facts.dispatches.some(({ failed }) => !failed);
  return !hasBegun && /invalid|must be|required|supported|unknown|not allowed|format|out of range|expected/i.test(text);
}

function explain(
  variant: keyof typeof INPUT_TEXTS,
  said: ReportedError,
  what: string | undefined,
  facts: Facts,
  { fix, clean }: RuleContext,
): RuleResult {
  const { start } = facts;
  const loading = facts.phases.find((phase) => phase.timeframe !== null);
  const isSecondHand = said.source === 'record' || (variant === 'symbol-not-found' && facts.case.services === null);
  return match({
    variant,
    confidence: isSecondHand ? 'likely' : 'certain',
    ...INPUT_TEXTS[variant](
      { said, name: what?.replace(/(?<![.,;:])[.,;:]+$/, '') ?? null, timeframe: loading?.timeframe ?? null, facts },
      fix,
      clean,
    ),
    culprit: said.span ?? start?.span ?? null,
    evidence: [
      reportedError(said),
      ...(variant === 'feature-mismatch' && loading !== undefined ? [attribute(loading.span, 'timeframe')] : []),
      ...(start?.refused === true
        ? [spanSeen(start.span, `${start.route} answered ${start.httpStatus ?? 'nothing'}`)]
        : []),
    ],
  });
}

/** A handled HTTP error leaves no exception in the trace: the status is all there is. */
function turnedDownSilently({ start, failure }: Facts, { fix }: RuleContext): RuleResult {
  if (start === null || failure.foreign || failure.decisive !== null) return clear;
  const { span, route, httpStatus } = start;
  if (httpStatus !== 400 && httpStatus !== 422) return clear;
  return match({
    variant: 'parameters',
    confidence: 'likely',
    headline: `The request was turned down as invalid (${httpStatus}): ${route}.`,
    explanation: `${httpStatus === 422 ? 'A value is missing, of the wrong type, or impossible (such as a date that does not exist).' : 'A value was not accepted.'} The trace carries only the status; which field it was is in the answer that the caller got.`,
    culprit: span,
    evidence: [attribute(span, 'httpStatus')],
    fixes: [
      advice('Read the “details” of the answer: they name the field. Correct it and start again.'),
      fix.backendLogs(),
    ],
  });
}
