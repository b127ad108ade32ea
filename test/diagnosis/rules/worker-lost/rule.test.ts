import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { clock } from '../../../../src/diagnosis/words.ts';
import { call, caseOf, NO_CONNECTION, record, server, trace, withoutApi, worker } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  API,
  BACKTEST,
  BACKTESTER,
  backtestTrace,
  DOWNLOAD,
  DUMMY,
  downloadTrace,
  failedCall,
  features,
  loading,
  orphanCheck,
  poll,
  register,
  TRAINER,
  TRAINING,
  trainingTrace,
  transition,
} from '../../../support/ktrdr-spans.ts';

const ORPHANED = 'Operation was RUNNING but no worker claimed it';
const OLD = 'training-worker-08b9a625';
const NEW = 'training-worker-77fe01aa';
const started = trainingTrace(loading('training', 80, 18_745));
const epochs = (n: number, every = 800) => Array.from({ length: n }, (_, i) => 2000 + i * every);
const running = (told: Parameters<typeof record>[2] = {}) =>
  record(TRAINING, 'running', {
    workerId: OLD,
    percentage: 2.9,
    step: 'Epoch 18/600 · Batch 480/821',
    steps: [17, 600],
    epochsAt: epochs(17),
    ...told,
  });
const dead = worker(OLD, 'temporarily_unavailable', {
  currentOperationId: TRAINING,
  checkedAt: 155_000,
  healthyAt: 14_000,
  healthCheckFailures: 14,
});

const dummyTrace = (...more: readonly ReturnType<typeof transition>[]) =>
  trace(
    server(
      'POST /api/v1/dummy/start',
      API,
      200,
      { at: 0, took: 30 },
      register(DUMMY, 'dummy', { at: 5 }),
      transition(DUMMY, 25, 'pending', 'running'),
      ...more,
    ),
  );

/** What a worker sends when it gets a termination signal. */
const puttingAside = (at: number) =>
  call(
    'PATCH',
    `http://127.0.0.1:8000/api/v1/operations/${TRAINING}/status`,
    200,
    { service: TRAINER, at, took: 17 },
    server('PATCH /api/v1/operations/{operation_id}/status', API, 200, { at: at + 3, took: 14 }),
  );

