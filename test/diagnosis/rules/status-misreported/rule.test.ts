import { describe } from 'vitest';
import { caseOf, record, server, trace, worker } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  BACKTEST,
  backtestTrace,
  features,
  loading,
  TRAINER,
  TRAINING,
  trainingTrace,
  transition,
} from '../../../support/ktrdr-spans.ts';
import { resumedBacktest } from '../../../support/scenes.ts';

const HOLDER = 'training-worker-08b9a625';

describe('status-misreported', () => {
  const row = record(BACKTEST, 'resuming', { workerId: 'backtesting-worker-4f0d11ce' });
  judge([
    {
      about: 'resumed and completed, the record says resuming',
      case: caseOf({
        id: BACKTEST,
        now: 90_000,
        traces: [resumedBacktest(transition(BACKTEST, 40_000, 'running', 'completed'))],
        operation: row,
      }),
      answer: 'status-misreported/after-resume',
      confidence: 'certain',
      headline: ['completed', 'resuming'],
      noAlarm: true,
    },
    {
      about: 'resumed and running, the record says resuming',
      case: caseOf({ id: BACKTEST, now: 60_000, traces: [resumedBacktest()], operation: row }),
      answer: 'status-misreported/after-resume',
      headline: ['running'],
      noAlarm: true,
    },
    {
      about: 'resumed a moment ago',
      case: caseOf({ id: BACKTEST, now: 36_000, traces: [resumedBacktest()], operation: row }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'resumed and failed, the record says resuming',
      case: caseOf({
        id: BACKTEST,
        now: 90_000,
        traces: [
          resumedBacktest(
            transition(BACKTEST, 40_000, 'running', 'failed', { error: 'Model directory not found: models/a/1h_v1' }),
          ),
        ],
        operation: row,
      }),
      answer: 'invalid-input/model-not-found',
    },
    {
      about: 'a record read just before the end',
      case: {
        ...caseOf({
          id: BACKTEST,
          now: 30_000,
          traces: [backtestTrace(loading('backtest', 100, 1560), transition(BACKTEST, 2500, 'running', 'completed'))],
        }),
        operation: {
          kind: 'record',
          record: record(BACKTEST, 'running', { percentage: 96 }),
          readAt: 1_778_578_202_400_000 as never,
        },
      },
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'after a restart of the backend',
      case: caseOf({
        id: TRAINING,
        now: 200_000,
        traces: [trainingTrace(loading('training', 80, 18_745))],
        neighbours: [trace(server('POST /backend-shutdown', TRAINER, 200, { at: 60_000, took: 2 }))],
        operation: record(TRAINING, 'running', { workerId: HOLDER }),
        workers: [worker(HOLDER, 'busy', { currentOperationId: TRAINING, checkedAt: 195_000 })],
      }),
      answer: 'status-misreported/after-backend-restart',
      headline: [HOLDER],
      noAlarm: true,
    },
    {
      about: 'right after that restart nobody is registered yet',
      case: caseOf({
        id: TRAINING,
        now: 64_000,
        traces: [trainingTrace(loading('training', 80, 18_745))],
        neighbours: [trace(server('POST /backend-shutdown', TRAINER, 200, { at: 60_000, took: 2 }))],
        operation: record(TRAINING, 'running', { workerId: HOLDER }),
        workers: [],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'a fresh worker in its first epoch',
      case: caseOf({
        id: TRAINING,
        now: 40_000,
        traces: [trainingTrace(loading('training', 80, 18_745))],
        operation: record(TRAINING, 'running', { workerId: HOLDER }),
        workers: [worker(HOLDER, 'busy', { currentOperationId: TRAINING, checkedAt: 35_000 })],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'cancelled, the record says running, and no sign of a restart',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        traces: [trainingTrace(loading('training', 80, 900), transition(TRAINING, 40_000, 'running', 'cancelled'))],
        operation: record(TRAINING, 'running', { percentage: 33, step: 'Epoch 9/27' }),
      }),
      answer: 'status-misreported/unexplained',
      confidence: 'certain',
      headline: [/was cancelled at/, 'still shows “running”'],
      advises: [/^(?!.*look for the result).*$/s],
      noAlarm: true,
    },
    {
      about: 'completed after the backend had announced its shutdown',
      case: caseOf({
        id: TRAINING,
        now: 200_000,
        traces: [trainingTrace(loading('training', 80, 900), transition(TRAINING, 90_000, 'running', 'completed'))],
        neighbours: [trace(server('POST /backend-shutdown', TRAINER, 200, { at: 60_000, took: 2 }))],
        operation: record(TRAINING, 'running'),
      }),
      answer: 'status-misreported/after-backend-restart',
      confidence: 'likely',
      shows: ['announced its shutdown'],
      noAlarm: true,
    },
    ...(
      [
        ['a worker that was asked and has no step yet', 200_000, '', 100, 'running'],
        ['a phase that ended a moment ago', 200_000, null, 190_000, 'running'],
        ['neither a step nor a recent phase', 200_000, null, 100, 'status-misreported/after-backend-restart'],
      ] as const
    ).map(([about, now, step, phaseAt, expected]) => ({
      about: `no progress for minutes, ${about}`,
      case: caseOf({
        id: BACKTEST,
        now,
        traces: [backtestTrace(loading('backtest', 50, 1560), features(phaseAt, 1560))],
        operation: record(BACKTEST, 'running', { step, workerId: 'backtesting-worker-4f0d11ce' }),
        workers: [worker('backtesting-worker-4f0d11ce', 'busy', { currentOperationId: BACKTEST, checkedAt: 195_000 })],
      }),
      answer: expected,
      noAlarm: true,
    })),
  ]);
});
