import { describe } from 'vitest';
import {
  call,
  caseOf,
  NO_ANSWER,
  NO_CONNECTION,
  record,
  server,
  span,
  trace,
  withoutApi,
} from '../../support/build.ts';
import { judge } from '../../support/judge.ts';
import {
  API,
  BACKTEST,
  BACKTESTER,
  backtestRequest,
  DOWNLOAD,
  documentedSelection,
  documentedTrace,
  documentedWork,
  downloadTrace,
  failedCall,
  IB_HOST,
  orphanCheck,
  register,
  selection,
  TRAINING,
  toBacktester,
  transition,
} from '../../support/ktrdr-spans.ts';

const VALIDATE = 'http://localhost:5001/data/validate';
const DOWN = 'Host service connection failed: HTTP error for POST /data/validate: All connection attempts failed';
const SLOW = 'Host service timeout: Request timed out after 4 attempts: ';
const ended = (error: string, at: number, from = 'running') => transition(DOWNLOAD, at, from, 'failed', { error });
const failedRecord = (error: string, at: number) =>
  record(DOWNLOAD, 'failed', { ended: at, errorMessage: error, symbol: 'AAPL', timeframe: '1h' });
const fourTimeouts = [0, 1, 2, 3].map((i) => failedCall(VALIDATE, NO_ANSWER, 200 + i * 31_000, 30_000));
const noGateway = Array.from({ length: 13 }, (_, i) =>
  trace(
    span('ib.connect', {
      service: IB_HOST,
      at: 300 + i * 9000,
      took: 3,
      raises: ['ConnectionRefusedError', "[Errno 111] Connect call failed ('127.0.0.1', 4002)"],
      attributes: { 'ib.host': '127.0.0.1', 'ib.port': 4002, 'connection.client_id': i, 'connection.status': 'error' },
    }),
  ),
);
const ORPHANED = 'Operation was RUNNING but no worker claimed it';

describe('service-unreachable', () => {
  judge([
    {
      about: 'a download without the IB host',
      case: caseOf({
        id: DOWNLOAD,
        now: 9000,
        traces: [downloadTrace(failedCall(VALIDATE, NO_CONNECTION, 150), ended(DOWN, 170))],
        operation: failedRecord(DOWN, 170),
      }),
      answer: 'service-unreachable/ib-host',
      confidence: 'certain',
      headline: ['localhost:5001'],
      advises: ['start-ib-host', 'IB_HOST_SERVICE_URL'],
    },
    {
      about: 'the same by the record alone',
      case: caseOf({ id: DOWNLOAD, now: 9000, operation: failedRecord(DOWN, 170) }),
      answer: 'service-unreachable/ib-host',
      confidence: 'likely',
    },
    {
      about: 'documented: the training host is down',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        traces: [
          documentedTrace(
            TRAINING,
            'TRAINING',
            500,
            documentedSelection(TRAINING, 'SUCCESS', { total: 3, capable: 1, available: 1 }),
            span(
              'operation.dispatch',
              {
                at: 14,
                took: 40,
                status: 'error',
                attributes: { 'operation.id': TRAINING, 'dispatch.status': 'failed' },
              },
              failedCall('http://localhost:5002/training/start', [
                'ConnectionRefusedError',
                '[Errno 111] Connection refused',
              ]),
            ),
          ),
        ],
      }),
      answer: 'service-unreachable/training-host',
      headline: ['training host', '5002'],
      advises: ['start-training-host'],
    },
    {
      about: 'documented: the worker cannot reach the training host',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        traces: [
          documentedTrace(
            TRAINING,
            'TRAINING',
            200,
            ...documentedWork(
              TRAINING,
              'TRAINING',
              { raises: ['ConnectionRefusedError', '[Errno 111] Connection refused'] },
              failedCall(
                'http://host.docker.internal:5002/training/start',
                ['ConnectionRefusedError', '[Errno 111] Connection refused'],
                30,
              ),
            ),
          ),
        ],
      }),
      answer: 'service-unreachable/training-host',
    },
    {
      about: 'documented: a worker gets no data from the IB host',
      case: caseOf({
        id: DOWNLOAD,
        now: 90_000,
        traces: [
          documentedTrace(
            DOWNLOAD,
            'DATA_DOWNLOAD',
            500,
            span(
              'data.fetch',
              {
                at: 20,
                took: 60,
                raises: ['ConnectionRefusedError', '[Errno 111] Connection refused'],
                attributes: { 'operation.id': DOWNLOAD },
              },
              call('POST', 'http://localhost:5001/download_historical_data', null, {
                at: 22,
                took: 50,
                raises: ['ConnectionRefusedError', '[Errno 111] Connection refused'],
                attributes: { 'error.type': 'ConnectionRefusedError', 'net.peer.port': 5001 },
              }),
            ),
          ),
        ],
      }),
      answer: 'service-unreachable/ib-host',
    },
    {
      about: 'a download that healed after a refused connection',
      case: caseOf({
        id: DOWNLOAD,
        now: 20_000,
        traces: [
          downloadTrace(
            failedCall(VALIDATE, NO_CONNECTION, 150),
            call('POST', VALIDATE, 200, { at: 1200, took: 4 }),
            call('POST', 'http://localhost:5001/data/historical', 200, { at: 1300, took: 900 }),
            transition(DOWNLOAD, 3000, 'running', 'completed'),
          ),
        ],
        operation: record(DOWNLOAD, 'completed', {
          ended: 3000,
          resultSummary: { rows_downloaded: 812, gaps_filled: 1, cache_hit: false },
        }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
  ]);
});

