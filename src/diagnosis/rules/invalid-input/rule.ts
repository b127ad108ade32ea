import { attribute, record, reportedError, spanSeen } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, match, type RuleContext, type RuleResult } from '../../rule.ts';
import { invalidInputOf, isRejection } from './finder.ts';
import { INPUT_TEXTS } from './texts.ts';

/** The request cannot be carried out because a name, a file, or a value in it is wrong. */
export const rule = defineRule({
  id: 'invalid-input',
  title: 'Invalid input',
  symptom: 'The start is rejected with HTTP 400 or 422, or the operation fails within a second.',
  proof: 'The error message, or the exception on the start span. For a validation error, only its status.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'general',
  variants: {
    'strategy-not-found': 'No strategy file has that name.',
    'strategy-invalid': 'The strategy fails validation, or the worker can’t run it.',
    'strategy-version': 'The strategy uses an older format.',
    'model-path-missing': 'The backtest was started without a model.',
    'model-not-found': 'The worker can’t find the model or one of its files.',
    'model-unreadable': 'The model file is truncated, damaged, or saved for a device that the worker doesn’t have.',
    'feature-mismatch': 'The model doesn’t match the strategy or timeframe.',
    labels: 'The training labels have fewer classes than the strategy expects.',
    dates: 'The requested dates are reversed or in the future.',
    'symbol-not-found': 'The symbol doesn’t exist at IB.',
    parameters: 'A value in the request is invalid.',
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
          record(`requested: ${parameters.startDate} to ${parameters.endDate}`),
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
    explanation: `${httpStatus === 422 ? 'A value is missing, has the wrong type, or is impossible (such as a date that doesn’t exist).' : 'A value was rejected.'} The trace records only the status. The response to the caller names the field.`,
    culprit: span,
    evidence: [attribute(span, 'httpStatus')],
    fixes: ['The response’s “details” name the field. Correct it and start again.', fix.backendLogs()],
  });
}
