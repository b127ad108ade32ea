import { describe } from 'vitest';
import { call, caseOf, record, server, span, trace, withoutApi, worker } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  API,
  BACKTEST,
  backtestRequest,
  documentedSelection,
  register,
  selection,
  TRAINING,
  toBacktester,
  trainingRequest,
  transition,
} from '../../../support/ktrdr-spans.ts';
import { documentedCase } from '../../../support/scenes.ts';

const NO_TRAINER = ['ktrdr.errors.exceptions.WorkerUnavailableError', 'No training workers available'] as const;
const refusedBacktest = (counts: Parameters<typeof selection>[0]) => trace(backtestRequest(503, selection(counts)));
const refusedTraining = trace(trainingRequest(503, { raises: NO_TRAINER }));

/** `ktrdr train`: the command sends the request four times and gives up without saying why. */
const fourTries = (...answers: readonly [number, number, number, number]) =>
  trace(
    span(
      'cli.train',
      {
        service: 'ktrdr-cli',
        at: 0,
        took: 8000,
        ...(answers[3] === 200 ? {} : { raises: ['click.exceptions.Exit', '1'] as const }),
      },
      ...answers.map((http, i) =>
        call(
          'POST',
          'http://localhost:8000/api/v1/trainings/start',
          http,
          { at: 10 + i * 1500, took: 60 },
          http === 200
            ? server(
                'POST /api/v1/trainings/start',
                API,
                200,
                { at: 15 + i * 1500, took: 50 },
                span(
                  'training.start',
                  { at: 16 + i * 1500, took: 40, status: 'ok' },
                  register(TRAINING, 'training', { at: 30 + i * 1500 }),
                  transition(TRAINING, 45 + i * 1500, 'pending', 'running'),
                  transition(TRAINING, 7000, 'running', 'completed'),
                ),
              )
            : trainingRequest(503, { at: 15 + i * 1500, raises: NO_TRAINER }),
        ),
      ),
    ),
  );

const trainer = worker('training-worker-11aa22bb', 'available', { checkedAt: 2000 });
const busyTrainer = worker('training-worker-11aa22bb', 'busy', { checkedAt: 2000, currentOperationId: TRAINING });
const backtester = worker('backtesting-worker-4f0d11ce', 'busy', { checkedAt: 2000 });

