import { describe, expect, it } from 'vitest';
import {
  type Alert,
  type Diagnosed,
  groupOf,
  isToldOf,
  withCompleted,
  withFailures,
  withoutQuiet,
} from '../../../src/jobs/alert/board.ts';
import { nothingFound } from '../../support/nothing-found.ts';
import { answerOf } from '../answer/question-set.ts';

const NOW = Date.parse('2026-12-01T12:00:00Z');
const DAY_MS = 86_400_000;
const CHANNEL = { teamId: 'T0KTRDR', channel: 'C0OPS' };

function failure(key: string, group: string, at = NOW, type = 'training'): Diagnosed {
  const about = { name: key, type, headline: `${group} failed.`, diagnosis: nothingFound, answer: answerOf(group) };
  return { key, group, at, ...about };
}

const add = (alerts: readonly Alert[], failures: readonly Diagnosed[], nowMs = NOW) =>
  withFailures(alerts, failures, { channel: CHANNEL, nowMs });
const groupsOf = (alerts: readonly Alert[]) => alerts.map(({ causes }) => causes.map(({ group }) => group));

describe('the alerts of a channel', () => {
  it('are one for each cause, with each failure once, however often it is seen', () => {
    const failures = [failure('a', 'data'), failure('b', 'data'), failure('c', 'model')];
    const once = add([], failures);
    const again = add(once.alerts, failures, NOW + 60_000);
    expect(groupsOf(once.alerts)).toEqual([['data'], ['model']]);
    expect(again.alerts).toEqual(once.alerts);
    // What a crash has left unsaid is said again.
    expect(again.touched).toEqual(once.alerts);
    expect(once.alerts.map(({ count }) => count)).toEqual([2, 1]);
  });

  it('have the same ID when they are begun again after a crash', () => {
    const [first, second] = [0, 1000].map((laterMs) => add([], [failure('a', 'data')], NOW + laterMs).alerts[0]);
    expect(first?.alertId).toBe(second?.alertId);
  });

  it.each([
    [5, 0, 5],
    [6, 0, 1],
    [3, 5, 4],
  ])('of %i causes at once, with %i in the minute before, take %i messages more', (count, before, messages) => {
    const causes = (name: string, many: number) =>
      Array.from({ length: many }, (_, i) => failure(`${name}${i}`, `${name}${i}`));
    const { alerts } = add([], causes('before', before), NOW - 30_000);
    const after = add(alerts, causes('now', count));
    expect(after.alerts.length - alerts.length).toBe(before > 0 ? 1 : messages);
    expect(after.alerts.reduce((sum, alert) => sum + alert.count, 0)).toBe(count + before);
  });

  it('count a cause of a shared message there', () => {
    const many = Array.from({ length: 7 }, (_, i) => failure(`k${i}`, `cause${i}`));
    const { alerts } = add([], many);
    const again = add(alerts, [failure('later', 'cause3', NOW + 3_600_000)], NOW + 3_600_000);
    expect(again.alerts).toHaveLength(1);
    expect(again.alerts[0]?.count).toBe(8);
  });

  it('are over by an operation of the type that completed later, and open again by another failure', () => {
    const { alerts } = add([], [failure('a', 'data')]);
    expect(withCompleted(alerts, 'backtesting', NOW + 1).touched).toEqual([]);
    expect(withCompleted(alerts, 'training', NOW - 1).touched).toEqual([]);
    const over = withCompleted(alerts, 'training', NOW + 1);
    expect(over.touched.map((alert) => alert.over)).toEqual([{ at: NOW + 1, by: 'training' }]);
    expect(withCompleted(over.alerts, 'training', NOW + 2).touched).toEqual([]);
    const again = add(over.alerts, [failure('b', 'data', NOW + 5)]);
    expect(again.alerts.map(({ over: ended, count }) => [ended, count])).toEqual([[null, 2]]);
  });

  it('are over after a quiet day, and then a failure begins another', () => {
    const { alerts } = add([], [failure('a', 'data')]);
    expect(withoutQuiet(alerts, NOW + DAY_MS - 1)).toEqual({ alerts, touched: [] });
    const quiet = withoutQuiet(alerts, NOW + DAY_MS);
    expect(quiet.alerts).toEqual([]);
    expect(quiet.touched.map(({ over }) => over?.by)).toEqual([null]);
    const next = add(quiet.alerts, [failure('b', 'data', NOW + DAY_MS)]);
    expect(next.alerts[0]?.alertId).not.toBe(alerts[0]?.alertId);
  });
});

describe('what is told', () => {
  const blocking = { cause: 'worker-lost/undetected', severity: 'blocking' } as never;
  it.each([
    ['a refused start', { status: 'unknown' }, 'refused', 'yes'],
    ['a failure without a cause', { status: 'failed', verdict: 'nothing-found' }, 'failed', 'yes'],
    ['one that has got over it', { status: 'completed', verdict: 'healthy' }, 'failed', 'no'],
    [
      'one that was cancelled by a person',
      { status: 'cancelled', primary: { severity: 'notice' } as never },
      'stopped',
      'no',
    ],
    ['one that a worker put aside', { status: 'cancelled', primary: blocking }, 'stopped', 'yes'],
    ['a running one whose worker is lost', { status: 'running', primary: blocking }, 'running', 'yes'],
    ['a running one that is slow', { status: 'running', primary: { severity: 'degraded' } as never }, 'running', 'no'],
    ['one of which Jaeger says nothing now', { verdict: 'unavailable', status: 'failed' }, 'failed', 'unknown'],
  ] as const)('%s', (_what, changes, outcome, told) => {
    expect(isToldOf({ ...nothingFound, verdict: 'explained', ...changes }, outcome)).toBe(told);
  });

  it('has one cause where the same thing ends differently', () => {
    const of = (cause: string) => groupOf({ primary: { cause } as never, operationType: 'training' });
    expect(of('database/lost')).toBe(of('database/refused'));
    expect(of('database/no-tables')).not.toBe(of('database/refused'));
    expect(groupOf({ primary: null, operationType: 'training' })).toBe('unexplained/training');
  });
});
