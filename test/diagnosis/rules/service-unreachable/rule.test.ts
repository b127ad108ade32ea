import { describe } from 'vitest';
import { call, caseOf, NO_CONNECTION, record, span } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  DOWNLOAD,
  documentedSelection,
  documentedTrace,
  documentedWork,
  downloadTrace,
  failedCall,
  TRAINING,
  transition,
} from '../../../support/ktrdr-spans.ts';

const VALIDATE = 'http://localhost:5001/data/validate';
const DOWN = 'Host service connection failed: HTTP error for POST /data/validate: All connection attempts failed';
const ended = (error: string, at: number, from = 'running') => transition(DOWNLOAD, at, from, 'failed', { error });
const failedRecord = (error: string, at: number) =>
  record(DOWNLOAD, 'failed', { ended: at, errorMessage: error, symbol: 'AAPL', timeframe: '1h' });

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
