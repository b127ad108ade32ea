import { describe } from 'vitest';
import { call, caseOf, record, server, span, withoutApi } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { DOWNLOAD, downloadTrace, IB_HOST, transition } from '../../../support/ktrdr-spans.ts';

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