describe('service-timeout', () => {
  judge([
    {
      about: 'four tries of 30 s',
      case: caseOf({
        id: DOWNLOAD,
        now: 140_000,
        traces: [downloadTrace(...fourTimeouts, ended(SLOW, 127_000))],
        operation: failedRecord(SLOW, 127_000),
      }),
      answer: 'service-timeout/ib-host',
      confidence: 'certain',
      headline: ['localhost:5001', '4 requests'],
      shows: ['Host service timeout'],
    },
    {
      about: 'the real error after the orphan text',
      case: caseOf({
        id: DOWNLOAD,
        now: 140_000,
        traces: [downloadTrace(...fourTimeouts, ended(SLOW, 127_000, 'failed')), orphanCheck(DOWNLOAD, 65_000)],
        operation: failedRecord(SLOW, 127_000),
      }),
      answer: 'service-timeout/ib-host',
      shows: ['Host service timeout'],
    },
    {
      about: 'the same, with a record that is older than the trace',
      case: caseOf({
        id: DOWNLOAD,
        now: 140_000,
        traces: [downloadTrace(...fourTimeouts, ended(SLOW, 127_000, 'failed')), orphanCheck(DOWNLOAD, 65_000)],
        operation: failedRecord(ORPHANED, 65_000),
      }),
      answer: 'service-timeout/ib-host',
    },
    {
      about: 'documented: the IB host answers too late',
      case: caseOf({
        id: DOWNLOAD,
        now: 90_000,
        traces: [
          documentedTrace(
            DOWNLOAD,
            'DATA_DOWNLOAD',
            500,
            span(
              'data.fetch',
              {
                at: 20,
                took: 30_060,
                raises: ['TimeoutError', 'Request timed out'],
                attributes: { 'operation.id': DOWNLOAD },
              },
              failedCall(
                'http://localhost:5001/download_historical_data',
                ['TimeoutError', 'Request timed out'],
                22,
                30_000,
              ),
            ),
          ),
        ],
      }),
      answer: 'service-timeout/ib-host',
    },
    {
      about: 'documented: the training host answers too late',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        traces: [
          documentedTrace(
            TRAINING,
            'TRAINING',
            500,
            documentedSelection(TRAINING, 'SUCCESS', { total: 3, capable: 1, available: 1 }),
            span(
              'operation.dispatch',
              {
                at: 14,
                took: 30_040,
                status: 'error',
                attributes: { 'operation.id': TRAINING, 'dispatch.status': 'failed' },
              },
              failedCall('http://localhost:5002/training/start', ['httpx.ReadTimeout', ''], 15, 30_000),
            ),
          ),
        ],
      }),
      answer: 'service-timeout/training-host',
    },
    {
      about: 'the command line gave up waiting, because a worker hung',
      case: caseOf({
        now: 90_000,
        traces: [
          trace(
            span(
              'cli.backtest',
              { service: 'ktrdr-cli', at: 0, took: 30_100, status: 'error' },
              call(
                'POST',
                'http://localhost:8000/api/v1/backtests/start',
                null,
                { at: 2, took: 30_000, raises: NO_ANSWER },
                backtestRequest(
                  500,
                  selection({ capable: 1, available: 1 }),
                  failedCall('http://backtest-worker-1:5003/backtests/start', NO_ANSWER, 20, 29_900),
                ),
              ),
            ),
          ),
        ],
      }),
      answer: 'worker-unreachable/timeout',
    },
  ]);
});

