import { describe, expect, it } from 'vitest';
import { micros } from '../../../src/diagnosis/trace.ts';
import { digestOf, windowBefore } from '../../../src/jobs/digest/digest.ts';
import { nextTime, readDigestWords, wordsOfPlan } from '../../../src/jobs/digest/words.ts';
import type { OperationHit } from '../../../src/jobs/search/search-operations.ts';

const HOUR = 3_600_000_000;
const NOW = micros(Date.parse('2026-05-12T12:00:00Z') * 1000);
const WINDOW = { from: micros(NOW - 24 * HOUR), to: NOW };

let count = 0;
function hit(hoursAgo: number, changes: Partial<OperationHit> = {}): OperationHit {
  count += 1;
  const at = new Date((NOW - hoursAgo * HOUR) / 1000).toISOString();
  return {
    operationId: `op_training_20260512_060000_${count}`,
    traceId: `trace-${count}`,
    type: 'training',
    status: 'failed',
    symbol: 'EURUSD',
    timeframe: '1h',
    startedAt: at,
    endedAt: at,
    durationMs: 1000,
    cause: 'data-missing/not-cached',
    headline: `Headline ${count}.`,
    provisional: false,
    ...changes,
  };
}

function digest(hits: readonly OperationHit[], before: readonly OperationHit[] | null = []) {
  return digestOf({ window: WINDOW, type: null, hits, before, gaps: [] });
}

describe('a digest', () => {
  it('groups by cause, the largest first, the newest operation of each first', () => {
    const none = { cause: 'workers-unavailable/none-registered', operationId: null };
    const of = (symbol: string) => ({ symbol, headline: `No data for ${symbol} 1h.` });
    const { total, groups } = digest([
      hit(1, of('EURUSD')),
      hit(2, none),
      hit(3, of('AUDUSD')),
      hit(0.5, none),
      hit(4, of('EURUSD')),
    ]);
    expect(total).toBe(5);
    expect(groups.map(({ cause, count: n }) => [cause, n])).toEqual([
      ['data-missing', 3],
      ['workers-unavailable', 2],
    ]);
    expect(groups[0]?.about).toEqual([
      { name: 'EURUSD 1h', count: 2 },
      { name: 'AUDUSD 1h', count: 1 },
    ]);
    for (const { operations } of groups) {
      const times = operations.map(({ failedAt }) => failedAt);
      expect(times).toEqual(times.toSorted().reverse());
    }
  });

  it('joins the variants of a rule, and counts them', () => {
    const { groups } = digest([
      hit(1, { cause: 'data-missing/not-cached' }),
      hit(2, { cause: 'data-missing/outside-range' }),
      hit(3, { cause: 'data-missing/not-cached' }),
      hit(4, { cause: 'database/refused' }),
    ]);
    expect(groups.map(({ cause, variants }) => [cause, variants])).toEqual([
      [
        'data-missing',
        [
          { name: 'not cached', count: 2 },
          { name: 'outside range', count: 1 },
        ],
      ],
      ['database', []],
    ]);
  });

  it('names subjects of one kind: the market where most headlines are about it, otherwise the type', () => {
    const none = { cause: 'workers-unavailable/none-registered' };
    const { groups } = digest([
      hit(1, { ...none, type: 'backtesting', symbol: 'TSLA' }),
      hit(2, { ...none, symbol: null }),
      hit(3, none),
    ]);
    expect(groups.map(({ about }) => about)).toEqual([
      [
        { name: 'training', count: 2 },
        { name: 'backtest', count: 1 },
      ],
    ]);
  });

  it('counts what is snoozed or muted where it is read, and tells the others only', () => {
    const none = { cause: 'workers-unavailable/none-registered' };
    const [known, old] = [hit(1), hit(30)];
    const isMuted = ({ operationId, cause }: OperationHit) =>
      operationId === known?.operationId || cause === none.cause;
    const hits = [known, hit(2), hit(3, none)];
    const found = digestOf({ window: WINDOW, type: null, hits, before: [old], gaps: [], isMuted });
    expect(found).toMatchObject({ total: 3, silenced: 2, before: 1 });
    expect(found.groups.map(({ cause, count: n }) => [cause, n])).toEqual([['data-missing', 1]]);
    expect(found.groups[0]?.operations[0]?.operationId).not.toBe(known?.operationId);
  });

  it('says what is wrong in the words of the one story, or of the cause', () => {
    const same = { headline: 'The only backtest worker is busy.', cause: 'workers-unavailable/all-busy' };
    const { groups } = digest([
      hit(1, same),
      hit(2, same),
      hit(1),
      hit(2),
      hit(3, { cause: null }),
      hit(4, { cause: null }),
    ]);
    expect(groups.map(({ meaning }) => meaning).toSorted()).toEqual([
      'Market data missing',
      'No cause found',
      'The only backtest worker is busy.',
    ]);
  });

  it.each<[string, readonly OperationHit[], readonly OperationHit[] | null, number, number | null]>([
    ['counts both windows', [hit(1), hit(23)], [hit(25), hit(47), hit(30)], 2, 3],
    ['knows no trend when the time before could not be read', [hit(1)], null, 1, null],
    ['counts where an operation failed, not where it began', [hit(1, { startedAt: hit(30).startedAt })], [], 1, 0],
    ['leaves out what failed after its end', [hit(-0.5)], [hit(24.5)], 0, 1],
    [
      'counts what was found by both searches once',
      [hit(1, { operationId: 'a' })],
      [hit(1, { operationId: 'a' })],
      1,
      0,
    ],
    ['gives a moment on the border to the later window', [hit(24)], [hit(24, { operationId: 'b' }), hit(48)], 2, 1],
    [
      'counts undated failures in the window they were found in',
      [hit(1, { startedAt: null, endedAt: null })],
      [],
      1,
      0,
    ],
    [
      'leaves out what went well in the end',
      [hit(1, { status: 'completed' }), hit(1, { status: 'running' })],
      [],
      0,
      0,
    ],
  ])('%s', (_what, hits, before, total, earlier) => {
    expect(digest(hits, before)).toMatchObject({ total, before: earlier });
  });

  it('counts false alarms of the orphan detector apart, however they ended', () => {
    const alarm = { cause: 'worker-lost/false-alarm' };
    const found = digest([hit(1, alarm), hit(2, { ...alarm, status: 'completed' }), hit(3)], [hit(30, alarm)]);
    expect(found).toMatchObject({ total: 1, before: 0, falseAlarms: 2 });
    expect(found.falseAlarmIds).toHaveLength(2);
    expect(found.groups).toHaveLength(1);
  });

  it('compares each cause with the time before', () => {
    const { groups } = digest([hit(1), hit(2, { cause: 'database/refused' })], [hit(30), hit(31)]);
    expect(Object.fromEntries(groups.map(({ cause, before }) => [cause, before]))).toEqual({
      'data-missing': 2,
      database: 0,
    });
  });

  it('is empty when nothing failed', () => {
    expect(digest([])).toMatchObject({ total: 0, before: 0, groups: [], falseAlarms: 0 });
  });

  it('has a window of the same length before it', () => {
    expect(windowBefore(WINDOW)).toEqual({ from: NOW - 48 * HOUR, to: NOW - 24 * HOUR });
  });
});

