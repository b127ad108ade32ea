import { describe, expect, it } from 'vitest';
import { call, caseOf, NO_ANSWER, NO_CONNECTION, record, server, span, trace, worker } from '../../../support/build.ts';
import { answer, judge } from '../../../support/judge.ts';
import {
  BACKTEST,
  BACKTESTER,
  backtestRequest,
  documentedSelection,
  failedCall,
  features,
  loading,
  register,
  selection,
  TRAINING,
  toBacktester,
  trainingRequest,
  transition,
} from '../../../support/ktrdr-spans.ts';
import { documentedCase, failedDispatch } from '../../../support/scenes.ts';

const chosen = selection({ total: 2, capable: 1, available: 1 });

const startFailingWith = (type: string) =>
  caseOf({
    now: 60_000,
    traces: [
      trace(backtestRequest(500, chosen, failedCall('http://127.0.0.1:5003/backtests/start', [type, ''], 20, 5000))),
    ],
  });

it.each([
  ['httpx.ConnectTimeout', 'can’t run later'],
  ['httpx.ReadTimeout', 'may still carry out the failed start'],
])('says after %s whether the failed start %s', (type, words) => {
  expect(answer(startFailingWith(type)).primary?.explanation).toContain(words);
});

describe('worker-unreachable', () => {
  judge([
    {
      about: 'a backtest worker that is down',
      case: caseOf({
        now: 9000,
        traces: [
          trace(
            backtestRequest(500, chosen, failedCall('http://backtest-worker-1:5003/backtests/start', NO_CONNECTION)),
          ),
        ],
        workers: [
          worker('backtesting-worker-4f0d11ce', 'busy', {
            healthCheckFailures: 2,
            endpointUrl: 'http://backtest-worker-1:5003',
          }),
        ],
      }),
      answer: 'worker-unreachable/refused',
      confidence: 'certain',
      headline: ['backtest-worker-1:5003'],
      shows: ['All connection attempts failed', '2 health checks'],
      advises: [
        'docker logs --tail 200 ktrdr-backtest-worker-1-1',
        'docker start ktrdr-backtest-worker-1-1',
        'http://localhost:5003/health',
      ],
    },
    ...(
      [
        [502, 'refused'],
        [504, 'timeout'],
      ] as const
    ).map(([status, variant]) => ({
      about: `a proxy answers ${status} for the worker`,
      case: caseOf({
        now: 9000,
        traces: [
          trace(
            backtestRequest(
              500,
              chosen,
              call('POST', 'http://backtest-worker-1:5003/backtests/start', status, { at: 40, took: 20 }),
            ),
          ),
        ],
      }),
      answer: `worker-unreachable/${variant}`,
      confidence: 'likely' as const,
    })),
    {
      about: 'a training worker that is down: the exception also stands on training.start',
      case: caseOf({
        now: 9000,
        traces: [
          trace(
            trainingRequest(
              500,
              { raises: NO_CONNECTION },
              failedCall('http://127.0.0.1:5005/training/start', NO_CONNECTION),
            ),
          ),
        ],
      }),
      answer: 'worker-unreachable/refused',
      headline: ['127.0.0.1:5005', 'training'],
      advises: ['docker logs --tail 200 ktrdr-training-worker-1-1'],
    },
    {
      about: 'a worker that advertises a name nobody knows',
      case: caseOf({
        now: 9000,
        traces: [
          trace(
            backtestRequest(
              500,
              selection({ total: 3, capable: 2, available: 2 }),
              failedCall('http://no-such-host.invalid:5013/backtests/start', [
                'httpx.ConnectError',
                '[Errno -2] Name or service not known',
              ]),
            ),
          ),
        ],
      }),
      answer: 'worker-unreachable/unresolvable',
      confidence: 'certain',
      headline: ['no-such-host.invalid'],
      advises: ['KTRDR_WORKER_PUBLIC_BASE_URL'],
    },
    {
      about: 'no free connection in the pool of the backend',
      case: startFailingWith('httpx.PoolTimeout'),
      answer: 'worker-unreachable/not-sent',
      confidence: 'certain',
      headline: [/never sent/],
      advises: [/^(?!.*restart).*ktrdr-backend/s],
    },
    {
      about: 'a hung worker',
      case: caseOf({
        now: 60_000,
        traces: [
          trace(
            backtestRequest(500, chosen, failedCall('http://127.0.0.1:5003/backtests/start', NO_ANSWER, 20, 30_005)),
          ),
        ],
      }),
      answer: 'worker-unreachable/timeout',
      headline: ['127.0.0.1:5003', '30 s'],
    },
    {
      about: 'a hung worker that runs the refused start later',
      case: caseOf({
        now: 60_000,
        traces: [
          trace(
            backtestRequest(
              500,
              chosen,
              call(
                'POST',
                'http://127.0.0.1:5003/backtests/start',
                null,
                { at: 20, took: 30_005, raises: NO_ANSWER },
                server(
                  'POST /backtests/start',
                  BACKTESTER,
                  200,
                  { at: 38_000, took: 3 },
                  register(BACKTEST, 'backtesting', { at: 38_010 }),
                  transition(BACKTEST, 38_050, 'pending', 'running'),
                  loading('backtest', 40_000, 1560),
                  features(40_100, 1560),
                  transition(BACKTEST, 41_000, 'running', 'completed'),
                ),
              ),
            ),
          ),
        ],
      }),
      answer: 'worker-unreachable/timeout',
      headline: ['ran it later'],
      shows: [BACKTEST],
      advises: [`ktrdr --json status ${BACKTEST}`],
    },
    {
      about: 'documented: dispatch refused',
      case: documentedCase(
        TRAINING,
        'TRAINING',
        500,
        documentedSelection(TRAINING, 'SUCCESS', { total: 4, capable: 2, available: 2 }),
        span(
          'operation.dispatch',
          {
            at: 14,
            took: 40,
            status: 'error',
            description: 'dispatch failed',
            attributes: { 'operation.id': TRAINING, 'dispatch.status': 'failed' },
          },
          failedCall('http://training-worker-2:5006/training/start', [
            'ConnectionRefusedError',
            '[Errno 111] Connection refused',
          ]),
        ),
      ),
      answer: 'worker-unreachable/refused',
      headline: ['training-worker-2:5006'],
      advises: ['training-worker-2'],
    },
    {
      about: 'documented: dispatch failed, and no call shows where to',
      case: documentedCase(
        TRAINING,
        'TRAINING',
        500,
        documentedSelection(TRAINING, 'SUCCESS', { total: 4, capable: 2, available: 2 }),
        failedDispatch(TRAINING, 40),
      ),
      answer: 'worker-unreachable/refused',
      confidence: 'likely',
    },
    {
      about: 'documented: dispatch timed out',
      case: documentedCase(
        BACKTEST,
        'BACKTESTING',
        500,
        documentedSelection(BACKTEST, 'SUCCESS', { total: 4, capable: 2, available: 2 }),
        failedDispatch(
          BACKTEST,
          30_010,
          failedCall('http://backtest-worker-2:5004/backtests/start', ['TimeoutError', 'timed out'], 15, 30_000),
        ),
      ),
      answer: 'worker-unreachable/timeout',
      headline: ['backtest-worker-2:5004'],
    },
    {
      about: 'the first worker is down, the second takes it',
      case: caseOf({
        id: BACKTEST,
        now: 60_000,
        traces: [
          trace(
            backtestRequest(
              200,
              chosen,
              failedCall('http://backtest-worker-2:5004/backtests/start', NO_CONNECTION, 10, 5),
              toBacktester(
                register(BACKTEST, 'backtesting'),
                transition(BACKTEST, 60, 'pending', 'running'),
                transition(BACKTEST, 2000, 'running', 'completed'),
              ),
            ),
          ),
        ],
        operation: record(BACKTEST, 'completed', { ended: 2000 }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'the worker dies while it answers',
      case: caseOf({
        now: 9000,
        traces: [
          trace(
            backtestRequest(
              500,
              chosen,
              failedCall('http://backtest-worker-1:5003/backtests/start', [
                'httpx.RemoteProtocolError',
                'Server disconnected without sending a response.',
              ]),
            ),
          ),
        ],
      }),
      answer: 'worker-unreachable/disconnected',
    },
  ]);
});
