import type { Facts } from '../../facts/index.ts';
import { type FixTable, readAs } from '../../fixes/table.ts';
import type { RuleText } from '../../rule.ts';
import type { SegmentKind, TimeSegment } from '../../timing/time-breakdown.ts';
import type { Span } from '../../trace.ts';
import { type AttributeName, readNumber, readText } from '../../vocabulary/attributes.ts';

/** Why a segment is too long, unless earlier runs took as long. */
export interface SlowReason {
  readonly text: string;
  /** False if only its length suggests it: without a comparison, that isn't a fault. */
  readonly isFact: boolean;
  /** Evidence, if the span has them. */
  readonly attributes: readonly AttributeName[];
}

/** Microseconds below which a segment is not slow, however large its share. */
const SLOW_FROM: Readonly<Partial<Record<SegmentKind, number>>> = {
  'training-loop': 300_000_000,
  'data-loading': 30_000_000,
  ib: 30_000_000,
  indicators: 60_000_000,
  'worker-selection': 100_000,
  queueing: 10_000_000,
  retries: 10_000_000,
};

/** Registered workers, of all types, from which the runbook recommends reducing their number. */
const LONG_LIST = 100;

function isListLong(selections: Facts['selections']): boolean {
  return selections.some(({ total }) => total !== null && total > LONG_LIST);
}

export const MATTERS_LITTLE = 'It made little difference here.';

/** Fetching and storing data is all that a download does, for as long as its range needs. */
function isPurposeOf(type: Facts['type'], kind: SegmentKind | 'starved'): boolean {
  return type === 'data_load' && (kind === 'ib' || kind === 'data-loading');
}

export function slowReasonOf({ kind, span, length }: TimeSegment, { selections, type }: Facts): SlowReason | null {
  if (isPurposeOf(type, kind)) return null;
  if (length < (SLOW_FROM[kind] ?? Number.POSITIVE_INFINITY)) return null;
  if (kind === 'training-loop' && (span === null || readText(span, 'device')?.startsWith('cpu') !== true)) return null;
  switch (kind) {
    case 'training-loop':
      return {
        text: 'It trained on the CPU. A GPU worker or the training host service takes a fraction of the time.',
        isFact: true,
        attributes: ['device', 'modelParameters', 'epochsTotal'],
      };
    case 'ib':
      return {
        text: 'The data came from IB. Cached data is read in under a second.',
        isFact: true,
        attributes: ['ibLatencyMs', 'barsRequested', 'barsReceived', 'dataSource'],
      };
    case 'data-loading':
      return {
        text: 'Loading the data took longer than all other work combined.',
        isFact: false,
        attributes: ['rows', 'barsRequested', 'barsReceived', 'dataSource'],
      };
    case 'indicators':
      return {
        text: 'Computing indicators took longer than all other work combined. The time depends on the number of indicators and the length of the data.',
        isFact: false,
        attributes: ['indicatorCount'],
      };
    case 'worker-selection':
      return {
        text: `Worker selection should take less than 10 ms.${isListLong(selections) ? ' The long list of workers slows it down.' : ''}`,
        isFact: true,
        attributes: ['workersTotal'],
      };
    case 'queueing':
      return {
        text: 'A worker usually starts within a second. This one was busy or frozen, or requests were rejected until a worker was free.',
        isFact: true,
        attributes: [],
      };
    case 'retries':
      return {
        text: `${firstFailure(span)}, so the request was sent again. The service that it was sent to caused the delay.`,
        isFact: true,
        attributes: ['httpUrl', 'httpStatus'],
      };
    default:
      return null;
  }
}

function firstFailure(span: Span | null): string {
  const status = span === null ? null : readNumber(span, 'httpStatus');
  return status === null ? 'The first try got no response' : `The first try returned HTTP ${status}`;
}

export function fixesFor(kind: SegmentKind | 'starved', fix: FixTable, { selections, type }: Facts): RuleText['fixes'] {
  const lessToLoad = isPurposeOf(type, kind)
    ? 'Request a shorter range.'
    : 'Load the data into the cache first, or request a shorter range.';
  switch (kind) {
    case 'starved':
      return [
        readAs(
          fix.containerLoad(),
          'Anything that uses a lot of CPU there competes with the worker: stop it or move it.',
        ),
        fix.activeOperations(),
        'Check the CPU limit of the worker’s container.',
      ];
    case 'training-loop':
      return [
        readAs(fix.listWorkers(), '“gpu”: true marks a worker with a GPU.'),
        'Train on a worker with a GPU, with fewer epochs, or with a smaller model.',
        fix.startTrainingHost(),
      ];
    case 'data-loading':
      return [
        fix.containerLoad(),
        lessToLoad,
        'Check the disk of that machine, and what else was using it at the time.',
      ];
    case 'ib':
      return [lessToLoad, 'If IB responds slowly every time, restart the IB Gateway.'];
    case 'indicators':
      return ['Use fewer indicators or a shorter range, or cache the results between runs.'];
    case 'backtest-loop':
      return ['Simulation time grows with the number of bars: a shorter range or a larger timeframe is faster.'];
    case 'worker-selection':
      return isListLong(selections)
        ? [fix.listWorkers(), 'Remove workers that aren’t needed.']
        : ['Check what else was running on the backend’s machine at the time.'];
    case 'queueing':
    case 'warm-up':
      return [fix.listWorkers(), 'Start another worker of that type so that operations don’t wait for each other.'];
    default:
      return [fix.containerLoad(), fix.activeOperations(), 'Check what else was running on that machine at the time.'];
  }
}

/** The start of a process and untraced time have no separate variant. */
export function variantOf(kind: SegmentKind): string {
  return kind === 'warm-up' ? 'queueing' : kind === 'untraced' ? 'service' : kind;
}
