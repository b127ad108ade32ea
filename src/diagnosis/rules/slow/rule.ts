import { percent } from '../../../language/numbers.ts';
import { symptomsIn } from '../../case.ts';
import { attribute, count, type EvidenceDraft, took } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, match, notEnoughData, type RuleContext } from '../../rule.ts';
import { type BaselineComparison, isNoticeable, isSlower } from '../../timing/baseline.ts';
import { type TimeBreakdown, type TimeSegment, timeBreakdownOf } from '../../timing/time-breakdown.ts';
import { spellingOf } from '../../vocabulary/attributes.ts';
import { capital, duration } from '../../words.ts';
import { notSlower, slower, whyUndecided } from './baseline-texts.ts';
import { fixesFor, MATTERS_LITTLE, type SlowReason, slowReasonOf, variantOf } from './texts.ts';

/** Shows where the time went. That is a fault only if earlier runs took less, or if one part is known to be slow. */
export const rule = defineRule({
  id: 'slow',
  title: 'Operation took a long time',
  symptom: 'The operation takes longer than expected.',
  proof:
    'Comparable earlier operations took less time for the same amount of work, or the part that dominates is known to be slow. A training or simulation phase without a span counts as the time between its neighbors.',
  scenario: 'slow',
  severity: 'degraded',
  variants: {
    'data-loading': 'Most of the time was spent loading data.',
    ib: 'Most of the time was spent fetching data from IB.',
    'training-loop': 'Most of the time was spent in the training loop.',
    'backtest-loop': 'Most of the time was spent in the simulation.',
    indicators: 'Most of the time was spent computing indicators or features.',
    'worker-selection': 'Worker selection took unusually long.',
    queueing: 'Most of the time passed before a worker started.',
    retries: 'Most of the time was spent retrying the same request.',
    starved: 'Every phase took longer by about the same factor: the process had too little CPU or was paused.',
    service: 'Most of the time was spent in another service.',
    'not-slower': 'It took as long as comparable earlier operations. Not a fault.',
  },

  check(facts, context) {
    const { value } = facts.status;
    const isAsked = symptomsIn(context.symptom).includes('slow');
    if (value !== 'completed' && !(isAsked && (value === 'running' || value === 'unknown'))) return clear;
    const breakdown = timeBreakdownOf(facts);
    const [largest] = breakdown.segments;
    if (largest === undefined) return isAsked ? notEnoughData('spans that show where the time went') : clear;

    const { baseline, fix } = context;
    if (baseline !== null && isSlower(baseline) && (isAsked || isNoticeable(baseline)))
      return slower(facts, breakdown, baseline, context);
    const known = knownSlowSegment(facts, breakdown, baseline, isAsked);
    if (known !== null) {
      const { segment, reason } = known;
      const isFault = reason.isFact && matters(segment, breakdown);
      const { span, kind } = segment;
      const attributes = span === null ? [] : reason.attributes.filter((name) => spellingOf(span, name) !== null);
      return match({
        variant: variantOf(kind),
        confidence: reason.isFact ? 'likely' : 'possible',
        severity: isFault ? 'degraded' : 'notice',
        headline: shareOf(segment, breakdown, context),
        explanation: isFault
          ? reason.text
          : `${reason.text} ${reason.isFact ? MATTERS_LITTLE : whyUndecided(facts, baseline)}`,
        culprit: span,
        evidence: [
          ...contributors(breakdown, segment),
          ...(span === null ? [] : attributes.map((name) => attribute(span, name))),
        ],
        fixes: fixesFor(kind, fix, facts),
      });
    }
    if (!isAsked) return clear;
    if (baseline?.whole?.slower === false && value === 'completed' && baseline.isWorkKnown)
      return notSlower(baseline, context);
    return match({
      variant: variantOf(largest.kind),
      confidence: 'possible',
      severity: 'notice',
      headline: shareOf(largest, breakdown, context),
      explanation: `No other part took longer. ${whyUndecided(facts, baseline)}`,
      culprit: largest.span,
      evidence: contributors(breakdown, largest),
      fixes: fixesFor(largest.kind, fix, facts),
    });
  },
});

/** The share of the whole time from which a segment dominates. */
const DOMINANT_SHARE = 0.5;

/** A dominant segment that is known to be slow. Retries come first, because they explain the phase around them. */
function knownSlowSegment(
  facts: Facts,
  { segments, total }: TimeBreakdown,
  baseline: BaselineComparison | null,
  isAsked: boolean,
) {
  const isRetry = ({ kind }: TimeSegment) => kind === 'retries';
  for (const segment of [...segments.filter(isRetry), ...segments.filter((other) => !isRetry(other))]) {
    // Selecting a worker should take milliseconds, however long the rest takes. But it doesn't answer why that is long.
    const least = segment.kind !== 'worker-selection' ? DOMINANT_SHARE : isAsked ? NOTICEABLE_SHARE : 0;
    const counts = segment.length >= least * total;
    const reason: SlowReason | null = counts && !isAsUsual(segment, baseline) ? slowReasonOf(segment, facts) : null;
    if (reason !== null) return { segment, reason };
  }
  return null;
}

const NOTICEABLE_SHARE = 0.1;
const NOTICEABLE_US = 1_000_000;

/** Whether a user notices it: a worker selection may be too long and still cost next to nothing. */
function matters({ length }: TimeSegment, { total }: TimeBreakdown): boolean {
  return length >= NOTICEABLE_US && length >= NOTICEABLE_SHARE * total;
}

/** What always takes that long is not slow. */
function isAsUsual({ kind }: TimeSegment, baseline: BaselineComparison | null): boolean {
  const part = baseline?.segments.find((other) => other.kind === kind);
  return part?.usual.slower === false || (baseline?.whole?.slower === false && baseline.isWorkKnown);
}

function shareOf({ label, length }: TimeSegment, { total }: TimeBreakdown, { noun }: RuleContext): string {
  const share = Math.min(100, Math.round((length / total) * 100));
  const shown = share === 0 ? 'less than 1%' : percent(share);
  return `${capital(label)} took ${duration(length)} of this ${noun}’s ${duration(total)} (${shown}).`;
}

function contributors(
  { segments, total }: TimeBreakdown,
  { label, length, span, spans }: TimeSegment,
): readonly [EvidenceDraft, EvidenceDraft] {
  const longest = segments.slice(0, 4).map((segment) => `${segment.label} ${duration(segment.length)}`);
  const ofAll = `${label}: ${duration(length)} of ${duration(total)}`;
  const isAlone = span !== null && spans === 1;
  return [isAlone ? took(span) : count(spans > 1 ? `${ofAll}, in ${spans} spans` : ofAll), count(longest.join(', '))];
}
