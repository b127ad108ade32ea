import { describe } from 'vitest';
import { call, caseOf, NO_ANSWER, record, span, trace } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  backtestRequest,
  DOWNLOAD,
  documentedSelection,
  documentedTrace,
  downloadTrace,
  failedCall,
  orphanCheck,
  selection,
  TRAINING,
  transition,
} from '../../../support/ktrdr-spans.ts';

const VALIDATE = 'http://localhost:5001/data/validate';
const SLOW = 'Host service timeout: Request timed out after 4 attempts: ';
const ended = (error: string, at: number, from = 'running') => transition(DOWNLOAD, at, from, 'failed', { error });
const failedRecord = (error: string, at: number) =>
  record(DOWNLOAD, 'failed', { ended: at, errorMessage: error, symbol: 'AAPL', timeframe: '1h' });
const fourTimeouts = [0, 1, 2, 3].map((i) => failedCall(VALIDATE, NO_ANSWER, 200 + i * 31_000, 30_000));
const ORPHANED = 'Operation was RUNNING but no worker claimed it';

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
