import { describe, expect, it } from 'vitest';
import { micros } from '../../../src/diagnosis/trace.ts';
import { filterFor, readOption, type SearchCriteria } from '../../../src/jobs/search/options.ts';
import { parseSearchWords } from '../../../src/jobs/search/words.ts';

const NOW = micros(Date.parse('2026-05-12T12:00:00Z') * 1000);
const HOUR = 3_600_000_000;
const ID = 'op_data_load_20260512_093000_0a1b2c3d';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('a search in words', () => {
  it.each<[string, SearchCriteria]>([
    ['', {}],
    [
      'failed training since 6h AAPL',
      { status: 'failed', type: 'training', since: micros(NOW - 6 * HOUR), symbol: 'AAPL' },
    ],
    ['all the FAILED trainings', { status: 'failed', type: 'training' }],
    ['DATA_DOWNLOAD in the last 2d', { type: 'data_load', since: micros(NOW - 48 * HOUR) }],
    [
      'backtests of EURUSD on 1h longer than 10m',
      { type: 'backtesting', symbol: 'EURUSD', timeframe: '1h', minDurationMs: 600_000 },
    ],
    [
      'ConnectionRefusedError since 2026-05-12',
      { errorType: 'ConnectionRefusedError', since: micros(NOW - 12 * HOUR) },
    ],
    ['errors until 2026-05-12T10:00', { hasError: true, until: micros(NOW - 2 * HOUR) }],
    [`“${ID}”`, { operationId: ID }],
    [`trace_id=${TRACE}`, { traceId: TRACE }],
    ['neuro_mean_reversion', { strategy: 'neuro_mean_reversion' }],
    ['strategy momentum', { strategy: 'momentum' }],
    ['ktrdr-ib-host-service', { service: 'ktrdr-ib-host-service' }],
    ['on worker-abc123', { worker: 'worker-abc123' }],
    ['training-worker-1a2b3c4d', { worker: 'training-worker-1a2b3c4d' }],
    ['operation.type=TRAINING data.symbol=AAPL error=true', { type: 'training', symbol: 'AAPL', hasError: true }],
    ['exception.type=ValueError worker.id=w1', { errorType: 'ValueError', worker: 'w1' }],
    ['otel.status_code=ERROR operation.status=FAILED', { hasError: true, status: 'failed' }],
    ['worker_registry.selection_status=NO_CAPABLE_WORKERS', { tags: [['worker.capable_workers', '0']] }],
    [
      'gate.name=training http.url=http://a:1/b?c=d',
      {
        tags: [
          ['gate.name', 'training'],
          ['http.url', 'http://a:1/b?c=d'],
        ],
      },
    ],
    ['limit=5 type=agent', { limit: 5, type: 'agent_research' }],
    ['failed last hour', { status: 'failed', since: micros(NOW - HOUR) }],
    ['failed over the last 2 days AAPL', { status: 'failed', since: micros(NOW - 48 * HOUR), symbol: 'AAPL' }],
    ['failed 2 hours ago', { status: 'failed', since: micros(NOW - 2 * HOUR) }],
    ['since yesterday', { since: micros(NOW - 36 * HOUR) }],
    ['failed yesterday', { status: 'failed', since: micros(NOW - 36 * HOUR), until: micros(NOW - 12 * HOUR) }],
    ['failed today', { status: 'failed', since: micros(NOW - 12 * HOUR) }],
    ['yesterday at 17h EURUSD', { since: micros(NOW - 19 * HOUR), symbol: 'EURUSD' }],
    ['backtests since 2d 1h', { type: 'backtesting', since: micros(NOW - 48 * HOUR), timeframe: '1h' }],
    ['running longer than 2 hours 5 min', { status: 'running', minDurationMs: 7_500_000 }],
    ['failed --since=2d --type backtest', { status: 'failed', since: micros(NOW - 48 * HOUR), type: 'backtesting' }],
    ['--status failed --since 2 hours', { status: 'failed', since: micros(NOW - 2 * HOUR) }],
    ['since 11:00 Europe/Berlin AAPL', { since: micros(NOW - 3 * HOUR), symbol: 'AAPL' }],
    ['since=yesterday 17:00', { since: micros(NOW - 19 * HOUR) }],
    ['yesterday Europe/Berlin', { since: micros(NOW - 38 * HOUR), until: micros(NOW - 14 * HOUR) }],
    ['SUN since MON', { symbol: 'SUN', since: micros(NOW - 36 * HOUR) }],
  ])('%s', (text, request) => {
    expect(parseSearchWords(text, NOW)).toEqual({
      kind: 'criteria',
      request: text === '' ? {} : { tags: [], ...request },
    });
  });

  it.each([
    ['purple', /“purple” isn’t a search word\. For example: failed training AAPL 1h since 6h/],
    ['since', /A value is missing after “since”/],
    ['since someday', /“since”: “someday” isn’t a duration or a time\. Use 6h, yesterday, or 2026-01-09T06:00:00Z\./],
    ['longer than 2x', /“than”: “2x” isn’t a duration\. Use 30m, 24h, or 7d\./],
    ['running for two hours', /“for two hours” can mean two things\. Use since 2 hours, or longer than 2 hours\./],
    ['type=purple', /“type” must be one of training, backtest/],
    ['failed --foo', /“--foo” isn’t an option of search\. It takes service, type, status/],
    ['failed --foo=bar', /“--foo” isn’t an option of search/],
    ['failed since 2026-04-31', /“2026-04-31” isn’t a valid date\. Use 2026-01-09 or 2026-01-09T06:00:00Z\./],
    ['since=2026-02-30', /“2026-02-30” isn’t a valid date/],
    ['until=yesterday since=1h', /“since 1h” must be earlier than “until yesterday”\./],
    ['failed since 0h', /“since 0h” must be in the past, such as 6h or yesterday\./],
    ['failed since 2026-12-31', /“since 2026-12-31” must be in the past/],
    ['failed 24', /“24” isn’t a duration\. Use 30m, 24h, or 7d\./],
    ['failed 5x', /“5x” isn’t a duration\. Use/],
    ['failed -3h', /“-3h” isn’t a duration\. Use/],
    ['since 2026-04-30 25:00', /“25:00” isn’t a time of day\. Use/],
    ['failed AAPL 9:30', /“9:30” can be the start or the end\. Use since 9:30 or until 9:30\./],
    ['since 16:00 Europe/Berln', /“Europe\/Berln” isn’t a time zone/],
    ['symbol=', /A value is missing after “symbol=”\./],
    ['limit=0', /“limit” must be a number from 1 to 200/],
  ])('%s is refused', (text, problem) => {
    const read = parseSearchWords(text, NOW);
    expect(read.kind === 'wrong' ? read.problem : read).toMatch(problem);
  });
});

describe('the time of a search', () => {
  it('begins as far back as usual and ends a minute from now', () => {
    expect(filterFor({}, NOW, 3_600_000)).toEqual({
      tags: [],
      limit: 20,
      window: { from: NOW - HOUR, to: NOW + 60_000_000 },
    });
  });

  it('goes back from its end when only that is given', () => {
    const until = micros(NOW - 5 * HOUR);
    expect(filterFor({ until }, NOW, 3_600_000).window).toEqual({ from: until - HOUR, to: until });
  });

  it('has days of the time zone that it is read in', () => {
    const midnight = micros(Date.parse('2026-05-10T22:00:00Z') * 1000);
    for (const text of ['since yesterday', 'since=yesterday'])
      expect(parseSearchWords(text, NOW, 'Europe/Berlin')).toMatchObject({ request: { since: midnight } });
  });

  it('knows options by name alone', () => {
    expect(readOption('toString', 'x', NOW).kind).toBe('wrong');
  });
});
