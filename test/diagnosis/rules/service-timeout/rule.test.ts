import { describe } from 'vitest';
import { call, caseOf, NO_ANSWER, span, trace } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  backtestRequest,
  DOWNLOAD,
  documentedSelection,
  downloadTrace,
  failedCall,
  orphanCheck,
  selection,
  TRAINING,
} from '../../../support/ktrdr-spans.ts';
import {
  documentedCase,
  failedDispatch,
  failedDownload,
  failedDownloadRecord,
  fourTimeouts,
  HOST_TIMEOUT,
} from '../../../support/scenes.ts';

const ORPHANED = 'Operation was RUNNING but no worker claimed it';

describe('service-timeout', () => {
  judge([
    {
      about: 'four tries of 30 s',
      case: caseOf({
        id: DOWNLOAD,
        now: 140_000,
        traces: [downloadTrace(...fourTimeouts, failedDownload(HOST_TIMEOUT, 127_000))],
        operation: failedDownloadRecord(HOST_TIMEOUT, 127_000),
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
        traces: [
          downloadTrace(...fourTimeouts, failedDownload(HOST_TIMEOUT, 127_000, 'failed')),
          orphanCheck(DOWNLOAD, 65_000),
        ],
        operation: failedDownloadRecord(HOST_TIMEOUT, 127_000),
      }),
      answer: 'service-timeout/ib-host',
      shows: ['Host service timeout'],
    },
    {
      about: 'the same, with a record that is older than the trace',
      case: caseOf({
        id: DOWNLOAD,
        now: 140_000,
        traces: [
          downloadTrace(...fourTimeouts, failedDownload(HOST_TIMEOUT, 127_000, 'failed')),
          orphanCheck(DOWNLOAD, 65_000),
        ],
        operation: failedDownloadRecord(ORPHANED, 65_000),
      }),
      answer: 'service-timeout/ib-host',
    },
    {
      about: 'documented: the IB host answers too late',
      case: documentedCase(
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
      answer: 'service-timeout/ib-host',
    },
    {
      about: 'documented: the training host answers too late',
      case: documentedCase(
        TRAINING,
        'TRAINING',
        500,
        documentedSelection(TRAINING, 'SUCCESS', { total: 3, capable: 1, available: 1 }),
        failedDispatch(
          TRAINING,
          30_040,
          failedCall('http://localhost:5002/training/start', ['httpx.ReadTimeout', ''], 15, 30_000),
        ),
      ),
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
