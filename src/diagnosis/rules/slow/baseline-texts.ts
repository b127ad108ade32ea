import { shortNumber } from '../../../language/numbers.ts';
import { plural } from '../../../language/plurals.ts';
import { count, type EvidenceDraft } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import type { Confidence } from '../../finding.ts';
import { match, type RuleContext, type RuleResult } from '../../rule.ts';
import { type BaselineComparison, type ComparedTime, isNoticeable, isStretched } from '../../timing/baseline.ts';
import { CONFIDENT_SAMPLES } from '../../timing/comparison.ts';
import type { TimeBreakdown } from '../../timing/time-breakdown.ts';
import { duration, operationNoun } from '../../words.ts';
import { fixesFor, variantOf } from './texts.ts';

/** A share of the excess from which a part is its cause. */
const DOMINANT = 0.5;
/** In the measurements such a share of an established excess named the cause nine times in ten. */
const TELLING = 0.7;
const FAR_SLOWER = 3;

const STARVED =
  'Phases that do different things all became slower by about the same factor: the process had too little CPU, or was paused. What else ran on that machine and the limits of its container explain that; the strategy and the data do not.';

export function slower(
  facts: Facts,
  { segments }: TimeBreakdown,
  usual: BaselineComparison,
  { fix }: RuleContext,
): RuleResult {
  const ratio = usual.whole?.ratio ?? 1;
  const took = facts.status.value === 'completed' ? 'took' : 'has run for';
  const headline = `This ${operationNoun(facts.type)} ${took} ${duration(usual.length)}, ${shortNumber(ratio)} times as long as usual`;
  const severity = isNoticeable(usual) ? 'degraded' : 'notice';
  const evidence: readonly [EvidenceDraft, ...EvidenceDraft[]] = [
    count(range(usual)),
    ...usual.segments
      .filter((part) => part.usual.ratio > 1)
      .slice(0, 4)
      .map(asEvidence),
    ...usual.appeared.slice(0, 2).map((name) => count(`${name}: in none of the earlier runs`)),
    ...usual.vanished.slice(0, 2).map((name) => count(`${name}: in all earlier runs, missing here`)),
  ];
  if (isStretched(usual))
    return match({
      variant: 'starved',
      confidence: 'likely',
      severity,
      headline: `${headline}: every phase was stretched by about the same factor.`,
      explanation: STARVED,
      culprit: facts.phases.at(-1)?.span ?? null,
      evidence,
      fixes: fixesFor('starved', fix),
    });

  const [most] = usual.segments;
  const isPart = most !== undefined && most.length > most.usual.median;
  const part = segments.find(({ kind }) => !isPart || kind === most.kind) ?? null;
  const kind = part?.kind ?? 'service';
  const inPart = isPart
    ? `; most of the excess is ${most.name} (${duration(most.length)}, usually ${duration(most.usual.median)})`
    : '';
  return match({
    variant: variantOf(kind),
    confidence: isPart ? confidenceIn(usual, most) : 'possible',
    severity,
    headline: `${headline}${inPart}.`,
    explanation: `It was compared with ${earlier(usual)}, for the same amount of work.${usual.n < CONFIDENT_SAMPLES ? ' So few indicate what is usual and do not establish it.' : ''}`,
    culprit: part?.span ?? null,
    evidence,
    fixes: fixesFor(kind, fix),
  });
}

export function notSlower(facts: Facts, usual: BaselineComparison, { fix }: RuleContext): RuleResult {
  return match({
    variant: 'not-slower',
    confidence: usual.n < CONFIDENT_SAMPLES ? 'possible' : 'likely',
    severity: 'notice',
    headline: `This ${operationNoun(facts.type)} took ${duration(usual.length)}, as usual.`,
    explanation: `It was compared with ${earlier(usual)}, for the same amount of work: ${spread(usual)}.${usual.isFirst ? FRESH : ''}`,
    evidence: [count(range(usual)), ...usual.segments.slice(0, 3).map(asEvidence)],
    fixes: [fix.activeOperations()],
  });
}

export function whyUndecided(facts: Facts, usual: BaselineComparison | null): string {
  const cannot = 'whether that is longer than usual cannot be said';
  if (usual === null) return `No earlier one of its kind was found, so ${cannot}.`;
  if (usual.isFirst) return `${FRESH.trim()} So ${cannot}.`;
  if (usual.whole === null) return `Only ${earlier(usual)} could be compared, so ${cannot}.`;
  if (!usual.isWorkKnown) return `Nothing says how many epochs it trained, so ${cannot}.`;
  return facts.status.value === 'completed'
    ? `So ${cannot}.`
    : `${earlier(usual)} usually took ${duration(usual.whole.median)}.`;
}

function confidenceIn({ n, length, whole }: BaselineComparison, part: ComparedTime): Confidence {
  const excess = length - (whole?.median ?? length);
  const inPart = excess <= 0 ? 0 : (part.length - part.usual.median) / excess;
  const isTelling =
    n >= CONFIDENT_SAMPLES ? inPart >= TELLING : inPart >= DOMINANT && (whole?.ratio ?? 1) >= FAR_SLOWER;
  return isTelling ? 'likely' : 'possible';
}

function asEvidence({ name, length, usual }: ComparedTime): EvidenceDraft {
  return count(`${name} ${duration(length)}, usually ${duration(usual.median)}`);
}

function earlier({ n, kind }: BaselineComparison): string {
  return plural(n, `earlier run (of ${kind})`, `earlier ${kind}`);
}

function range(usual: BaselineComparison): string {
  return `${duration(usual.length)} against ${spread(usual)} in ${earlier(usual)}`;
}

function spread({ n, whole }: BaselineComparison): string {
  if (whole === null) return 'an unknown time';
  return `usually ${duration(whole.median)}, ${n < CONFIDENT_SAMPLES ? 'at most' : '95 % of them within'} ${duration(whole.high)}`;
}

const FRESH =
  ' It was the first run known of its worker process, which has to load its libraries first; later ones take less.';
