import { percent } from '../../../language/numbers.ts';
import { attribute, count, type EvidenceDraft, took } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, match, notEnoughData, type RuleContext, type RuleResult } from '../../rule.ts';
import { isNoticeable, isSlower } from '../../timing/baseline.ts';
import { type TimeBreakdown, type TimeSegment, timeBreakdownOf } from '../../timing/time-breakdown.ts';
import { spellingOf } from '../../vocabulary/attributes.ts';
import { capital, duration, operationNoun } from '../../words.ts';
import { notSlower, slower, whyUndecided } from './baseline-texts.ts';
import { fixesFor, type Reason, reasonFor, variantOf } from './texts.ts';

/** Where the time went. It is a fault only when earlier runs took less, or a fact of the domain says so. */
export const rule = defineRule({
  id: 'slow',
  title: 'It took long',
  symptom: 'The operation takes longer than people expect.',
  proof:
    'Earlier operations of its kind took less for the same amount of work, or one part that dominates is known to be slow. A phase of training or simulation without a span is the time between what surrounds it.',
  scenario: 'slow',
  severity: 'degraded',
  variants: {
    'data-loading': 'Most of the time went into loading data.',
    ib: 'Most of the time went into fetching data from IB.',
    'training-loop': 'Most of the time went into the training loop.',
    'backtest-loop': 'Most of the time went into the simulation.',
    indicators: 'Most of the time went into computing indicators or features.',
    'worker-selection': 'Choosing a worker took unusually long.',
    queueing: 'Most of the time passed before a worker began.',
    retries: 'Most of the time went into trying the same request again.',
    starved: 'Every phase took longer by about the same factor: the process had too little CPU or was paused.',
    service: 'Most of the time went into another service.',
    'not-slower': 'It took as long as comparable earlier operations: an answer, not a fault.',
  },

  check(facts, context) {
    const { value } = facts.status;
    const asked = context.symptom === 'slow';
    if (value !== 'completed' && !(asked && (value === 'running' || value === 'unknown'))) return clear;
    const split = timeBreakdownOf(facts);
    const [top] = split.segments;
    if (top === undefined) return asked ? notEnoughData('spans that show where the time went') : clear;

    const { baseline: usual } = context;
    if (usual !== null && isSlower(usual) && (asked || isNoticeable(usual)))
      return slower(facts, split, usual, context);
    const known = knownReason(split);
    if (known !== null) return reasoned(facts, split, known, context);
    if (!asked) return clear;
    if (usual?.whole?.slower === false && value === 'completed' && usual.isWorkKnown)
      return notSlower(facts, usual, context);
    return largest(facts, split, top, context);
  },
});

/** A share from which a part dominates. */
const DOMINANT = 0.5;

function reasoned(facts: Facts, split: TimeBreakdown, { segment, reason }: Known, { fix }: RuleContext): RuleResult {
  const { span, kind } = segment;
  const sources = span === null ? [] : reason.attributes.filter((name) => spellingOf(span, name) !== null);
  return match({
    variant: variantOf(kind),
    confidence: 'likely',
    headline: shareOf(facts, split, segment),
    explanation: reason.text,
    culprit: span,
    evidence: [...contributors(split, segment), ...(span === null ? [] : sources.map((name) => attribute(span, name)))],
    fixes: fixesFor(kind, fix),
  });
}

function largest(
  facts: Facts,
  split: TimeBreakdown,
  top: TimeSegment,
  { baseline: usual, fix }: RuleContext,
): RuleResult {
  return match({
    variant: variantOf(top.kind),
    confidence: 'possible',
    severity: 'notice',
    headline: shareOf(facts, split, top),
    explanation: `It is the largest contributor. ${whyUndecided(facts, usual)}`,
    culprit: top.span,
    evidence: contributors(split, top),
    fixes: fixesFor(top.kind, fix),
  });
}

interface Known {
  readonly segment: TimeSegment;
  readonly reason: Reason;
}

/** A dominant segment that is known to be slow; what was tried again explains the phase in which it happened. */
function knownReason({ segments, total }: TimeBreakdown): Known | null {
  const isRetry = ({ kind }: TimeSegment) => kind === 'retries';
  for (const segment of [...segments.filter(isRetry), ...segments.filter((one) => !isRetry(one))]) {
    // Choosing a worker takes milliseconds, whatever follows it.
    const counts = segment.length >= DOMINANT * total || segment.kind === 'worker-selection';
    const reason = counts ? reasonFor(segment) : null;
    if (reason !== null) return { segment, reason };
  }
  return null;
}

function shareOf({ type }: Facts, { total }: TimeBreakdown, { label, length }: TimeSegment): string {
  const share = Math.min(100, Math.round((length / total) * 100));
  return `${capital(label)} took ${duration(length)} of the ${duration(total)} of this ${operationNoun(type)} (${percent(share)}).`;
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