describe('workers-unavailable', () => {
  judge([
    {
      about: 'a backtest, and nobody is registered',
      case: caseOf({ now: 9000, traces: [refusedBacktest({ total: 0, capable: 0, available: 0 })], workers: [] }),
      answer: 'workers-unavailable/none-registered',
      confidence: 'certain',
      headline: [/no worker is registered/i, 'backtest'],
      shows: ['workers.select: 0 registered'],
      advises: ['docker start ktrdr-backtest-worker-1-1', '/api/v1/workers'],
    },
    {
      about: 'a training, four tries of the command line, an empty list',
      case: caseOf({ now: 12_000, traces: [fourTries(503, 503, 503, 503)], workers: [] }),
      answer: 'workers-unavailable/none-registered',
      confidence: 'likely',
      shows: ['No training workers available'],
      advises: ['docker start ktrdr-training-worker-1-1'],
    },
    {
      about: 'the same without the ktrdr API: it cannot be told which',
      case: withoutApi(caseOf({ now: 12_000, traces: [fourTries(503, 503, 503, 503)] })),
      answer: 'workers-unavailable/unspecified',
      confidence: 'likely',
      headline: ['three reasons'],
    },
    {
      about: 'a retry of the command line that went well',
      case: caseOf({ now: 60_000, traces: [fourTries(503, 503, 500, 200)] }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'a backtest with only a training worker',
      case: caseOf({
        now: 9000,
        traces: [refusedBacktest({ total: 1, capable: 0, available: 0 })],
        workers: [trainer],
      }),
      answer: 'workers-unavailable/none-capable',
      confidence: 'certain',
      headline: ['No backtest worker is registered (1 training worker is).'],
      shows: ['workers.select: 1 registered, 0 backtest workers, 0 free'],
      advises: ['docker start ktrdr-backtest-worker-1-1'],
    },
    {
      about: 'a training with only backtest workers, told by the list',
      case: caseOf({
        now: 9000,
        traces: [refusedTraining],
        workers: [worker('backtesting-worker-01', 'available'), worker('backtesting-worker-02', 'busy')],
      }),
      answer: 'workers-unavailable/none-capable',
      confidence: 'likely',
      headline: ['training'],
    },
    {
      about: 'the only backtest worker is truly busy',
      case: caseOf({
        now: 9000,
        traces: [refusedBacktest({ total: 2, capable: 1, available: 0 })],
        workers: [trainer, { ...backtester, currentOperationId: BACKTEST }],
        others: [record(BACKTEST, 'running', { percentage: 40 })],
      }),
      answer: 'workers-unavailable/all-busy',
      confidence: 'certain',
      headline: ['only backtest worker is busy', BACKTEST],
      advises: ['docker start ktrdr-backtest-worker-2-1', BACKTEST],
    },
    {
      about: 'three busy, without the API',
      case: withoutApi(caseOf({ now: 9000, traces: [refusedBacktest({ total: 5, capable: 3, available: 0 })] })),
      answer: 'workers-unavailable/all-busy',
      headline: ['All 3 backtest workers'],
    },
    {
      about: 'a training, all training workers busy',
      case: caseOf({ now: 9000, traces: [refusedTraining], workers: [busyTrainer] }),
      answer: 'workers-unavailable/all-busy',
      confidence: 'likely',
      headline: [TRAINING],
    },
    {
      about: 'busy with an operation that had ended before the refusal',
      case: caseOf({
        now: 9000,
        traces: [trace(backtestRequest(503, selection({ total: 2, capable: 1, available: 0, at: 5000 })))],
        workers: [{ ...backtester, currentOperationId: BACKTEST }],
        others: [record(BACKTEST, 'failed', { ended: 1000 })],
      }),
      answer: 'workers-unavailable/stale-busy',
      confidence: 'likely',
      advises: [/10 seconds/],
    },
    {
      about: 'the same, the end told by a neighbouring trace',
      case: caseOf({
        now: 9000,
        traces: [trace(backtestRequest(503, selection({ total: 2, capable: 1, available: 0, at: 5000 })))],
        neighbours: [trace(transition(BACKTEST, 900, 'running', 'completed'))],
        workers: [{ ...backtester, currentOperationId: BACKTEST }],
      }),
      answer: 'workers-unavailable/stale-busy',
    },
    {
      about: 'busy with what was put aside a minute before: a thread holds the worker',
      case: caseOf({
        now: 99_000,
        traces: [trace(trainingRequest(503, { at: 95_000, raises: NO_TRAINER }))],
        workers: [worker('training-worker-11aa22bb', 'busy', { currentOperationId: TRAINING, checkedAt: 93_000 })],
        others: [record(TRAINING, 'cancelled', { ended: 16_000 })],
      }),
      answer: 'workers-unavailable/all-busy',
      headline: [TRAINING, /has ended/],
      advises: ['docker restart ktrdr-training-worker-1-1'],
    },
    {
      about: 'busy when asked, free now: nobody has to be stopped',
      case: caseOf({
        now: 30_000,
        traces: [refusedBacktest({ total: 2, capable: 1, available: 0 })],
        workers: [trainer, worker('backtesting-worker-4f0d11ce', 'available', { checkedAt: 25_000 })],
      }),
      answer: 'workers-unavailable/all-busy',
      headline: [/was busy/, /free (again )?now/],
    },
    {
      about: 'every worker of the type fails its health checks',
      case: caseOf({
        now: 40_000,
        traces: [refusedBacktest({ total: 2, capable: 1, available: 0 })],
        workers: [
          trainer,
          worker('backtesting-worker-4f0d11ce', 'temporarily_unavailable', {
            checkedAt: 38_000,
            healthyAt: -9000,
            healthCheckFailures: 4,
          }),
        ],
      }),
      answer: 'workers-unavailable/all-unhealthy',
      headline: ['health checks'],
      advises: ['docker logs --tail 200 ktrdr-backtest-worker-1-1'],
    },
    ...(
      [
        [0, 'none-registered', 9000],
        [1, 'none-capable', 9000],
        [1, 'none-capable', 3_600_000],
      ] as const
    ).map(([total, variant, now]) => ({
      about: `a backtest worker that registered after the start was rejected, ${total} registered then, asked at ${now} ms`,
      case: caseOf({
        now,
        traces: [refusedBacktest({ total, capable: 0, available: 0 })],
        workers: [trainer, worker('backtesting-worker-new', 'available', { checkedAt: 8000 })],
      }),
      answer: `workers-unavailable/${variant}`,
      confidence: 'certain' as const,
      headline: [/worker was registered when this backtest was started; one is free now\.$/],
      shows: ['backtesting-worker-new'],
      advises: [/^(?!.*docker start)/s],
    })),
    {
      about: 'only a worker of another type has registered since',
      case: caseOf({
        now: 9000,
        traces: [refusedBacktest({ total: 0, capable: 0, available: 0 })],
        workers: [trainer],
      }),
      answer: 'workers-unavailable/none-registered',
      headline: [/No worker was registered .*, and there is still no backtest worker/],
      advises: ['docker start ktrdr-backtest-worker-1-1'],
    },
    {
      about: 'one that registered since and is already busy',
      case: caseOf({
        now: 9000,
        traces: [refusedBacktest({ total: 0, capable: 0, available: 0 })],
        workers: [{ ...backtester, currentOperationId: BACKTEST }],
      }),
      answer: 'workers-unavailable/none-registered',
      headline: [/was registered when .*; one is registered now/],
    },
    ...[9000, 3_600_000].map((now) => ({
      about: `a rejected training run, and a worker is free ${now} ms later`,
      case: caseOf({ now, traces: [refusedTraining], workers: [trainer] }),
      answer: 'workers-unavailable/unspecified',
      headline: [/; one is free now\.$/],
      shows: ['training-worker-11aa22bb'],
      advises: [/start the training run again/i],
    })),
    {
      about: 'documented: none registered',
      case: documentedCase(
        TRAINING,
        'TRAINING',
        500,
        documentedSelection(TRAINING, 'NO_WORKERS_AVAILABLE', { total: 0, capable: 0, available: 0 }),
      ),
      answer: 'workers-unavailable/none-registered',
      confidence: 'certain',
    },
    {
      about: 'documented: none capable, with counts',
      case: documentedCase(
        TRAINING,
        'TRAINING',
        500,
        documentedSelection(TRAINING, 'NO_CAPABLE_WORKERS', { total: 3, capable: 0, available: 3 }),
      ),
      answer: 'workers-unavailable/none-capable',
      confidence: 'certain',
      headline: ['training', '3'],
    },
    {
      about: 'documented: none capable, by the status alone',
      case: documentedCase(BACKTEST, 'BACKTESTING', 500, documentedSelection(BACKTEST, 'NO_CAPABLE_WORKERS', null)),
      answer: 'workers-unavailable/none-capable',
      headline: ['backtest'],
    },
    {
      about: 'documented: nothing but the status',
      case: documentedCase(BACKTEST, 'BACKTESTING', 500, documentedSelection(BACKTEST, 'NO_WORKERS_AVAILABLE', null)),
      answer: 'workers-unavailable/unspecified',
    },
    {
      about: 'documented: only the sentence',
      case: documentedCase(
        TRAINING,
        'TRAINING',
        500,
        span('operation.dispatch', {
          at: 10,
          took: 2,
          raises: ['WorkerUnavailableError', 'No workers available'],
          attributes: { 'operation.id': TRAINING },
        }),
      ),
      answer: 'workers-unavailable/unspecified',
    },
    {
      about: 'selected after a refusal in the same trace',
      case: caseOf({
        id: BACKTEST,
        now: 60_000,
        traces: [
          trace(
            backtestRequest(
              200,
              selection({ capable: 1, available: 0, at: 6 }),
              selection({ capable: 1, available: 1, at: 12 }),
              toBacktester(
                register(BACKTEST, 'backtesting'),
                transition(BACKTEST, 60, 'pending', 'running'),
                transition(BACKTEST, 2000, 'running', 'completed'),
              ),
            ),
          ),
        ],
      }),
      answer: 'healthy',
      noAlarm: true,
    },
  ]);
});
