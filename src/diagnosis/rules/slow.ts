import { readText } from '../attributes.ts';
import { attribute, count, took } from '../evidence.ts';
import type { Facts } from '../facts/index.ts';
import { type Piece, piecesOf } from '../facts/pieces.ts';
import { comparisonOf, ENOUGH } from '../facts/usual.ts';
import type { Evidence } from '../finding.ts';
import type { FixTable } from '../fixes/table.ts';
import { clear, defineRule, match, type RuleResult } from '../rule.ts';
import { capital, duration, operationNoun, plural } from '../words.ts';
import { comparedText, REASONS, type Reason, slowFixes } from './texts/slow.ts';

/** Where the time went. Without earlier runs to compare with it is a fault only when a fact of the domain says so. */
export const rule = defineRule({
  id: 'slow',
  title: 'It took long',
  symptom: 'The operation takes longer than people expect.',
  proof:
    'The share of each phase in the time that was waited for; a phase of training or simulation without a span is the time between what surrounds it.',
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
    service: 'Most of the time went into another service.',
    starved: 'Every phase took several times longer than usual: the process had too little CPU, or was paused.',
    'not-slower': 'Earlier operations of the same size took as long.',
  },

  check(facts, { fix, symptom }) {
    const { value } = facts.status;
    const isAsked = symptom === 'slow';
    if (value !== 'completed' && !(isAsked && value === 'running')) return clear;
    const { pieces, total } = piecesOf(facts);
    const longest = pieces[0];
    if (longest === undefined || total <= 0) return clear;

    const blamed = pieces.find((piece) => reasonFor(piece, total) !== null) ?? null;
    const compared = blamed === null ? againstUsual(facts, isAsked, fix) : null;
    if (compared !== null) return compared;
    if (blamed === null && !isAsked) return clear;
    const piece = blamed ?? longest;
    const reason = reasonFor(piece, total);
    const { span, length, kind, label } = piece;
    return match({
      variant: kind,
      confidence: reason === null ? 'possible' : 'likely',
      severity: reason === null ? 'notice' : 'degraded',
      headline: `${capital(label)} took ${duration(length)} of the ${duration(total)} of this ${operationNoun(facts.type)} (${Math.round((length / total) * 100)} %).`,
      explanation:
        reason?.text ??
        'It is the largest contributor; whether that is longer than usual cannot be said without comparable earlier runs.',
      culprit: span,
      evidence: [
        span === null ? count(`${label}: ${duration(length)} of ${duration(total)}`) : took(span),
        count(
          pieces
            .slice(0, 4)
            .map((one) => `${one.label} ${duration(one.length)}`)
            .join(', '),
        ),
        ...witnesses(piece, reason),
      ],
      fixes: slowFixes(kind, fix),
    });
  },
});

/** Earlier operations of the same size say what is usual; a fact of the domain says more. */
function againstUsual(facts: Facts, isAsked: boolean, fix: FixTable): RuleResult | null {
  const comparison = comparisonOf(facts);
  if (comparison === null) return null;
  const { comparedWith, typical, actual, factors, isStretched, isAsLong } = comparison;
  const isUsual = isAsked && comparedWith >= ENOUGH && isAsLong;
  if (!isStretched && !isUsual) return null;
  const variant = isStretched ? 'starved' : 'not-slower';
  return match({
    variant,
    confidence: comparedWith >= ENOUGH ? 'likely' : 'possible',
    severity: isStretched && comparedWith >= ENOUGH ? 'degraded' : 'notice',
    ...comparedText(variant, comparison, operationNoun(facts.type), fix),
    culprit: null,
    evidence: [
      count(
        `${duration(actual)} against ${duration(typical)} (median of ${plural(comparedWith, 'earlier operation')} of the same size)`,
      ),
      count(`its phases took ${factors.map((factor) => `${factor.toFixed(1)}×`).join(', ')} as long as usual`),
    ],
  });
}

const DOMINANT = 0.5;
/** Microseconds below which nobody calls a phase slow, however large its share. */
const LONG = { loop: 300_000_000, data: 30_000_000, features: 60_000_000, selection: 100_000 } as const;
/** Milliseconds of one answer of IB. */
const SLOW_ANSWER = 1000;

/** A fact of the domain that makes a phase a fault by itself. */
function reasonFor({ kind, facts, length }: Piece, total: number): Reason | null {
  // A selection takes milliseconds, whatever follows it.
  if (kind === 'worker-selection') return length >= LONG.selection ? REASONS.selection : null;
  if (length / total < DOMINANT) return null;
  if (kind === 'training-loop')
    return facts.device?.startsWith('cpu') === true && length >= LONG.loop ? REASONS.onCpu : null;
  if (kind === 'ib') return length >= LONG.data && (facts.ibLatencyMs ?? 0) >= SLOW_ANSWER ? REASONS.fromIb : null;
  return kind === 'indicators' && length >= LONG.features ? REASONS.indicators : null;
}

function witnesses({ span }: Piece, reason: Reason | null): readonly Evidence[] {
  if (span === null || reason === null) return [];
  return reason.witnesses.filter((name) => readText(span, name) !== null).map((name) => attribute(span, name));
}