describe('worker-lost', () => {
  judge([
    {
      about: 'killed and not restarted, two and a half minutes later',
      case: caseOf({ id: TRAINING, now: 160_000, traces: [started], operation: running(), workers: [dead] }),
      answer: 'worker-lost/undetected',
      confidence: 'likely',
      headline: [/is lost/, '2.9%'],
      shows: ['temporarily unavailable', '14 failed health checks'],
      advises: [/A resume is rejected while/, 'docker logs --tail 200 ktrdr-training-worker-1-1'],
    },
    {
      about: 'frozen: checks that time out come every 15 s, refused ones every 10 s',
      case: caseOf({
        id: TRAINING,
        now: 160_000,
        traces: [started],
        operation: running(),
        workers: [{ ...dead, healthCheckFailures: 9 }],
      }),
      answer: 'worker-lost/unresponsive',
      confidence: 'likely',
      headline: [/hung/],
      shows: ['9 failed health checks'],
      advises: [/a resume is rejected/i],
    },
    ...(
      [
        ['httpx.ReadTimeout', 'unresponsive'],
        ['httpx.ConnectError', 'undetected'],
      ] as const
    ).map(([type, variant]) => ({
      about: `its health checks end in ${type}`,
      case: caseOf({
        id: TRAINING,
        now: 160_000,
        traces: [started],
        neighbours: [120_000, 135_000, 150_000].map((at) =>
          trace(
            call('GET', 'http://127.0.0.1:5005/health', null, { service: API, at, took: 5000, raises: [type, ''] }),
          ),
        ),
        operation: running(),
        workers: [dead],
      }),
      answer: `worker-lost/${variant}`,
    })),
    {
      about: 'the same without the API is running, as far as a trace can tell',
      case: withoutApi(caseOf({ id: TRAINING, now: 160_000, traces: [started] })),
      answer: 'progress-not-traced',
      noAlarm: true,
    },
    {
      about: 'the same, known only from status polls that began to fail',
      case: {
        ...caseOf({
          id: TRAINING,
          now: 160_000,
          traces: [started],
          neighbours: [
            poll(TRAINING, 10_000),
            poll(TRAINING, 40_000, null, NO_CONNECTION),
            poll(TRAINING, 80_000, null, NO_CONNECTION),
            poll(TRAINING, 150_000, null, NO_CONNECTION),
          ],
          operation: running({ epochsAt: [] }),
        }),
      },
      answer: 'worker-lost/undetected',
      shows: ['All connection attempts failed'],
    },
    {
      about: 'one poll that timed out is nothing',
      case: caseOf({
        id: TRAINING,
        now: 30_000,
        traces: [started],
        neighbours: [poll(TRAINING, 10_000), poll(TRAINING, 20_000, null, ['httpx.ReadTimeout', ''])],
        operation: running({ epochsAt: epochs(33) }),
        workers: [worker(OLD, 'busy', { currentOperationId: TRAINING, checkedAt: 25_000 })],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'one refused poll, but the registry saw the worker healthy afterwards',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        traces: [started],
        neighbours: [poll(TRAINING, 20_000, null, NO_CONNECTION)],
        operation: running({ epochsAt: [] }),
        workers: [worker(OLD, 'busy', { currentOperationId: TRAINING, checkedAt: 85_000 })],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'a worker too busy to answer health checks, while epochs go on',
      case: caseOf({
        id: TRAINING,
        now: 60_000,
        traces: [started],
        operation: running({ epochsAt: epochs(60, 950), steps: [60, 600] }),
        workers: [
          worker(OLD, 'temporarily_unavailable', {
            currentOperationId: TRAINING,
            checkedAt: 55_000,
            healthyAt: 20_000,
            healthCheckFailures: 3,
          }),
        ],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'failed by the detector 370 s after the kill',
      case: caseOf({
        id: TRAINING,
        now: 400_000,
        traces: [started, orphanCheck(TRAINING, 385_000)],
        operation: record(TRAINING, 'failed', { workerId: OLD, ended: 385_000, errorMessage: ORPHANED }),
        workers: [worker('backtesting-worker-aa', 'available')],
      }),
      answer: 'worker-lost/crashed',
      confidence: 'certain',
      headline: [/died/, 'training.data_loading'],
      shows: [ORPHANED, OLD],
      advises: [`ktrdr checkpoints show ${TRAINING}`, `ktrdr resume ${TRAINING}`],
    },
    {
      about: 'the same without the API',
      case: withoutApi(caseOf({ id: TRAINING, now: 400_000, traces: [started, orphanCheck(TRAINING, 385_000)] })),
      answer: 'worker-lost/crashed',
      confidence: 'likely',
    },
    {
      about: 'the same without any trace',
      case: caseOf({
        id: TRAINING,
        now: 400_000,
        operation: record(TRAINING, 'failed', { workerId: OLD, ended: 385_000, errorMessage: ORPHANED }),
      }),
      answer: 'worker-lost/crashed',
    },
    {
      about: 'a backtest whose worker was restarted, orphaned after 81 s',
      case: caseOf({
        id: BACKTEST,
        now: 120_000,
        traces: [
          backtestTrace(loading('backtest', 2500, 224_929), features(3300, 224_929)),
          orphanCheck(BACKTEST, 90_000),
        ],
        operation: record(BACKTEST, 'failed', { ended: 90_000, errorMessage: ORPHANED }),
        workers: [worker('backtesting-worker-83081005', 'available')],
      }),
      answer: 'worker-lost/crashed',
      headline: ['backtest.feature_compute'],
    },
    {
      about: 'killed, restarted under a new name, and kept “running” by polls',
      case: caseOf({
        id: TRAINING,
        now: 210_000,
        traces: [started],
        neighbours: [poll(TRAINING, 30_000), poll(TRAINING, 200_000)],
        operation: running({ percentage: 0, step: null, steps: [0, 600], epochsAt: [] }),
        workers: [worker(NEW, 'busy', { currentOperationId: TRAINING, checkedAt: 205_000 })],
      }),
      answer: 'worker-lost/ghost-claim',
      headline: [NEW, /isn’t running/i],
      shows: [OLD],
      advises: [`ktrdr cancel ${TRAINING}`, 'docker restart ktrdr-training-worker-1-1'],
    },
    {
      about: 'SIGTERM: the worker put the training aside',
      case: caseOf({
        id: TRAINING,
        now: 33_000,
        traces: [trainingTrace(loading('training', 80, 18_745), puttingAside(16_000))],
        operation: record(TRAINING, 'cancelled', {
          workerId: OLD,
          ended: 16_050,
          percentage: 3.3,
          step: 'Epoch 20/600 · Batch 650/821',
        }),
        workers: [worker(OLD, 'busy', { currentOperationId: TRAINING, checkedAt: 15_000 })],
      }),
      answer: 'worker-lost/shutdown',
      confidence: 'likely',
      headline: [/no user cancelled/],
      advises: [`ktrdr resume ${TRAINING}`],
    },
    {
      about: 'the same without the API',
      case: withoutApi(
        caseOf({
          id: TRAINING,
          now: 33_000,
          traces: [trainingTrace(loading('training', 80, 18_745), puttingAside(16_000))],
        }),
      ),
      answer: 'worker-lost/shutdown',
      confidence: 'possible',
    },
    {
      about: 'SIGTERM, known only by the record: a cancel by a person always leaves a text',
      case: caseOf({ id: TRAINING, now: 33_000, operation: record(TRAINING, 'cancelled', { ended: 16_050 }) }),
      answer: 'worker-lost/shutdown',
      confidence: 'possible',
    },
    {
      about: 'SIGTERM, a minute later: the thread goes on and holds the worker',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        traces: [trainingTrace(loading('training', 80, 18_745), puttingAside(16_000))],
        operation: record(TRAINING, 'cancelled', { workerId: OLD, ended: 16_050 }),
        workers: [worker(OLD, 'busy', { currentOperationId: TRAINING, checkedAt: 85_000 })],
      }),
      answer: 'worker-lost/shutdown',
      headline: [/busy/],
      advises: ['training-worker-1'],
    },
    {
      about: 'SIGTERM to a backtest worker, which ignores it: the backtest runs on',
      case: caseOf({
        id: BACKTEST,
        now: 20_000,
        traces: [backtestTrace(loading('backtest', 2500, 224_929), features(3300, 224_929))],
        operation: record(BACKTEST, 'running', {
          percentage: 30,
          step: 'Backtesting EURUSD 5m [2022-06-09 00:30:00+00:00]',
          workerId: 'backtesting-worker-4f0d11ce',
        }),
        later: record(BACKTEST, 'running', {
          percentage: 34,
          step: 'Backtesting EURUSD 5m [2022-07-01 00:30:00+00:00]',
          workerId: 'backtesting-worker-4f0d11ce',
        }),
        workers: [worker('backtesting-worker-4f0d11ce', 'busy', { currentOperationId: BACKTEST, checkedAt: 15_000 })],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'a dummy that the detector failed while it ran',
      case: caseOf({
        id: DUMMY,
        now: 90_000,
        traces: [dummyTrace(), orphanCheck(DUMMY, 70_000)],
        operation: record(DUMMY, 'failed', { ended: 70_000, errorMessage: ORPHANED }),
      }),
      answer: 'worker-lost/false-alarm',
      confidence: 'likely',
      headline: [/false alarm/i],
    },
    {
      about: 'the same after its good end, the text still in the record',
      case: caseOf({
        id: DUMMY,
        now: 240_000,
        traces: [dummyTrace(transition(DUMMY, 200_000, 'failed', 'completed')), orphanCheck(DUMMY, 70_000)],
        operation: record(DUMMY, 'completed', { ended: 200_000, errorMessage: ORPHANED }),
      }),
      answer: 'worker-lost/false-alarm',
      confidence: 'certain',
      noAlarm: true,
    },
    {
      about: 'a completed download with the text left behind, without a trace',
      case: caseOf({
        id: DOWNLOAD,
        now: 240_000,
        operation: record(DOWNLOAD, 'completed', {
          ended: 200_000,
          errorMessage: ORPHANED,
          resultSummary: { rows_downloaded: 900, gaps_filled: 1, cache_hit: false },
        }),
      }),
      answer: 'worker-lost/false-alarm',
      noAlarm: true,
    },
    {
      about: 'a long download, orphaned while it still waits',
      case: caseOf({
        id: DOWNLOAD,
        now: 95_000,
        traces: [
          downloadTrace(
            failedCall('http://localhost:5001/data/validate', ['httpx.ReadTimeout', ''], 200, 30_000),
            failedCall('http://localhost:5001/data/validate', ['httpx.ReadTimeout', ''], 31_000, 30_000),
          ),
          orphanCheck(DOWNLOAD, 65_000),
        ],
        operation: record(DOWNLOAD, 'failed', { ended: 65_000, errorMessage: ORPHANED }),
      }),
      answer: 'service-timeout/ib-host',
      headline: ['5001'],
    },
    {
      about: 'orphaned, then resumed and completed: the old text is no news',
      case: caseOf({
        id: TRAINING,
        now: 500_000,
        traces: [
          started,
          orphanCheck(TRAINING, 100_000),
          trace(
            server(
              'POST /api/v1/operations/{operation_id}/resume',
              API,
              200,
              { at: 150_000, took: 40 },
              transition(TRAINING, 150_010, 'failed', 'resuming'),
              transition(TRAINING, 150_100, 'resuming', 'running', { service: TRAINER }),
              transition(TRAINING, 300_000, 'running', 'completed', { service: TRAINER }),
            ),
          ),
        ],
        operation: record(TRAINING, 'completed', { ended: 300_000, errorMessage: ORPHANED }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'just ended, the worker not yet marked free',
      case: caseOf({
        id: BACKTEST,
        now: 8000,
        traces: [
          backtestTrace(
            loading('backtest', 300, 1560),
            features(400, 1560),
            transition(BACKTEST, 900, 'running', 'completed', { service: BACKTESTER }),
          ),
        ],
        operation: record(BACKTEST, 'completed', { ended: 905 }),
        workers: [worker('backtesting-worker-4f0d11ce', 'busy', { currentOperationId: BACKTEST, checkedAt: -2000 })],
      }),
      answer: 'healthy',
      noAlarm: true,
    },
  ]);
});

it.each([
  [160_000, 14, 'ktrdr should notice at about'],
  [900_000, 14, 'ktrdr should have noticed at about'],
  [160_000, 9, 'If it hasn’t responded by about'],
  [900_000, 9, 'ktrdr should have marked the training run as failed at about'],
])('worker-lost says at %d ms, after %d failed checks: %s', (now, healthCheckFailures, words) => {
  const workers = [{ ...dead, healthCheckFailures }];
  const input = caseOf({ id: TRAINING, now, traces: [started], operation: running(), workers });
  expect(diagnose(input, { deployment: 'local', apiUrl: null }).primary?.explanation).toContain(words);
});

it('dates the failed health checks by the last good one, not by the last progress', () => {
  const input = caseOf({ id: TRAINING, now: 160_000, traces: [started], operation: running(), workers: [dead] });
  const found = diagnose(input, { deployment: 'local', apiUrl: null }).primary;
  expect(found?.explanation).toContain(`has failed its health checks since ${clock(dead.lastHealthyAt ?? input.now)}.`);
});
