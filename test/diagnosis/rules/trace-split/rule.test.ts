import { describe } from 'vitest';
import { call, caseOf, server, span, trace } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  API,
  BACKTEST,
  BACKTESTER,
  backtestRequest,
  backtestTrace,
  documentedRegister,
  documentedSelection,
  documentedTrace,
  documentedWork,
  IB_HOST,
  selection,
  TRAINER,
  TRAINING,
  transition,
} from '../../../support/ktrdr-spans.ts';
import { documentedRunTrace } from '../../../support/scenes.ts';

const id = { 'operation.id': TRAINING };
const dispatched = span(
  'operation.dispatch',
  { at: 14, took: 40, attributes: { ...id, 'dispatch.status': 'success' } },
  call('POST', 'http://training-worker-1:5005/training/start', 200, { at: 15, took: 38 }),
);
const chosen = documentedSelection(TRAINING, 'SUCCESS', { total: 4, capable: 2, available: 2 });
const startedAlone = trace(
  server(
    'POST /backtests/start',
    BACKTESTER,
    200,
    { at: 22, took: 5 },
    span('operations.create', { at: 25, attributes: { 'operation.id': BACKTEST } }),
    transition(BACKTEST, 40, 'pending', 'running'),
    transition(BACKTEST, 900, 'running', 'completed'),
  ),
);
const requestTo = (path: string, at = 20) =>
  trace(backtestRequest(200, call('POST', `http://backtest-worker-1:5003${path}`, 200, { at, took: 9 })));
const halfTrace = documentedTrace(TRAINING, 'TRAINING', 200, chosen, dispatched);

describe('trace-split', () => {
  const workerTrace = trace(
    span('worker.training', { service: TRAINER, at: 21, took: 5000, attributes: { ...id, 'worker.type': 'TRAINING' } }),
  );
  judge([
    {
      about: 'documented: the worker begins a trace of its own',
      case: caseOf({ id: TRAINING, now: 600_000, traces: [halfTrace, workerTrace] }),
      answer: 'trace-split/backend-worker',
      confidence: 'certain',
      advises: [/instrument_app\(app\) in \S+ so that it reads the traceparent/],
    },
    {
      about: 'documented: the worker’s part is apart, and the call to it was not delivered',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [documentedTrace(TRAINING, 'TRAINING', 200, chosen), workerTrace],
      }),
      answer: 'trace-split/unknown',
      confidence: 'likely',
      advises: ['instrument_app'],
    },
    {
      about: 'documented: a proxy between backend and worker has a span of its own, the worker begins anew',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [
          documentedTrace(
            TRAINING,
            'TRAINING',
            200,
            chosen,
            span(
              'operation.dispatch',
              { at: 14, took: 40, attributes: { ...id, 'dispatch.status': 'success' } },
              call(
                'POST',
                'http://training-worker-1:5005/training/start',
                200,
                { at: 15, took: 38 },
                span('egress', { service: 'envoy', at: 16, took: 30 }),
              ),
            ),
          ),
          workerTrace,
        ],
      }),
      answer: 'trace-split/backend-worker',
    },
    {
      about: 'real: a worker whose server span is a root',
      case: caseOf({
        id: BACKTEST,
        now: 600_000,
        traces: [
          trace(
            backtestRequest(
              200,
              selection({ capable: 1, available: 1 }),
              call('POST', 'http://backtest-worker-1:5003/backtests/start', 200, { at: 20, took: 9 }),
            ),
          ),
          trace(
            server(
              'POST /backtests/start',
              BACKTESTER,
              200,
              { at: 22, took: 5 },
              span('operations.create', { at: 25, attributes: { 'operation.id': BACKTEST } }),
              transition(BACKTEST, 40, 'pending', 'running'),
              transition(BACKTEST, 900, 'running', 'completed'),
            ),
          ),
        ],
      }),
      answer: 'trace-split/backend-worker',
    },
    {
      about: 'real: the worker’s start request alone, of an operation that completed',
      case: caseOf({ id: BACKTEST, now: 600_000, traces: [startedAlone] }),
      answer: 'trace-split/unknown',
      confidence: 'likely',
      advises: ['instrument_app'],
    },
    {
      about: 'real: the one request of that moment in another trace, which names no operation',
      case: caseOf({
        id: BACKTEST,
        now: 600_000,
        traces: [startedAlone],
        neighbours: [requestTo('/backtests/start'), requestTo('/backtests/start', 5000), requestTo('/training/start')],
      }),
      answer: 'trace-split/backend-worker',
      confidence: 'likely',
      advises: ['instrument_app'],
    },
    {
      about: 'real: two requests of that moment',
      case: caseOf({
        id: BACKTEST,
        now: 600_000,
        traces: [startedAlone],
        neighbours: [requestTo('/backtests/start'), requestTo('/backtests/start', 21)],
      }),
      answer: 'trace-split/unknown',
    },
    {
      about: 'documented: the command line alone',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [
          trace(
            span('cli.train', {
              service: 'ktrdr-cli',
              at: 0,
              took: 100,
              attributes: { ...id, 'cli.command': 'train' },
            }),
          ),
          trace(
            server(
              'POST /api/v1/trainings/start',
              API,
              200,
              { at: 4, took: 92 },
              documentedRegister(TRAINING, 'TRAINING'),
              ...documentedWork(TRAINING, 'TRAINING', {}),
            ),
          ),
        ],
      }),
      answer: 'trace-split/cli-backend',
    },
    {
      about: 'documented: the host service alone',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [
          documentedRunTrace(
            TRAINING,
            'TRAINING',
            {},
            span(
              'data.fetch',
              { at: 30, took: 300, attributes: id },
              call('POST', 'http://localhost:5001/data/historical', 200, { at: 31, took: 290 }),
            ),
          ),
          trace(
            server(
              'POST /data/historical',
              IB_HOST,
              200,
              { at: 33, took: 280, attributes: id },
              span('ib.fetch_historical', { at: 40, took: 200, attributes: id }),
            ),
          ),
        ],
      }),
      answer: 'trace-split/backend-host',
    },
    {
      about: 'documented: the host’s fetch alone, without a server span',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [
          documentedRunTrace(
            TRAINING,
            'TRAINING',
            {},
            span(
              'data.fetch',
              { at: 30, took: 300, attributes: id },
              call('POST', 'http://localhost:5001/data/historical', 200, { at: 31, took: 290 }),
            ),
          ),
          trace(span('ib.fetch_historical', { service: IB_HOST, at: 40, took: 200, attributes: id })),
        ],
      }),
      answer: 'trace-split/backend-host',
    },
    {
      about: 'cancel, orphan check and resume are traces of their own',
      case: caseOf({
        id: BACKTEST,
        now: 60_000,
        traces: [
          backtestTrace(transition(BACKTEST, 4000, 'running', 'completed')),
          trace(server('GET /api/v1/operations/{operation_id}', API, 200, { at: 2000, took: 4 })),
          trace(
            span('cli.status', { service: 'ktrdr-cli', at: 3000, took: 9, attributes: { 'operation.id': BACKTEST } }),
          ),
        ],
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'the command’s spans never arrived: its caller is missing, nothing is split',
      case: caseOf({
        id: TRAINING,
        now: 60_000,
        traces: [
          trace(
            server(
              'POST /api/v1/trainings/start',
              API,
              200,
              { at: 4, took: 92, lostParent: true },
              documentedRegister(TRAINING, 'TRAINING'),
              ...documentedWork(TRAINING, 'TRAINING', {}),
            ),
          ),
        ],
      }),
      answer: 'healthy',
      noAlarm: true,
    },
  ]);
});
