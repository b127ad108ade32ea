import { attribute, reportedError, spanSeen } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { clear, defineRule, match, proofOf } from '../../rule.ts';
import { readText } from '../../vocabulary/attributes.ts';
import { ambiguousComplaintOf, badDatesOf, hasFewBars, readElsewhere } from './finder.ts';
import { DATA_MESSAGES, type DataVariant } from './messages.ts';
import { DATA_TEXTS } from './texts.ts';

/** The market data that the operation needs is missing, outside the range, or insufficient. */
export const rule = defineRule({
  id: 'data-missing',
  title: 'Market data missing',
  symptom: 'A training run or backtest fails while or soon after it loads data.',
  proof: 'The error message with the symbol and timeframe, and the number of rows loaded.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  variants: {
    'not-cached': 'The cache that the operation reads has no data for this symbol and timeframe.',
    range: 'Data exists, but not for the requested dates.',
    timeframe: 'One of several timeframes is missing, or they don’t overlap.',
    insufficient: 'The range has too few bars for the indicator warm-up or the split.',
    context: 'Context data of another market that the strategy uses is missing.',
  },

  check(facts, context) {
    const explained = complaintOf(facts);
    if (explained === null || (explained.variant !== 'context' && badDatesOf(facts) !== null)) return clear;
    const { variant, reportedError: error, words } = explained;
    const { parameters, phases } = facts;
    const loaded = phases.find(({ rows }) => rows !== null);
    const elsewhere =
      variant === 'not-cached' ? readElsewhere(facts, words['symbol'] ?? null, words['timeframe'] ?? null) : null;
    const first = phases[0];
    const proof = proofOf(explained);
    const isContradicted = variant === 'insufficient' && hasFewBars(facts) === false;
    return match({
      ...proof,
      variant,
      confidence: explained.isInferred || isContradicted ? 'likely' : proof.confidence,
      ...DATA_TEXTS[variant](
        {
          ...nameIn(explained, facts),
          startDate: parameters.startDate,
          endDate: parameters.endDate,
          rows: loaded?.rows ?? null,
          hadEnough: isContradicted,
          report: words['report'] ?? null,
          text: error.text,
          isSplitEmpty: explained.isSplitEmpty,
          isTraining: facts.type === 'training',
          location: facts.workers.location,
          elsewhere,
        },
        context,
      ),
      culprit: error.span ?? loaded?.span ?? null,
      evidence: [
        reportedError(error),
        elsewhere &&
          spanSeen(elsewhere.span, `${elsewhere.span.service} loaded ${elsewhere.rows} bars of the same data`),
        loaded && attribute(loaded.span, 'rows'),
        first && spanSeen(first.span, `${first.name} on ${first.span.service}`),
      ],
    });
  },
});

type Explained = NonNullable<ReturnType<typeof explainedBy<DataVariant>>>;
interface Complaint extends Explained {
  /** The message has more than one possible reason. */
  readonly isInferred: boolean;
  readonly isSplitEmpty: boolean;
}

function complaintOf(facts: Facts): Complaint | null {
  const explained = explainedBy(facts.failure, DATA_MESSAGES);
  if (explained !== null) {
    const { variant } = explained;
    // A training run reports the same for a range outside the file, and dates that weren't compared may be wrong themselves.
    const isInferred =
      (variant === 'not-cached' && facts.type === 'training') ||
      (variant === 'range' && facts.parameters.startDate === null);
    return { ...explained, isInferred, isSplitEmpty: false };
  }
  const ambiguous = ambiguousComplaintOf(facts);
  const few = hasFewBars(facts);
  if (ambiguous === null || (few === null && ambiguous.variant === 'classes')) return null;
  if (few === true) return { ...ambiguous, variant: 'insufficient', isInferred: true, isSplitEmpty: false };
  return ambiguous.variant === 'classes'
    ? null
    : { ...ambiguous, variant: 'timeframe', isInferred: true, isSplitEmpty: true };
}

/** A message that names a symbol is only about that symbol; one that names none is about the operation's own data. */
function nameIn({ variant, reportedError: { span }, words }: Complaint, { phases, parameters }: Facts) {
  const symbol = words['symbol'] ?? null;
  const timeframe = words['timeframe'] ?? null;
  if (variant === 'context' || (symbol !== null && timeframe !== null)) return { symbol, timeframe };
  const raising = span === null ? null : phases.find((phase) => phase.span === span);
  const loading = raising ?? phases.find(({ kind }) => kind === 'data-loading');
  const own = {
    symbol: (span && readText(span, 'symbol')) ?? loading?.symbol ?? parameters.symbol,
    timeframe: (span && readText(span, 'timeframe')) ?? loading?.timeframe ?? parameters.timeframe,
  };
  return symbol === null || symbol === own.symbol ? own : { symbol, timeframe };
}
