import { attribute, record, reportedError, spanSeen } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, match, type RuleContext, type RuleResult } from '../../rule.ts';
import { invalidInputOf, isRejection } from './finder.ts';
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
    'strategy-invalid': 'The strategy does not pass validation, or the worker finds that it cannot be carried out.',
    'strategy-version': 'The strategy is written in an older format.',
    'model-path-missing': 'A backtest was started without a model.',
    'model-not-found': 'The model, or a file that belongs to it, does not exist where the worker looks.',
    'model-unreadable': 'The model’s file is cut off, damaged, or saved for a device that the worker lacks.',
    'feature-mismatch': 'Model and strategy or timeframe do not fit each other.',
    labels: 'The labels of the training data hold fewer classes than the strategy expects.',
    dates: 'The asked dates are reversed or in the future.',
    'symbol-not-found': 'The symbol does not exist at IB.',
    parameters: 'A value of the request is not accepted.',
  },

  check(facts, context) {
    const invalid = invalidInputOf(facts);
    if (invalid === null) return rejectedWithoutMessage(facts, context);
    const { variant, error, isInferred } = invalid;
    const { start, parameters } = facts;
    const loading = facts.phases.find((phase) => phase.timeframe !== null || phase.rows !== null);
    const isIndirect =
      isInferred || error.source === 'record' || (variant === 'symbol-not-found' && facts.case.services === null);
    return match({
      variant,
      confidence: isIndirect ? 'likely' : 'certain',
      ...INPUT_TEXTS[variant](
        { ...invalid, timeframe: loading?.timeframe ?? null, rows: loading?.rows ?? null, parameters },
        context,
      ),
      culprit: error.span ?? start?.span ?? null,
      evidence: [
        reportedError(error),
        variant === 'dates' &&
          parameters.startDate !== null &&
          record(`asked: ${parameters.startDate} to ${parameters.endDate}`),
        variant === 'feature-mismatch' && loading?.timeframe != null && attribute(loading.span, 'timeframe'),
        variant === 'labels' && loading?.rows != null && attribute(loading.span, 'rows'),
        start?.refused && spanSeen(start.span, `${start.route} answered ${start.httpStatus ?? 'nothing'}`),
      ],
    });
  },
});

/** A handled HTTP error leaves no exception in the trace: the status is all there is. */
function rejectedWithoutMessage({ start, failure }: Facts, { fix }: RuleContext): RuleResult {
  if (start === null || failure.foreign || failure.decisive !== null || !isRejection(start.httpStatus)) return clear;
  const { span, route, httpStatus } = start;
  return match({
    variant: 'parameters',
    confidence: 'likely',
    headline: `The request was rejected as invalid (HTTP ${httpStatus}): ${route}.`,
    explanation: `${httpStatus === 422 ? 'A value is missing, of the wrong type, or impossible (such as a date that does not exist).' : 'A value was not accepted.'} The trace carries only the status; which field it was is in the answer that the caller got.`,
    culprit: span,
    evidence: [attribute(span, 'httpStatus')],
    fixes: ['Read the “details” of the answer: they name the field. Correct it and start again.', fix.backendLogs()],
  });
}
