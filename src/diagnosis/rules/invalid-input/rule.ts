import { attribute, reportedError, spanSeen } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy, type ReportedError } from '../../facts/reported-error.ts';
import { clear, defineRule, match, type RuleContext, type RuleResult } from '../../rule.ts';
import { INPUT_TEXTS } from './texts.ts';

/** The request cannot be carried out because a name, a file, or a value in it is wrong. */
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
    const explained = explainedBy(facts.failure, MESSAGES) ?? explainedBy(facts.failure, EXCEPTION_TYPES);
    if (explained === null) return rejectedWithoutMessage(facts, context);
    const { variant, reportedError: error, words } = explained;
    if (variant === 'parameters' && !isAboutInput(error, facts)) return clear;

    const { start } = facts;
    const loading = facts.phases.find((phase) => phase.timeframe !== null);
    const isIndirect = error.source === 'record' || (variant === 'symbol-not-found' && facts.case.services === null);
    const name = words['what']?.replace(/(?<![.,;:])[.,;:]+$/, '') ?? null;
    return match({
      variant,
      confidence: isIndirect ? 'likely' : 'certain',
      ...INPUT_TEXTS[variant](
        { error, name, timeframe: loading?.timeframe ?? null, parameters: facts.parameters },
        context,
      ),
      culprit: error.span ?? start?.span ?? null,
      evidence: [
        reportedError(error),
        variant === 'feature-mismatch' && loading && attribute(loading.span, 'timeframe'),
        start?.refused && spanSeen(start.span, `${start.route} answered ${start.httpStatus ?? 'nothing'}`),
      ],
    });
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

/** For errors whose message matches none of the above. */
const EXCEPTION_TYPES = [
  [
    'parameters',
    /^(?:ValueError|ValidationError|RequestValidationError|InvalidInputError|DataValidationError|InvalidConfigurationError):/i,
  ],
] as const;

/** A ValueError during the work is a bug or bad data. Before the work, if its message is about the input, the input is wrong. */
function isAboutInput({ text, type }: ReportedError, facts: Facts): boolean {
  if (type !== 'ValueError' || isRejection(facts.start?.httpStatus)) return true;
  const hasBegun = facts.phases.length > 0 || facts.dispatches.some(({ failed }) => !failed);
  return !hasBegun && /invalid|must be|required|supported|unknown|not allowed|format|out of range|expected/i.test(text);
}

function isRejection(httpStatus: number | null | undefined): boolean {
  return httpStatus === 400 || httpStatus === 422;
}

/** A handled HTTP error leaves no exception in the trace: the status is all there is. */
function rejectedWithoutMessage({ start, failure }: Facts, { fix }: RuleContext): RuleResult {
  if (start === null || failure.foreign || failure.decisive !== null || !isRejection(start.httpStatus)) return clear;
  const { span, route, httpStatus } = start;
  return match({
    variant: 'parameters',
    confidence: 'likely',
    headline: `The request was turned down as invalid (${httpStatus}): ${route}.`,
    explanation: `${httpStatus === 422 ? 'A value is missing, of the wrong type, or impossible (such as a date that does not exist).' : 'A value was not accepted.'} The trace carries only the status; which field it was is in the answer that the caller got.`,
    culprit: span,
    evidence: [attribute(span, 'httpStatus')],
    fixes: ['Read the “details” of the answer: they name the field. Correct it and start again.', fix.backendLogs()],
  });
}
