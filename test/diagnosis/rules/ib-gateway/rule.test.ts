import { describe } from 'vitest';
import { call, caseOf, record, server, span, trace } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  BACKTEST,
  backtestRequest,
  DOWNLOAD,
  downloadTrace,
  IB_HOST,
  orphanCheck,
  register,
  selection,
  toBacktester,
  transition,
} from '../../../support/ktrdr-spans.ts';
import {
  documentedCase,
  failedDownload,
  failedDownloadRecord,
  fourTimeouts,
  HOST_TIMEOUT,
  VALIDATE,
} from '../../../support/scenes.ts';

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

describe('ib-gateway', () => {
  const refusedByIb = (text: string) =>
    documentedCase(
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
    );
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
          failedDownload(`Host service error: ${text}`, 1200),
        ),
      ],
    });
  judge([
    {
      about: 'nothing listens behind the IB host',
      case: caseOf({
        id: DOWNLOAD,
        now: 140_000,
        traces: [downloadTrace(...fourTimeouts, failedDownload(HOST_TIMEOUT, 127_000))],
        neighbours: noGateway,
        operation: failedDownloadRecord(HOST_TIMEOUT, 127_000),
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
        operation: failedDownloadRecord(ORPHANED, 65_000),
      }),
      answer: 'ib-gateway/unreachable',
    },
    {
      about: 'it looks like an unknown symbol',
      case: caseOf({
        id: DOWNLOAD,
        now: 30_000,
        traces: [
          downloadTrace(
            call('POST', VALIDATE, 200, { at: 100, took: 4 }),
            failedDownload('Symbol AAPL not found', 120),
          ),
        ],
        neighbours: noGateway.slice(0, 1),
        operation: failedDownloadRecord('Symbol AAPL not found', 120),
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
      case: documentedCase(
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