const DAY_MS = 86_400_000;
const HOUR_MS = DAY_MS / 24;
const set = (cron: string, more: object = {}) => ({
  kind: 'set',
  plan: { cron, tz: 'UTC', sinceMs: DAY_MS, type: null, ...more },
});

describe('what stands behind digest', () => {
  it.each<[string, object]>([
    ['', { kind: 'show' }],
    ['show', { kind: 'show' }],
    ['off', { kind: 'off' }],
    ['now', { kind: 'now', sinceMs: DAY_MS, type: null }],
    ['now 6h backtests', { kind: 'now', sinceMs: DAY_MS / 4, type: 'backtesting' }],
    ['now last 7d', { kind: 'now', sinceMs: 7 * DAY_MS, type: null }],
    ['now last 2 days', { kind: 'now', sinceMs: 2 * DAY_MS, type: null }],
    ['now yesterday', { kind: 'now', sinceMs: 1.5 * DAY_MS, type: null }],
    ['now since yesterday, trainings', { kind: 'now', sinceMs: 1.5 * DAY_MS, type: 'training' }],
    ['now since 9:30', { kind: 'now', sinceMs: 2.5 * HOUR_MS, type: null }],
    ['set daily', set('0 9 * * *')],
    ['set 9:30', set('30 9 * * *')],
    ['set every day at 5pm', set('0 17 * * *')],
    ['set at 12am', set('0 0 * * *')],
    ['set weekdays at 8 Europe/Berlin', set('0 8 * * 1-5', { tz: 'Europe/Berlin' })],
    ['SET Weekdays 08:15, training', set('15 8 * * 1-5', { type: 'training' })],
    ['set mondays at 10', set('0 10 * * 1', { sinceMs: 7 * DAY_MS })],
    ['set weekly', set('0 9 * * 1', { sinceMs: 7 * DAY_MS })],
    ['set weekly on fri 12h', set('0 9 * * 5', { sinceMs: DAY_MS / 2 })],
    ['set weekdays at 17h', set('0 17 * * 1-5')],
    ['set weekdays at 17h over the last 2 days', set('0 17 * * 1-5', { sinceMs: 2 * DAY_MS })],
    ['set every 2 hours', set('0 */2 * * *', { sinceMs: 2 * HOUR_MS })],
    ['set mon,wed 9:00', set('0 9 * * 1,3', { sinceMs: 5 * DAY_MS })],
    ['set monday and friday', set('0 9 * * 1,5', { sinceMs: 4 * DAY_MS })],
    ['set 9:00 CET', set('0 9 * * *', { tz: 'CET' })],
    ['set hourly', set('0 * * * *', { sinceMs: DAY_MS / 24 })],
    ['set 0 9 * * 1-5', set('0 9 * * 1-5')],
    [
      'set “*/30 * * * *” America/New_York since 2h',
      set('*/30 * * * *', { tz: 'America/New_York', sinceMs: DAY_MS / 12 }),
    ],
    ['set 0 9 1 * MON UTC', set('0 9 1 * MON')],
  ])('%j', (text, request) => {
    expect(readDigestWords(text, NOW / 1000)).toEqual(request);
  });

  it.each<[string, RegExp]>([
    ['later', /“later” isn’t now, show, set, or off/],
    ['now daily', /“daily” isn’t valid here/],
    ['now last 2x', /“2x” isn’t a duration\. Use 30m, 24h, or 7d\./],
    ['now 90d', /“90d” isn’t between 1m and 31d\. Use 30m, 24h, or 7d\./],
    ['set daily since yesterday', /“yesterday” isn’t a duration\. Use/],
    ['set at 9 10', /“at 9” and “10” are two times of day/],
    ['set 0 9 * * 1 at 10', /The cron pattern already sets the time/],
    ['set every minute', /more often than every 10 minutes/],
    ['set', /schedule is missing/],
    ['set at 25', /“25” isn’t a time of day\. Use/],
    ['set 13pm', /“13pm” isn’t a time of day\. Use/],
    ['set 99 9 * * *', /“99 9 \* \* \*” isn’t a valid five-field cron pattern\. Use/],
    ['set * * * * *', /more often than every 10 minutes/],
    ['set daily Europe/Atlantis', /“Europe\/Atlantis” isn’t valid here/],
    ['set daily <!channel>', /isn’t valid here/],
  ])('%j is refused', (text, problem) => {
    const request = readDigestWords(text, NOW / 1000);
    expect(request.kind === 'unclear' ? request.problem : request).toMatch(problem);
  });

  it('keeps to the time zone when the clocks change', () => {
    const plan = { cron: '0 9 * * *', tz: 'Europe/Berlin' };
    const winter = nextTime(plan, Date.parse('2026-10-24T12:00:00Z'));
    const summer = nextTime(plan, Date.parse('2026-10-23T12:00:00Z'));
    expect([summer, winter].map((at) => new Date(at ?? 0).toISOString())).toEqual([
      '2026-10-24T07:00:00.000Z',
      '2026-10-25T08:00:00.000Z',
    ]);
    expect(nextTime({ cron: 'no', tz: 'UTC' }, 0)).toBeNull();
  });
});

describe('a schedule in words', () => {
  it.each([
    'weekdays at 9:00 Europe/Berlin',
    'hourly training',
    'monday 8:30 America/New_York since 90m',
    'mon,wed,fri 17h30 CET since 90s',
    'every 2 hours backtests',
    '0 9 * * 1-5 UTC',
  ])('%j can be typed again as it was understood', (words) => {
    const now = Date.parse('2026-05-12T12:00:00Z');
    const read = readDigestWords(`set ${words}`, now);
    if (read.kind !== 'set') throw new Error(JSON.stringify(read));
    expect(readDigestWords(`set ${wordsOfPlan(read.plan)}`, now)).toEqual(read);
  });
});
