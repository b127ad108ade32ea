import { describe, expect, it } from 'vitest';
import { caseOf, record, worker } from '../../../support/build.ts';
import { answer, judge } from '../../../support/judge.ts';
import {
  BACKTEST,
  backtestTrace,
  features,
  loading,
  TRAINING,
  trainingTrace,
  transition,
} from '../../../support/ktrdr-spans.ts';
import { resume } from '../../../support/scenes.ts';

describe('still-running', () => {
  const epochs = (n: number) => Array.from({ length: n }, (_, i) => 2000 + i * 800);
  const row = (percentage: number, n: number) =>
    record(TRAINING, 'running', {
      percentage,
      step: `Epoch ${n + 1}/600`,
      steps: [n, 600],
      epochsAt: epochs(n),
      workerId: 'training-worker-aa',
    });
  const holder = worker('training-worker-aa', 'busy', { currentOperationId: TRAINING, checkedAt: 20_000 });
  judge([
    {
      about: 'a training in its epochs',
      case: caseOf({
        id: TRAINING,
        now: 24_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: row(4.5, 27),
        later: row(4.8, 28),
        workers: [holder],
      }),
      answer: 'running',
      headline: ['epoch 28 of 600', '4.8%'],
      noAlarm: true,
    },
    {
      about: 'a training in its first epoch, of which ktrdr counts none yet',
      case: caseOf({
        id: TRAINING,
        now: 24_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: record(TRAINING, 'running', { percentage: 2, step: 'Epoch 1/600', steps: [0, 0] }),
      }),
      answer: 'running',
      headline: ['is running: Epoch 1/600, 2%'],
      noAlarm: true,
    },
    {
      about: 'a training that was resumed after a day',
      case: caseOf({
        id: TRAINING,
        now: 86_430_000,
        traces: [
          trainingTrace(transition(TRAINING, 10_060, 'running', 'cancelled')),
          resume(
            TRAINING,
            200,
            86_400_060,
            transition(TRAINING, 86_400_060, 'cancelled', 'resuming'),
            transition(TRAINING, 86_400_070, 'resuming', 'running'),
          ),
        ],
        operation: record(TRAINING, 'running', { percentage: 12, step: 'Epoch 9/90', steps: [8, 90] }),
      }),
      answer: 'running',
      headline: ['for 40 s so far'],
      noAlarm: true,
    },
    {
      about: 'pending',
      case: caseOf({
        id: TRAINING,
        now: 2000,
        traces: [trainingTrace()],
        operation: record(TRAINING, 'pending', { started: null }),
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'only traces, two seconds in',
      case: caseOf({ id: BACKTEST, now: 2000, traces: [backtestTrace()] }),
      answer: 'progress-not-traced',
      noAlarm: true,
    },
    {
      about: 'a backtest at 60 %, its worker busy with it',
      case: caseOf({
        id: BACKTEST,
        now: 24_000,
        traces: [backtestTrace(loading('backtest', 400, 224_929), features(500, 224_929))],
        operation: record(BACKTEST, 'running', {
          percentage: 60,
          step: 'Backtesting EURUSD 5m [2022-06-09 00:30:00+00:00]',
        }),
        workers: [worker('backtesting-worker-4f0d11ce', 'busy', { currentOperationId: BACKTEST, checkedAt: 20_000 })],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'another operation failed in the same minutes',
      case: caseOf({
        id: BACKTEST,
        now: 24_000,
        traces: [backtestTrace(loading('backtest', 400, 900))],
        neighbours: [trainingTrace(transition(TRAINING, 900, 'running', 'failed', { error: 'CUDA out of memory' }))],
        operation: record(BACKTEST, 'running', { percentage: 60 }),
      }),
      answer: 'running',
      noAlarm: true,
    },
  ]);

  it.each([
    ['after the last epoch', 28, false],
    ['before it', 27, true],
  ])('tells how much time is left %s', (_, completed, tells) => {
    const trained = caseOf({
      id: TRAINING,
      now: 24_000,
      traces: [trainingTrace(loading('training', 80, 900))],
      operation: record(TRAINING, 'running', {
        percentage: 96,
        step: 'Evaluating model',
        steps: [completed, 28],
        epochsAt: epochs(completed),
      }),
      workers: [holder],
    });
    const { primary, others } = answer(trained);
    const { explanation = '' } = primary ?? others[0] ?? {};
    expect(explanation).toContain('One epoch takes about');
    expect(explanation.includes('remain')).toBe(tells);
  });
});
