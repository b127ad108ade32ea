/** What to report when earlier runs show how long this operation usually takes. */
import { shortNumber } from '../../../language/numbers.ts';
import { plural } from '../../../language/plurals.ts';
import { count, type EvidenceDraft } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import type { Confidence } from '../../finding.ts';
import { match, type RuleContext, type RuleResult } from '../../rule.ts';
import {
  type BaselineComparison,
  type ComparedTime,
  dependsOnStrategy,
  isNoticeable,
  isStretched,
} from '../../timing/baseline.ts';
import { CONFIDENT_SAMPLES } from '../../timing/comparison.ts';
import type { TimeBreakdown } from '../../timing/time-breakdown.ts';
import { duration } from '../../words.ts';
import { fixesFor, variantOf } from './texts.ts';

/** The share of the excess from which one part is its cause. */
const DOMINANT_SHARE = 0.5;
/** In the evaluation, such a share of the excess over many runs named the cause nine times in ten. */
const CONFIDENT_SHARE = 0.7;
const FAR_SLOWER = 3;

export function slower(
  facts: Facts,
  { segments }: TimeBreakdown,
  baseline: BaselineComparison,
  { fix, noun }: RuleContext,
): RuleResult {
  const took = facts.status.value === 'completed' ? 'took' : 'has run for';
  const headline = `This ${noun} ${took} ${duration(baseline.length)}, ${shortNumber(baseline.whole?.ratio ?? 1)}× the usual time`;
  const noticeable = isNoticeable(baseline) ? 'degraded' : 'notice';
  const evidence: readonly [EvidenceDraft, ...EvidenceDraft[]] = [
    count(rangeOf(baseline)),
    ...baseline.segments
      .filter((part) => part.usual.ratio > 1)
      .slice(0, 4)
      .map(asEvidence),
    ...baseline.appeared.slice(0, 2).map((name) => count(`${name}: not in any earlier run`)),
    ...baseline.vanished.slice(0, 2).map((name) => count(`${name}: in all earlier runs, but not in this one`)),
  ];
  if (isStretched(baseline))
    return match({
      variant: 'starved',
      confidence: 'likely',
      severity: noticeable,
      headline: `${headline}: every phase took longer by about the same factor.`,
      explanation:
        'Unrelated phases all slowed down by about the same factor, so the process had too little CPU or was paused. Check what else ran on that machine and the container’s limits. The strategy and the data aren’t the cause.',
      evidence,
      fixes: fixesFor('starved', fix, facts),
    });

  const [most] = baseline.segments;
  const isInOnePart = most !== undefined && most.length > most.usual.median;
  const segment = segments.find(({ kind }) => !isInOnePart || kind === most.kind) ?? null;
  const kind = segment?.kind ?? 'service';
  const excess = isInOnePart
    ? `; most of the excess is ${most.name} (${duration(most.length)}, usually ${duration(most.usual.median)})`
    : '';
  const caveat = baseline.n < CONFIDENT_SAMPLES ? ' That’s too few for a reliable baseline.' : '';
  const isStrategys = !baseline.isSameStrategy && (!isInOnePart || dependsOnStrategy(most.kind));
  return match({
    variant: variantOf(kind),
    confidence: isInOnePart && !isStrategys ? confidenceIn(baseline, most) : 'possible',
    severity: isStrategys ? 'notice' : noticeable,
    headline: `${headline}${excess}.`,
    explanation: `Compared with ${earlierRuns(baseline)}, for the same amount of work.${caveat}${isStrategys ? ` ${UNKNOWN_STRATEGIES}` : ''}`,
    culprit: segment?.span ?? null,
    evidence,
    fixes: fixesFor(kind, fix, facts),
  });
}

export function notSlower(baseline: BaselineComparison, { noun }: RuleContext): RuleResult {
  return match({
    variant: 'not-slower',
    confidence: baseline.n < CONFIDENT_SAMPLES ? 'possible' : 'likely',
    severity: 'notice',
    headline: `This ${noun} took ${duration(baseline.length)}, as usual.`,
    explanation: `Compared with ${earlierRuns(baseline)}, for the same amount of work: ${spreadOf(baseline)}.${baseline.isFirst ? ` ${FRESH_PROCESS}` : ''}`,
    evidence: [count(rangeOf(baseline)), ...baseline.segments.slice(0, 3).map(asEvidence)],
    fixes: ['No fix needed.'],
  });
}

export function whyUndecided(facts: Facts, baseline: BaselineComparison | null): string {
  const cannot = 'it’s unknown whether this is slower than usual';
  if (baseline === null) return `No comparable earlier run was found, so ${cannot}.`;
  if (baseline.isFirst) return `${FRESH_PROCESS} So ${cannot}.`;
  if (baseline.whole === null) return `Only ${earlierRuns(baseline)} can be compared, so ${cannot}.`;
  if (!baseline.isWorkKnown) return `The epoch count is unknown, so ${cannot}.`;
  return facts.status.value === 'completed'
    ? `So ${cannot}.`
    : `${earlierRuns(baseline)} usually took ${duration(baseline.whole.median)}.`;
}

function confidenceIn({ n, length, whole }: BaselineComparison, part: ComparedTime): Confidence {
  const excess = length - (whole?.median ?? length);
  const share = excess <= 0 ? 0 : (part.length - part.usual.median) / excess;
  const isClear =
    n >= CONFIDENT_SAMPLES ? share >= CONFIDENT_SHARE : share >= DOMINANT_SHARE && (whole?.ratio ?? 1) >= FAR_SLOWER;
  return isClear ? 'likely' : 'possible';
}

function asEvidence({ name, length, usual }: ComparedTime): EvidenceDraft {
  return count(`${name} ${duration(length)}, usually ${duration(usual.median)}`);
}

function earlierRuns({ n, kind }: BaselineComparison): string {
  return plural(n, `earlier run (${kind})`, `earlier ${kind}`);
}

function rangeOf(baseline: BaselineComparison): string {
  return `${duration(baseline.length)}, compared with ${earlierRuns(baseline)}: ${spreadOf(baseline)}`;
}

function spreadOf({ n, whole }: BaselineComparison): string {
  if (whole === null) return 'usual time unknown';
  return `usually ${duration(whole.median)}, ${n < CONFIDENT_SAMPLES ? 'at most' : '95% of them within'} ${duration(whole.high)}`;
}

const FRESH_PROCESS =
  'This was the first known run of its worker process, which loads its libraries first. Later runs take less time.';
const UNKNOWN_STRATEGIES = 'Their strategies are unknown, and one strategy may simply take longer than another.';
