import { describe } from 'vitest';
import { call, caseOf, type Draft, record, server, span, trace, withoutApi, worker } from '../../support/build.ts';
import { judge } from '../../support/judge.ts';
import {
  API,
  BACKTEST,
  BACKTESTER,
  backtestTrace,
  features,
  loading,
  selection,
  TRAINER,
  TRAINING,
  trainingTrace,
  transition,
} from '../../support/ktrdr-spans.ts';

const HOLDER = 'training-worker-08b9a625';
const resume = (id: string, http: number, at: number, ...inside: readonly Draft[]) =>
  trace(
    server(
      'POST /api/v1/operations/{operation_id}/resume',
      API,
      http,
      { at, took: 60, attributes: { 'http.target': `/api/v1/operations/${id}/resume` } },
      ...inside,
    ),
  );
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

const resumedBacktest = (...end: readonly Draft[]) =>
  resume(
    BACKTEST,
    200,
    30_000,
    transition(BACKTEST, 30_010, 'cancelled', 'resuming'),
    selection({ capable: 1, available: 1, total: 2, at: 30_020 }),
    call(
      'POST',
      'http://backtest-worker-1:5003/backtests/resume',
      200,
      { at: 30_030, took: 8 },
      server(
        'POST /backtests/resume',
        BACKTESTER,
        200,
        { at: 30_032, took: 5 },
        transition(BACKTEST, 30_060, 'resuming', 'running'),
        loading('backtest', 30_200, 224_929),
        loading('backtest', 30_900, 224_929),
        features(31_700, 224_929),
        ...end,
      ),
    ),
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
      advises: ['restart training-worker-1', `ktrdr resume ${TRAINING}`],
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
  ]);
});

describe('backend-restarted', () => {
  judge([
    {
      about: 'with a checkpoint',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: record(TRAINING, 'failed', {
          ended: 60_000,
          errorMessage: 'Backend restarted - checkpoint available for resume',
        }),
      }),
      answer: 'backend-restarted/resumable',
      advises: [`ktrdr resume ${TRAINING}`],
    },
    {
      about: 'without',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        operation: record(TRAINING, 'failed', {
          ended: 60_000,
          errorMessage: 'Backend restarted - no checkpoint available',
        }),
      }),
      answer: 'backend-restarted/lost',
    },
    {
      about: 'an agent',
      case: caseOf({
        id: 'op_agent_research_20260512_093000_0a1b2c3d',
        now: 90_000,
        operation: record('op_agent_research_20260512_093000_0a1b2c3d', 'failed', {
          ended: 60_000,
          errorMessage: 'Orphaned by backend restart',
        }),
      }),
      answer: 'backend-restarted/lost',
    },
  ]);
});

describe('cancelled', () => {
  const reason = 'changed my mind';
  const cancel = trace(
    server(
      'DELETE /api/v1/operations/{operation_id}',
      API,
      200,
      { at: 5000, took: 30 },
      call(
        'DELETE',
        `http://training-worker-1:5005/api/v1/operations/${TRAINING}/cancel?reason=changed+my+mind`,
        200,
        { at: 5001, took: 18 },
        server(
          'DELETE /api/v1/operations/{operation_id}/cancel',
          TRAINER,
          200,
          { at: 5003, took: 15 },
          transition(TRAINING, 5004, 'running', 'cancelled', { reason }),
        ),
      ),
      transition(TRAINING, 5021, 'running', 'cancelled', { reason }),
    ),
  );
  const started = trainingTrace(loading('training', 80, 18_745));
  judge([
    {
      about: 'by a person, with a reason',
      case: caseOf({
        id: TRAINING,
        now: 30_000,
        traces: [started, cancel],
        operation: record(TRAINING, 'cancelled', { ended: 5021, errorMessage: reason }),
        workers: [worker(HOLDER, 'busy', { currentOperationId: TRAINING, checkedAt: 4000 })],
      }),
      answer: 'cancelled/user',
      confidence: 'certain',
      headline: [reason],
      noAlarm: true,
    },
    {
      about: 'the same without the API',
      case: withoutApi(caseOf({ id: TRAINING, now: 30_000, traces: [started, cancel] })),
      answer: 'cancelled/user',
      noAlarm: true,
    },
    {
      about: 'by the record alone',
      case: caseOf({
        id: TRAINING,
        now: 30_000,
        operation: record(TRAINING, 'cancelled', { ended: 5021, errorMessage: 'Operation cancelled by user' }),
      }),
      answer: 'cancelled/user',
      noAlarm: true,
    },
    {
      about: 'together with the research that started it',
      case: caseOf({
        id: TRAINING,
        now: 30_000,
        traces: [started],
        operation: record(TRAINING, 'cancelled', {
          ended: 5021,
          errorMessage: 'Parent operation cancelled',
          parentOperationId: 'op_agent_research_20260512_093000_0a1b2c3d',
        }),
      }),
      answer: 'cancelled/parent',
      noAlarm: true,
    },
    {
      about: 'a cancel of what had completed is refused and changes nothing',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        traces: [
          trainingTrace(loading('training', 80, 900), transition(TRAINING, 2000, 'running', 'completed')),
          trace(server('DELETE /api/v1/operations/{operation_id}', API, 400, { at: 5000, took: 3 })),
        ],
        operation: record(TRAINING, 'completed', { ended: 2000 }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'cancelled while it loaded data: an exception on the way out is no cause',
      case: caseOf({
        id: TRAINING,
        now: 30_000,
        traces: [
          trainingTrace(
            loading('training', 80, null, {
              took: 5000,
              raises: ['ktrdr.async_infrastructure.cancellation.CancellationError', 'Operation was cancelled'],
            }),
          ),
          cancel,
        ],
        operation: record(TRAINING, 'cancelled', { ended: 5021, errorMessage: reason }),
      }),
      answer: 'cancelled/user',
      noAlarm: true,
    },
  ]);
});
