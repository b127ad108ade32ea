import type { Fix, NonEmpty } from '../../finding.ts';
import { advice, type FixTable } from '../../fixes/table.ts';
import type { SegmentKind, TimeSegment } from '../../timing/time-breakdown.ts';
import type { AttributeName } from '../../vocabulary/attributes.ts';
import { readNumber, readText } from '../../vocabulary/attributes.ts';

/** What makes a segment too long by itself, whatever earlier runs took. */
export interface Reason {
  readonly text: string;
  /** Shown as evidence where the span has them. */
  readonly attributes: readonly AttributeName[];
}

/** Microseconds; below these nobody calls it slow, however large its share. */
const LONG: Readonly<Partial<Record<SegmentKind, number>>> = {
  'training-loop': 300_000_000,
  'data-loading': 30_000_000,
  ib: 30_000_000,
  indicators: 60_000_000,
  'worker-selection': 100_000,
  queueing: 10_000_000,
  retries: 10_000_000,
};
const SLOW_ANSWER_MS = 1000;

export function reasonFor({ kind, span, length, tries }: TimeSegment): Reason | null {
  if (length < (LONG[kind] ?? Number.POSITIVE_INFINITY)) return null;
  const device = span === null ? null : readText(span, 'device');
  const latencyMs = span === null ? null : readNumber(span, 'ibLatencyMs');
  switch (kind) {
    case 'training-loop':
      return device?.startsWith('cpu') !== true
        ? null
        : {
            text: 'It trained on the CPU. A GPU worker or the training host service does the same in a fraction of the time.',
            attributes: ['device', 'modelParameters', 'epochsTotal'],
          };
    case 'ib':
    case 'data-loading':
      return kind === 'data-loading' && (latencyMs ?? 0) < SLOW_ANSWER_MS
        ? null
        : {
            text: 'The data came from IB, and IB or its Gateway answered slowly. Data that is in the cache is read in under a second.',
            attributes: ['ibLatencyMs', 'barsRequested', 'barsReceived', 'dataSource'],
          };
    case 'indicators':
      return {
        text: 'Computing indicators took longer than the work that uses them. Their number and the length of the data decide that.',
        attributes: ['indicatorCount'],
      };
    case 'worker-selection':
      return {
        text: 'Choosing a worker should take less than 10 ms; a long list of workers slows it down.',
        attributes: ['workersTotal'],
      };
    case 'queueing':
      return {
        text: 'A worker usually begins within a second. It was busy or frozen, or requests were refused until one was free.',
        attributes: [],
      };
    case 'retries':
      return {
        text: `The same request was sent ${tries} times, because earlier tries failed. What did not answer then is the cause of the wait.`,
        attributes: ['httpUrl', 'httpStatus'],
      };
    default:
      return null;
  }
}

export function fixesFor(kind: SegmentKind | 'starved', fix: FixTable): NonEmpty<Fix> {
  switch (kind) {
    case 'starved':
      return [
        fix.activeOperations(),
        advice(
          'Look at the load of that host and at the CPU limit of its container; stop or move what competes with it.',
        ),
      ];
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
    case 'queueing':
    case 'warm-up':
      return [
        fix.listWorkers(),
        advice('Start one more worker of that type, so that operations do not wait for each other.'),
      ];
    default:
      return [fix.activeOperations(), advice('Look at what else ran on that machine at the time.')];
  }
}

/** What a fresh process needs, and what no span shows, are shown and no causes of their own. */
export function variantOf(kind: TimeSegment['kind']): string {
  return kind === 'warm-up' ? 'queueing' : kind === 'untraced' ? 'service' : kind;
}
