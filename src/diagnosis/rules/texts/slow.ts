import type { AttributeName } from '../../attributes.ts';
import type { Piece } from '../../facts/pieces.ts';
import type { Comparison } from '../../facts/usual.ts';
import type { Fix, NonEmpty } from '../../finding.ts';
import { advice, type FixTable } from '../../fixes/table.ts';
import { duration, plural } from '../../words.ts';
import type { Text } from './text.ts';

/** Why a phase that took long is a fault, and the attributes that show it. */
export interface Reason {
  readonly text: string;
  readonly witnesses: readonly AttributeName[];
}

export const REASONS = {
  onCpu: {
    text: 'It trained on the CPU. A GPU worker or the training host service does the same in a fraction of the time.',
    witnesses: ['device', 'modelParameters', 'epochsTotal'],
  },
  fromIb: {
    text: 'The data came from IB, and IB or its Gateway answered slowly. Data that is in the cache is read in under a second.',
    witnesses: ['ibLatencyMs', 'barsRequested', 'barsReceived', 'dataSource'],
  },
  indicators: {
    text: 'Computing indicators took longer than the work that uses them. Their number and the length of the data decide that.',
    witnesses: ['indicatorCount'],
  },
  selection: {
    text: 'Choosing a worker should take less than 10 ms; a long list of workers slows it down.',
    witnesses: ['workersTotal', 'workersCapable'],
  },
} as const satisfies Record<string, Reason>;

export function slowFixes(kind: Piece['kind'], fix: FixTable): NonEmpty<Fix> {
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
        fix.gatewayPort(),
        advice('Load the data once beforehand, so that it comes from the cache; or ask for a shorter range.'),
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

export function comparedText(
  variant: 'starved' | 'not-slower',
  { actual, typical, comparedWith }: Comparison,
  noun: string,
  fix: FixTable,
): Text {
  if (variant === 'not-slower') {
    return {
      headline: `This ${noun} took ${duration(actual)}, as usual: ${plural(comparedWith, 'earlier one')} of the same size took ${duration(typical)} in the middle.`,
      explanation:
        'Compared with earlier operations of the same type on as many bars. The first in a fresh worker process takes longer.',
      fixes: [advice('Nothing has to be mended.')],
    };
  }
  return {
    headline: `Every phase of this ${noun} was slowed down alike: ${duration(actual)} instead of ${duration(typical)}.`,
    explanation:
      'When all phases are stretched by about the same factor, not one of them is to blame but the process: it had too little CPU, was paused, or shared its machine with something heavy.',
    fixes: [
      fix.listWorkers(),
      fix.activeOperations(),
      advice(
        'Look at the load of that host at the time, at the CPU limit of the container, and at what else ran there.',
      ),
    ],
  };
}
