import { describe } from 'vitest';
import { call, caseOf, record, withoutApi, worker } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  BACKTEST,
  backtestTrace,
  loading,
  selection,
  TRAINER,
  TRAINING,
  trainingTrace,
  transition,
} from '../../../support/ktrdr-spans.ts';
import { resume, resumedBacktest } from '../../../support/scenes.ts';

const HOLDER = 'training-worker-08b9a625';
const stopped = trainingTrace(
  loading('training', 80, 18_745),
  call('PATCH', `http://127.0.0.1:8000/api/v1/operations/${TRAINING}/status`, 200, {
    service: TRAINER,
    at: 16_000,
    took: 17,
  }),
);
const cancelled = record(TRAINING, 'cancelled', { ended: 16_050, workerId: HOLDER });
const noWorker = resume(
  TRAINING,
  503,
  30_000,
  transition(TRAINING, 30_010, 'cancelled', 'resuming'),
  selection({ type: 'training', total: 2, capable: 1, available: 0, at: 30_020 }),
);

describe('resume-failed', () => {
  judge([
    {
      about: 'the old thread still holds the worker',
      case: caseOf({
        id: TRAINING,
        now: 40_000,
        traces: [stopped, noWorker],
        operation: cancelled,
        workers: [worker(HOLDER, 'busy', { currentOperationId: TRAINING, checkedAt: 35_000 })],
      }),
      answer: 'resume-failed/no-worker',
      headline: [HOLDER, 'busy'],
      advises: ['docker restart ktrdr-training-worker-1-1', `ktrdr resume ${TRAINING}`],
    },
    {
      about: 'the same without the API',
      case: withoutApi(caseOf({ id: TRAINING, now: 40_000, traces: [stopped, noWorker] })),
      answer: 'resume-failed/no-worker',
    },
    {
      about: 'no checkpoint',
      case: caseOf({
        id: TRAINING,
        now: 40_000,
        traces: [stopped, resume(TRAINING, 404, 30_000)],
        operation: cancelled,
      }),
      answer: 'resume-failed/no-checkpoint',
      confidence: 'likely',
    },
    {
      about: 'the worker says no',
      case: caseOf({
        id: TRAINING,
        now: 40_000,
        traces: [
          stopped,
          resume(
            TRAINING,
            502,
            30_000,
            transition(TRAINING, 30_010, 'cancelled', 'resuming'),
            call('POST', 'http://training-worker-1:5005/training/resume', 500, { at: 30_020, took: 9 }),
          ),
        ],
        operation: cancelled,
      }),
      answer: 'resume-failed/rejected',
      headline: ['502'],
    },
    {
      about: 'a damaged checkpoint',
      case: caseOf({
        id: TRAINING,
        now: 40_000,
        traces: [
          stopped,
          resume(
            TRAINING,
            200,
            30_000,
            transition(TRAINING, 30_010, 'cancelled', 'resuming'),
            transition(TRAINING, 31_000, 'resuming', 'failed', { error: 'Checkpoint corrupted: missing model.pt' }),
          ),
        ],
        operation: record(TRAINING, 'failed', {
          ended: 31_000,
          errorMessage: 'Checkpoint corrupted: missing model.pt',
        }),
      }),
      answer: 'resume-failed/corrupted',
    },
    {
      about: 'a resume of what runs already harms nothing',
      case: caseOf({
        id: TRAINING,
        now: 40_000,
        traces: [trainingTrace(loading('training', 80, 900)), resume(TRAINING, 409, 30_000)],
        operation: record(TRAINING, 'running', { percentage: 12, step: 'Epoch 12/100' }),
        later: record(TRAINING, 'running', { percentage: 13, step: 'Epoch 13/100' }),
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'a resume of what has completed harms nothing',
      case: caseOf({
        id: TRAINING,
        now: 40_000,
        traces: [
          trainingTrace(loading('training', 80, 900), transition(TRAINING, 5000, 'running', 'completed')),
          resume(TRAINING, 409, 30_000),
        ],
        operation: record(TRAINING, 'completed', { ended: 5000 }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'refused once, then resumed and completed',
      case: caseOf({
        id: BACKTEST,
        now: 60_000,
        traces: [
          backtestTrace(transition(BACKTEST, 4000, 'running', 'cancelled')),
          resume(
            BACKTEST,
            503,
            10_000,
            transition(BACKTEST, 10_010, 'cancelled', 'resuming'),
            selection({ capable: 1, available: 0, at: 10_020 }),
          ),
          resumedBacktest(transition(BACKTEST, 40_000, 'running', 'completed')),
        ],
      }),
      answer: 'healthy',
      noAlarm: true,
    },
  ]);
});