describe('ib-gateway', () => {
  const refusedByIb = (text: string) =>
    caseOf({
      id: DOWNLOAD,
      now: 90_000,
      traces: [
        documentedTrace(
          DOWNLOAD,
          'DATA_DOWNLOAD',
          500,
          span('ib.fetch_historical', {
            service: IB_HOST,
            at: 20,
            took: 400,
            raises: ['IBError', text],
            attributes: { 'operation.id': DOWNLOAD },
          }),
        ),
      ],
    });
  const told = (text: string) =>
    caseOf({
      id: DOWNLOAD,
      now: 30_000,
      traces: [
        downloadTrace(
          call(
            'POST',
            'http://localhost:5001/data/historical',
            200,
            { at: 200, took: 800 },
            server(
              'POST /data/historical',
              IB_HOST,
              200,
              { at: 205, took: 790 },
              span('ib.fetch_historical', { at: 210, took: 700, raises: ['Exception', text] }),
            ),
          ),
          ended(`Host service error: ${text}`, 1200),
        ),
      ],
    });
  judge([
    {
      about: 'nothing listens behind the IB host',
      case: caseOf({
        id: DOWNLOAD,
        now: 140_000,
        traces: [downloadTrace(...fourTimeouts, ended(SLOW, 127_000))],
        neighbours: noGateway,
        operation: failedRecord(SLOW, 127_000),
      }),
      answer: 'ib-gateway/unreachable',
      confidence: 'certain',
      headline: ['127.0.0.1:4002', '13'],
      advises: ['nc -z -v localhost 4002'],
    },
    {
      about: 'the same while only the orphan text is known',
      case: caseOf({
        id: DOWNLOAD,
        now: 70_000,
        traces: [downloadTrace(...fourTimeouts.slice(0, 2)), orphanCheck(DOWNLOAD, 65_000)],
        neighbours: noGateway.slice(0, 7),
        operation: failedRecord(ORPHANED, 65_000),
      }),
      answer: 'ib-gateway/unreachable',
    },
    {
      about: 'it looks like an unknown symbol',
      case: caseOf({
        id: DOWNLOAD,
        now: 30_000,
        traces: [downloadTrace(call('POST', VALIDATE, 200, { at: 100, took: 4 }), ended('Symbol AAPL not found', 120))],
        neighbours: noGateway.slice(0, 1),
        operation: failedRecord('Symbol AAPL not found', 120),
      }),
      answer: 'ib-gateway/unreachable',
    },
    {
      about: 'pacing',
      case: told('IB error 420: pacing violation'),
      answer: 'ib-gateway/pacing',
      advises: ['60 seconds'],
    },
    {
      about: 'documented: pacing',
      case: refusedByIb(
        'Historical Market Data Service error message: API historical data query cancelled: pacing violation (error code 162)',
      ),
      answer: 'ib-gateway/pacing',
    },
    {
      about: 'documented: rate limit',
      case: refusedByIb('Error 100: Max rate of messages per second has been exceeded'),
      answer: 'ib-gateway/pacing',
    },
    {
      about: 'documented: no data',
      case: refusedByIb('Error 162: HMDS query returned no data: AAPL@SMART Trades'),
      answer: 'ib-gateway/no-data',
    },
    {
      about: 'documented: unknown contract',
      case: refusedByIb('Error 200: No security definition has been found for the request'),
      answer: 'ib-gateway/unknown-contract',
    },
    {
      about: 'documented: client id',
      case: refusedByIb('Error 326: Unable to connect as the client id is already in use'),
      answer: 'ib-gateway/client-id-in-use',
    },
    {
      about: 'documented: permission',
      case: refusedByIb('Error 354: Requested market data is not subscribed'),
      answer: 'ib-gateway/no-permission',
    },
    {
      about: 'documented: connection lost',
      case: refusedByIb('Error 1100: Connectivity between IB and TWS has been lost'),
      answer: 'ib-gateway/connection-lost',
    },
    {
      about: 'documented: the gateway refuses',
      case: caseOf({
        id: DOWNLOAD,
        now: 90_000,
        traces: [
          documentedTrace(
            DOWNLOAD,
            'DATA_DOWNLOAD',
            500,
            span('ib.connect', {
              service: IB_HOST,
              at: 20,
              took: 40,
              raises: ['ConnectionRefusedError', '[Errno 111] Connection refused'],
              attributes: {
                'operation.id': DOWNLOAD,
                'ib.host': '127.0.0.1',
                'ib.port': 4002,
                'ib.connection.status': 'DISCONNECTED',
              },
            }),
          ),
        ],
      }),
      answer: 'ib-gateway/unreachable',
      headline: ['4002'],
    },
    {
      about: 'a backtest does not care for the gateway',
      case: caseOf({
        id: BACKTEST,
        now: 30_000,
        traces: [
          trace(
            backtestRequest(
              200,
              selection({ capable: 1, available: 1 }),
              toBacktester(
                register(BACKTEST, 'backtesting'),
                transition(BACKTEST, 60, 'pending', 'running'),
                transition(BACKTEST, 900, 'running', 'completed'),
              ),
            ),
          ),
        ],
        neighbours: noGateway,
        operation: record(BACKTEST, 'completed', { ended: 900 }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
  ]);
});

describe('silent-empty-download', () => {
  const fetched = call('POST', 'http://localhost:5001/data/historical', 200, { at: 300, took: 700 });
  const done = [fetched, transition(DOWNLOAD, 1200, 'running', 'completed')];
  const empty = { rows_downloaded: 0, gaps_filled: 1, cache_hit: false };
  judge([
    {
      about: 'completed with nothing',
      case: caseOf({
        id: DOWNLOAD,
        now: 9000,
        traces: [downloadTrace(...done)],
        operation: record(DOWNLOAD, 'completed', {
          ended: 1200,
          symbol: 'AAPL',
          timeframe: '1h',
          resultSummary: empty,
        }),
      }),
      answer: 'silent-empty-download',
      confidence: 'certain',
      headline: ['AAPL 1h'],
      shows: ['0 rows'],
    },
    {
      about: 'the same without the API: it cannot be told',
      case: withoutApi(caseOf({ id: DOWNLOAD, now: 9000, traces: [downloadTrace(...done)] })),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'a fetch failed under a green answer',
      case: withoutApi(
        caseOf({
          id: DOWNLOAD,
          now: 9000,
          traces: [
            downloadTrace(
              call(
                'POST',
                'http://localhost:5001/data/historical',
                200,
                { at: 300, took: 700 },
                server(
                  'POST /data/historical',
                  IB_HOST,
                  200,
                  { at: 305, took: 690 },
                  span('ib.fetch_historical', { at: 310, took: 600, raises: ['Exception', 'no answer'] }),
                ),
              ),
              transition(DOWNLOAD, 1200, 'running', 'completed'),
            ),
          ],
        }),
      ),
      answer: 'silent-empty-download',
      confidence: 'likely',
    },
    {
      about: 'everything was in the cache',
      case: caseOf({
        id: DOWNLOAD,
        now: 9000,
        traces: [downloadTrace(transition(DOWNLOAD, 300, 'running', 'completed'))],
        operation: record(DOWNLOAD, 'completed', {
          ended: 300,
          resultSummary: { rows_downloaded: 0, gaps_filled: 0, cache_hit: true },
        }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'a full download',
      case: caseOf({
        id: DOWNLOAD,
        now: 9000,
        traces: [downloadTrace(...done)],
        operation: record(DOWNLOAD, 'completed', {
          ended: 1200,
          resultSummary: { rows_downloaded: 5000, gaps_filled: 1, cache_hit: false },
        }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'a download that runs',
      case: caseOf({
        id: DOWNLOAD,
        now: 9000,
        traces: [downloadTrace(fetched)],
        operation: record(DOWNLOAD, 'running', { percentage: 35, step: 'Downloading segment 3 of 9' }),
      }),
      answer: 'running',
      noAlarm: true,
    },
  ]);
});

describe('database', () => {
  const REFUSED = ['ConnectionRefusedError', "[Errno 111] Connect call failed ('127.0.0.1', 55432)"] as const;
  const DENIED = [
    'asyncpg.exceptions.InvalidPasswordError',
    'password authentication failed for user "ktrdr"',
  ] as const;
  const storing = (raises: readonly [string, string]) =>
    trace(
      backtestRequest(
        200,
        selection({ capable: 1, available: 1 }),
        toBacktester(register(BACKTEST, 'backtesting', { raises })),
      ),
    );
  judge([
    {
      about: 'the database is down',
      case: caseOf({
        id: BACKTEST,
        now: 30_000,
        traces: [storing(REFUSED)],
        operation: {
          kind: 'error',
          httpStatus: 400,
          message: `Failed to get operation status for ${BACKTEST}: ${REFUSED[1]}`,
          readAt: 0 as never,
        },
      }),
      answer: 'database/refused',
      confidence: 'certain',
      headline: ['127.0.0.1:55432'],
      advises: ['docker compose up -d db'],
    },
    {
      about: 'the same without the API',
      case: caseOf({ id: BACKTEST, now: 30_000, traces: [storing(REFUSED)] }),
      answer: 'database/refused',
    },
    {
      about: 'a wrong password on the worker: the API knows nothing',
      case: caseOf({
        id: BACKTEST,
        now: 30_000,
        traces: [storing(DENIED)],
        operation: { kind: 'not-found', readAt: 0 as never },
      }),
      answer: 'database/credentials',
      confidence: 'certain',
      headline: ['ktrdr', BACKTESTER],
      advises: ['exec backtest-worker-1 env', 'KTRDR_DB_'],
    },
    {
      about: 'only the API says so',
      case: caseOf({
        id: BACKTEST,
        now: 30_000,
        operation: {
          kind: 'error',
          httpStatus: 400,
          message: "Failed to get operation status: [Errno 111] Connect call failed ('10.0.0.9', 5432)",
          readAt: 0 as never,
        },
      }),
      answer: 'database/refused',
      confidence: 'likely',
      headline: ['10.0.0.9:5432'],
    },
  ]);
});
