import { spellingOf } from '../attributes.ts';
import { ESTABLISHED } from '../compare.ts';
import { attribute, count, took } from '../evidence.ts';
import type { Facts } from '../facts/index.ts';
import { type Piece, type Pieces, piecesOf } from '../facts/pieces.ts';
import type { Confidence, Evidence } from '../finding.ts';
import { clear, defineRule, match, notEnoughData, type RuleContext, type RuleResult } from '../rule.ts';
import { isNoticeable, isSlower, isStretched, type Part, type Usual } from '../usual.ts';
import { capital, duration, operationNoun, plural } from '../words.ts';
import { fixesFor, type Reason, reasonFor, STARVED } from './texts/slow.ts';

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
    const split = piecesOf(facts);
    const [top] = split.pieces;
    if (top === undefined) return asked ? notEnoughData('spans that show where the time went') : clear;

    const { usual } = context;
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

function slower(facts: Facts, { pieces }: Pieces, usual: Usual, { fix }: RuleContext): RuleResult {
  const ratio = usual.whole?.ratio ?? 1;
  const times = ratio < 10 ? ratio.toFixed(1) : Math.round(ratio);
  const headline = `This ${operationNoun(facts.type)} took ${duration(usual.length)}, ${times} times as long as usual`;
  const severity = isNoticeable(usual) ? 'degraded' : 'notice';
  const evidence: readonly [Evidence, ...Evidence[]] = [
    count(range(usual)),
    ...usual.pieces
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

  const [most] = usual.pieces;
  const isPart = most !== undefined && most.length > most.usual.median;
  const part = pieces.find(({ kind }) => !isPart || kind === most.kind) ?? null;
  const kind = part?.kind ?? 'service';
  const inPart = isPart
    ? `; most of the excess is ${most.name} (${duration(most.length)}, usually ${duration(most.usual.median)})`
    : '';
  return match({
    variant: variantOf(kind),
    confidence: isPart ? confidenceIn(usual, most) : 'possible',
    severity,
    headline: `${headline}${inPart}.`,
    explanation: `It was compared with ${earlier(usual)}, for the same amount of work.${usual.n < ESTABLISHED ? ' So few indicate what is usual and do not establish it.' : ''}`,
    culprit: part?.span ?? null,
    evidence,
    fixes: fixesFor(kind, fix),
  });
}

function reasoned(facts: Facts, split: Pieces, { piece, reason }: Known, { fix }: RuleContext): RuleResult {
  const { span, kind } = piece;
  const witnesses = span === null ? [] : reason.attributes.filter((name) => spellingOf(span, name) !== null);
  return match({
    variant: variantOf(kind),
    confidence: 'likely',
    headline: share(facts, split, piece),
    explanation: reason.text,
    culprit: span,
    evidence: [...contributors(split, piece), ...(span === null ? [] : witnesses.map((name) => attribute(span, name)))],
    fixes: fixesFor(kind, fix),
  });
}

function notSlower(facts: Facts, usual: Usual, { fix }: RuleContext): RuleResult {
  return match({
    variant: 'not-slower',
    confidence: usual.n < ESTABLISHED ? 'possible' : 'likely',
    severity: 'notice',
    headline: `This ${operationNoun(facts.type)} took ${duration(usual.length)}, as usual.`,
    explanation: `It was compared with ${earlier(usual)}, for the same amount of work: ${spread(usual)}.${usual.isFirst ? FRESH : ''}`,
    evidence: [count(range(usual)), ...usual.pieces.slice(0, 3).map(asEvidence)],
    fixes: [fix.activeOperations()],
  });
}

function largest(facts: Facts, split: Pieces, top: Piece, { usual, fix }: RuleContext): RuleResult {
  return match({
    variant: variantOf(top.kind),
    confidence: 'possible',
    severity: 'notice',
    headline: share(facts, split, top),
    explanation: `It is the largest contributor. ${whyUndecided(facts, usual)}`,
    culprit: top.span,
    evidence: contributors(split, top),
    fixes: fixesFor(top.kind, fix),
  });
}

function whyUndecided(facts: Facts, usual: Usual | null): string {
  const cannot = 'whether that is longer than usual cannot be said';
  if (usual === null) return `No earlier one of its kind was found, so ${cannot}.`;
  if (usual.isFirst) return `${FRESH.trim()} So ${cannot}.`;
  if (usual.whole === null) return `Only ${earlier(usual)} could be compared, so ${cannot}.`;
  if (!usual.isWorkKnown) return `Nothing says how many epochs it trained, so ${cannot}.`;
  return facts.status.value === 'completed'
    ? `So far it is within what ${earlier(usual)} took.`
    : `Others of its kind usually take ${duration(usual.whole.median)}.`;
}

interface Known {
  readonly piece: Piece;
  readonly reason: Reason;
}

/** A dominant piece that is known to be slow; what was tried again explains the phase in which it happened. */
function knownReason({ pieces, total }: Pieces): Known | null {
  const isRetry = ({ kind }: Piece) => kind === 'retries';
  for (const piece of [...pieces.filter(isRetry), ...pieces.filter((one) => !isRetry(one))]) {
    // Choosing a worker takes milliseconds, whatever follows it.
    const counts = piece.length >= DOMINANT * total || piece.kind === 'worker-selection';
    const reason = counts ? reasonFor(piece) : null;
    if (reason !== null) return { piece, reason };
  }
  return null;
}

function share({ type }: Facts, { total }: Pieces, { label, length }: Piece): string {
  const percent = Math.min(100, Math.round((length / total) * 100));
  return `${capital(label)} took ${duration(length)} of the ${duration(total)} of this ${operationNoun(type)} (${percent} %).`;
}

function contributors({ pieces, total }: Pieces, { label, length, span }: Piece): readonly [Evidence, Evidence] {
  const longest = pieces.slice(0, 4).map((piece) => `${piece.label} ${duration(piece.length)}`);
  return [
    span === null ? count(`${label}: ${duration(length)} of ${duration(total)}`) : took(span),
    count(longest.join(', ')),
  ];
}

/** Measured: a part that makes up most of the excess over well-known times is the cause nine times in ten. */
function confidenceIn({ n, length, whole }: Usual, part: Part): Confidence {
  const excess = length - (whole?.median ?? length);
  const inPart = excess <= 0 ? 0 : (part.length - part.usual.median) / excess;
  return n >= ESTABLISHED
    ? inPart >= 0.7
      ? 'likely'
      : 'possible'
    : inPart >= DOMINANT && (whole?.ratio ?? 1) >= 3
      ? 'likely'
      : 'possible';
}

function asEvidence({ name, length, usual }: Part): Evidence {
  return count(`${name} ${duration(length)}, usually ${duration(usual.median)}`);
}

function earlier({ n, kind }: Usual): string {
  return plural(n, `earlier run (of ${kind})`, `earlier ${kind}`);
}

function range(usual: Usual): string {
  return `${duration(usual.length)} against ${spread(usual)} in ${earlier(usual)}`;
}

function spread({ n, whole }: Usual): string {
  if (whole === null) return 'an unknown time';
  return `usually ${duration(whole.median)}, ${n < ESTABLISHED ? 'at most' : '95 % of them within'} ${duration(whole.high)}`;
}

/** What a fresh process needs, and what no span shows, are shown and no causes of their own. */
function variantOf(kind: Piece['kind']): string {
  return kind === 'warm-up' ? 'queueing' : kind === 'unseen' ? 'service' : kind;
}

const FRESH =
  ' It was the first run known of its worker process, which has to load its libraries first; later ones take less.';
