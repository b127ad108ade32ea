import { describe } from 'vitest';
import { call, caseOf, type Draft, record, server, span, withoutApi } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { DOWNLOAD, downloadTrace, IB_HOST, transition } from '../../../support/ktrdr-spans.ts';

describe('silent-empty-download', () => {
  const fetched = call('POST', 'http://localhost:5001/data/historical', 200, { at: 300, took: 700 });
  const done = [fetched, transition(DOWNLOAD, 1200, 'running', 'completed')];
  const empty = { rows_downloaded: 0, gaps_filled: 1, cache_hit: false };
  const NO_DATA = ['ib.exceptions.IBError', 'HMDS query returned no data'] as const;
  /** The fetch of one month, if it is told; otherwise, its span has no dates. */
  const fetch = (at: number, month: number | null, raises?: typeof NO_DATA): Draft => {
    const dates = { 'data.start_date': `2026-0${month}-01`, 'data.end_date': `2026-0${month}-28` };
    return call(
      'POST',
      'http://localhost:5001/data/historical',
      200,
      { at, took: 90 },
      server(
        'POST /data/historical',
        IB_HOST,
        200,
        { at: at + 5, took: 80 },
        span('ib.fetch_historical', {
          at: at + 10,
          took: 70,
          ...(month === null ? {} : { attributes: dates }),
          ...(raises === undefined ? {} : { raises }),
        }),
      ),
    );
  };
  const segments = (...fetches: readonly Draft[]) =>
    caseOf({
      id: DOWNLOAD,
      now: 9000,
      traces: [downloadTrace(...fetches, transition(DOWNLOAD, 1200, 'running', 'completed'))],
      operation: record(DOWNLOAD, 'completed', {
        ended: 1200,
        symbol: 'AAPL',
        timeframe: '1h',
        resultSummary: { rows_downloaded: 500, gaps_filled: 1, cache_hit: false },
      }),
    });
  judge([
    {
      about: 'the last fetches failed, and others brought rows',
      case: segments(fetch(100, null), fetch(200, null, NO_DATA), fetch(300, null, NO_DATA)),
      answer: 'silent-empty-download',
      confidence: 'likely',
      headline: ['2 of 3 fetches from IB failed and no retry succeeded: AAPL 1h'],
      shows: ['HMDS query returned no data', 'returned HTTP 200'],
    },
    {
      about: 'the last request failed before it reached a fetch',
      case: segments(fetch(100, 1), call('POST', 'http://localhost:5001/data/historical', 503, { at: 200, took: 90 })),
      answer: 'silent-empty-download',
      headline: ['1 of 2 fetches'],
    },
    {
      about: 'a segment failed, and later fetches brought other dates',
      case: segments(fetch(100, 1), fetch(200, 2, NO_DATA), fetch(300, 3)),
      answer: 'silent-empty-download',
      headline: ['1 of 3 fetches'],
    },
    {
      about: 'a later fetch of the same dates succeeded',
      case: segments(fetch(100, 1), fetch(200, 2, NO_DATA), fetch(300, 3), fetch(400, 2)),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'a later fetch, perhaps of the same dates, succeeded',
      case: segments(fetch(100, null), fetch(200, null, NO_DATA), fetch(300, null)),
      answer: 'healthy',
      noAlarm: true,
    },
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
