import { describe } from 'vitest';
import { call, caseOf, NO_CONNECTION, record, span } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  BACKTEST,
  backtestTrace,
  DOWNLOAD,
  documentedSelection,
  downloadTrace,
  failedCall,
  TRAINING,
  transition,
} from '../../../support/ktrdr-spans.ts';
import {
  documentedCase,
  documentedRun,
  failedDispatch,
  failedDownload,
  failedDownloadRecord,
  VALIDATE,
} from '../../../support/scenes.ts';

const DOWN = 'Host service connection failed: HTTP error for POST /data/validate: All connection attempts failed';
const UNRESOLVED = DOWN.replace('All connection attempts failed', '[Errno -2] Name or service not known');

describe('service-unreachable', () => {
  judge([
    {
      about: 'a download without the IB host',
      case: caseOf({
        id: DOWNLOAD,
        now: 9000,
        traces: [downloadTrace(failedCall(VALIDATE, NO_CONNECTION, 150), failedDownload(DOWN, 170))],
        operation: failedDownloadRecord(DOWN, 170),
      }),
      answer: 'service-unreachable/ib-host',
      confidence: 'certain',
      headline: ['localhost:5001'],
      advises: ['cd ib-host-service && ./start.sh', 'IB_HOST_SERVICE_URL'],
    },
    {
      about: 'the same where its name cannot be resolved, by the words alone',
      case: caseOf({
        id: DOWNLOAD,
        now: 9000,
        traces: [downloadTrace(failedDownload(UNRESOLVED, 170))],
        operation: failedDownloadRecord(UNRESOLVED, 170),
      }),
      answer: 'service-unreachable/ib-host',
      headline: ['The IB host service is unreachable'],
    },
    ...[
      ['[Errno -2] Name or service not known', 'api.stlouisfed.org', 'network, DNS'],
      [
        "Client error '400 Bad Request' for url 'https://api.stlouisfed.org/fred/series/observations?api_key='",
        'HTTP 400',
        'KTRDR_FRED_API_KEY',
      ],
    ].map(([reason = '', headline = '', advice = '']) => ({
      about: `FRED: ${reason}`,
      case: caseOf({
        id: BACKTEST,
        now: 9000,
        traces: [
          backtestTrace(
            transition(BACKTEST, 900, 'running', 'failed', {
              error: `Failed to fetch context data from 'fred': ${reason}. Context data is required for this model — backtest cannot proceed without it.`,
            }),
          ),
        ],
      }),
      answer: 'service-unreachable/data-provider',
      confidence: 'likely' as const,
      headline: [headline],
      advises: [advice],
    })),
    {
      about: 'the same by the record alone',
      case: caseOf({ id: DOWNLOAD, now: 9000, operation: failedDownloadRecord(DOWN, 170) }),
      answer: 'service-unreachable/ib-host',
      confidence: 'likely',
    },
    {
      about: 'documented: the training host is down',
      case: documentedCase(
        TRAINING,
        'TRAINING',
        500,
        documentedSelection(TRAINING, 'SUCCESS', { total: 3, capable: 1, available: 1 }),
        failedDispatch(
          TRAINING,
          40,
          failedCall('http://localhost:5002/training/start', [
            'ConnectionRefusedError',
            '[Errno 111] Connection refused',
          ]),
        ),
      ),
      answer: 'service-unreachable/training-host',
      headline: ['training host', '5002'],
      advises: ['training-host-service/start.sh'],
    },
    {
      about: 'documented: the worker cannot reach the training host',
      case: documentedRun(
        TRAINING,
        'TRAINING',
        { raises: ['ConnectionRefusedError', '[Errno 111] Connection refused'] },
        failedCall(
          'http://host.docker.internal:5002/training/start',
          ['ConnectionRefusedError', '[Errno 111] Connection refused'],
          30,
        ),
      ),
      answer: 'service-unreachable/training-host',
    },
    {
      about: 'documented: a worker gets no data from the IB host',
      case: documentedCase(
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
