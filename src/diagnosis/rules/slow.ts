import { spellingOf } from '../attributes.ts';
import { attribute, count, took } from '../evidence.ts';
import { type Piece, piecesOf } from '../facts/pieces.ts';
import type { Evidence, Fix, NonEmpty } from '../finding.ts';
import { advice, type FixTable } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { duration, operationNoun } from '../words.ts';

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
  },

  check(facts, { fix, symptom }) {
    const { value } = facts.status;
    if (value !== 'completed' && !(symptom === 'slow' && value === 'running')) return clear;
    const { pieces, total } = piecesOf(facts);
    const top = pieces[0];
    if (top === undefined || total <= 0) return clear;
    const share = top.length / total;
    const why = share >= DOMINANT ? reasonFor(top) : null;
    const asked = symptom === 'slow';
    if (why === null && !asked) return clear;

    const noun = operationNoun(facts.type);
    const evidence: [Evidence, ...Evidence[]] = [
      top.span === null ? count(`${top.label}: ${duration(top.length)} of ${duration(total)}`) : took(top.span),
    ];
    evidence.push(
      count(
        pieces
          .slice(0, 4)
          .map((piece) => `${piece.label} ${duration(piece.length)}`)
          .join(', '),
      ),
    );
    for (const name of why?.attributes ?? [])
      if (top.span !== null && spellingOf(top.span, name) !== null) evidence.push(attribute(top.span, name));
    return match({
      variant: top.kind,
      confidence: why === null ? 'possible' : 'likely',
      severity: why === null ? 'notice' : 'degraded',
      headline: `${top.label.charAt(0).toUpperCase()}${top.label.slice(1)} took ${duration(top.length)} of the ${duration(total)} of this ${noun} (${Math.round(share * 100)} %).`,
      explanation:
        why?.text ??
        'It is the largest contributor; whether that is longer than usual cannot be said without comparable earlier runs.',
      culprit: top.span,
      evidence,
      fixes: fixesOf(top.kind, fix),
    });
  },
});

const DOMINANT = 0.5;
/** Below these nobody calls a phase slow, however large its share. */
const LONG = { loop: 300_000_000, data: 30_000_000, features: 60_000_000, selection: 100_000 } as const;

/** A fact of the domain that makes a dominant phase a fault by itself. */
function reasonFor(
  piece: Piece,
): {
  readonly text: string;
  readonly attributes: readonly (
    | 'device'
    | 'modelParameters'
    | 'epochsTotal'
    | 'ibLatencyMs'
    | 'barsRequested'
    | 'barsReceived'
    | 'dataSource'
    | 'indicatorCount'
  )[];
} | null {
  const { kind, facts, length } = piece;
  if (kind === 'training-loop' && facts.device?.startsWith('cpu') === true && length >= LONG.loop) {
    return {
      text: 'It trained on the CPU. A GPU worker or the training host service does the same in a fraction of the time.',
      attributes: ['device', 'modelParameters', 'epochsTotal'],
    };
  }
  if (
    (kind === 'ib' || kind === 'data-loading') &&
    length >= LONG.data &&
    ((facts.ibLatencyMs ?? 0) >= 1000 || kind === 'ib')
  ) {
    return {
      text: 'The data came from IB, and IB or its Gateway answered slowly. Data that is in the cache is read in under a second.',
      attributes: ['ibLatencyMs', 'barsRequested', 'barsReceived', 'dataSource'],
    };
  }
  if (kind === 'indicators' && length >= LONG.features) {
    return {
      text: 'Computing indicators took longer than the work that uses them. Their number and the length of the data decide that.',
      attributes: ['indicatorCount'],
    };
  }
  if (kind === 'worker-selection' && length >= LONG.selection)
    return {
      text: 'Choosing a worker should take less than 10 ms; a long list of workers slows it down.',
      attributes: [],
    };
  return null;
}

function fixesOf(kind: Piece['kind'], fix: FixTable): NonEmpty<Fix> {
  switch (kind) {
    case 'training-loop':
      return [
        fix.listWorkers(),
        advice('Train on a worker with a GPU, with fewer epochs, or with a smaller model.'),
        fix.startTrainingHost(),
      ];
    case 'ib':
    case 'data-loading':
      return [
        advice('Load the data once beforehand, so that it comes from the cache; or ask for a shorter range.'),
        fix.gatewayPort(),
        advice('If IB stays slow, restart the IB Gateway.'),
      ];
    case 'indicators':
      return [advice('Use fewer indicators or a shorter range; cache their results between runs.')];
    case 'backtest-loop':
      return [advice('The simulation grows with the number of bars: a shorter range or a larger timeframe is faster.')];
    case 'worker-selection':
      return [fix.listWorkers(), advice('Remove workers that are not needed.')];
    default:
      return [fix.activeOperations(), advice('Look at what else ran on that machine at the time.')];
  }
}
