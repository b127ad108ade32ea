import { describe } from 'vitest';
import type { Trace } from '../../../src/diagnosis/trace.ts';
import { call, caseOf, type Draft, record, server, span, trace } from '../../support/build.ts';
import { judge } from '../../support/judge.ts';
import {
  API,
  BACKTEST,
  BACKTESTER,
  backtestTrace,
  documentedRegister,
  documentedSelection,
  documentedTrace,
  documentedWork,
  features,
  loading,
  TRAINING,
  transition,
} from '../../support/ktrdr-spans.ts';

const id = { 'operation.id': TRAINING };

/** A completed backtest with the lengths of its phases in milliseconds. */
function sized(load: number, compute: number, simulate: number, before = 0, rows = 18_745): Trace {
  const at = 100 + before;
  return backtestTrace(
    loading('backtest', at, rows, { took: load }),
    features(at + load, rows, { took: compute }),
    transition(BACKTEST, at + load + compute + simulate, 'running', 'completed'),
  );
}

const sixUsual = [1, 2, 3, 4, 5, 6].map((i) => sized(100 + i, 440 + i, 3700 + i));

describe('slow', () => {
  const documented = (asked: 'slow' | null, ...work: readonly Draft[]) =>
    caseOf({
      id: TRAINING,
      symptom: asked,
      now: 3_000_000,
      traces: [
        documentedTrace(
          TRAINING,
          'TRAINING',
          200,
          ...documentedWork(TRAINING, 'TRAINING', { took: 1_000_000 }, ...work),
        ),
      ],
    });
  const loop = (at: number, took: number, device: string) =>
    span('training.training_loop', {
      at,
      took,
      attributes: {
        ...id,
        'training.device': device,
        'progress.percentage': 100,
        'training.epochs.total': 100,
        'model.parameters': 9_000_000,
      },
    });
  judge([
    {
      about: 'documented: the loop on the CPU',
      case: documented(null, loop(100, 999_000, 'cpu')),
      answer: 'slow/training-loop',
      shows: ['training.device = cpu'],
    },
    {
      about: 'documented: the same on a GPU is just long',
      case: documented(null, loop(100, 999_000, 'cuda:0')),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'documented: IB answered slowly',
      case: documented(
        null,
        span('data.fetch', {
          at: 30,
          took: 800_000,
          attributes: {
            ...id,
            'ib.latency_ms': 4200,
            'data.source': 'ib_host_service',
            'data.bars_requested': 5000,
            'data.bars_received': 4980,
          },
        }),
        loop(800_100, 100_000, 'cuda:0'),
      ),
      answer: 'slow/ib',
      shows: ['ib.latency_ms'],
    },
    {
      about: 'documented: indicators',
      case: documented(
        null,
        span('training.indicators', { at: 30, took: 800_000, attributes: { ...id, 'indicators.count': 80 } }),
        loop(800_100, 100_000, 'cuda:0'),
      ),
      answer: 'slow/indicators',
      shows: ['indicators.count = 80'],
    },
    {
      about: 'documented: choosing a worker took seconds',
      case: caseOf({
        id: BACKTEST,
        now: 600_000,
        traces: [
          trace(
            server(
              'POST /api/v1/backtests/start',
              API,
              200,
              { at: 4, took: 6000 },
              documentedRegister(BACKTEST, 'BACKTESTING'),
              documentedSelection(BACKTEST, 'SUCCESS', { total: 900, capable: 400, available: 300 }, 5200),
              span(
                'operation.dispatch',
                { at: 5300, took: 40, attributes: { 'operation.id': BACKTEST, 'dispatch.status': 'success' } },
                call(
                  'POST',
                  'http://backtest-worker-1:5003/backtests/start',
                  200,
                  { at: 5302, took: 30 },
                  span('worker.backtest', {
                    service: BACKTESTER,
                    at: 5310,
                    took: 3000,
                    attributes: { 'operation.id': BACKTEST },
                  }),
                ),
              ),
            ),
          ),
        ],
      }),
      answer: 'slow/worker-selection',
      shows: ['900'],
    },
    {
      about: 'asked whether it was slow: what dominates',
      case: caseOf({
        id: BACKTEST,
        symptom: 'slow',
        now: 600_000,
        traces: [
          backtestTrace(
            loading('backtest', 400, 224_929),
            features(500, 224_929),
            transition(BACKTEST, 60_000, 'running', 'completed'),
          ),
        ],
        operation: record(BACKTEST, 'completed', { ended: 60_000 }),
      }),
      answer: 'slow/backtest-loop',
      noAlarm: true,
      confidence: 'possible',
    },
    {
      about: 'nobody asked',
      case: caseOf({
        id: BACKTEST,
        now: 600_000,
        traces: [
          backtestTrace(
            loading('backtest', 400, 224_929),
            features(500, 224_929),
            transition(BACKTEST, 60_000, 'running', 'completed'),
          ),
        ],
        operation: record(BACKTEST, 'completed', { ended: 60_000 }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'every phase ten times longer than the one earlier run of that size',
      case: caseOf({
        id: BACKTEST,
        now: 90_000,
        traces: [sized(1000, 7000, 55_000)],
        baseline: [sized(100, 440, 3700)],
      }),
      answer: 'slow/starved',
      confidence: 'possible',
      noAlarm: true,
    },
    {
      about: 'every phase ten times longer than six earlier runs',
      case: caseOf({ id: BACKTEST, now: 90_000, traces: [sized(1000, 7000, 55_000)], baseline: sixUsual }),
      answer: 'slow/starved',
      confidence: 'likely',
      shows: [/earlier operations/],
    },
    {
      about: 'asked, and as fast as six earlier runs',
      case: caseOf({ id: BACKTEST, symptom: 'slow', now: 90_000, traces: [sized(100, 450, 4000)], baseline: sixUsual }),
      answer: 'slow/not-slower',
      noAlarm: true,
    },
    {
      about: 'a fresh process: only its start was slow',
      case: caseOf({ id: BACKTEST, now: 90_000, traces: [sized(100, 450, 4000, 40_000)], baseline: sixUsual }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'other sizes are no comparison',
      case: caseOf({ id: BACKTEST, now: 90_000, traces: [sized(1000, 7000, 55_000, 0, 224_929)], baseline: sixUsual }),
      answer: 'healthy',
      noAlarm: true,
    },
  ]);
});
