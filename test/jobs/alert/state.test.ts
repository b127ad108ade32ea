import { describe, expect, it } from 'vitest';
import type { WorkerRecord } from '../../../src/diagnosis/case.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import type { Sighting } from '../../../src/jobs/alert/look.ts';
import {
  claimsIn,
  foundWell,
  type RunningOperations,
  runningAfter,
  suspectsAmong,
} from '../../../src/jobs/alert/running.ts';
import { firstState, newFailures, nextLook, OVERLAP_MS, resumed, withResumed } from '../../../src/jobs/alert/state.ts';
import { readAlertsWords } from '../../../src/jobs/alert/subscriptions.ts';

const NOW = Date.parse('2026-12-01T12:00:00Z');
const HOUR_MS = 3_600_000;
const KEPT_MS = 48 * HOUR_MS;
const ID = 'op_training_20261201_110000_aaaaaaaa';

function sighting(changes: Partial<Sighting> = {}): Sighting {
  const about = { operationId: ID, traceId: 'a'.repeat(32), type: 'training', services: ['worker'] };
  const market = { symbol: 'EURUSD', timeframe: '1h' };
  return {
    key: `operation ${ID}`,
    ...about,
    ...market,
    outcome: 'failed',
    at: micros((NOW - 20_000) * 1000),
    resumedAt: null,
    ...changes,
  };
}

const at = (ms: number) => micros(ms * 1000);

describe('what a look covers', () => {
  const state = firstState(NOW);

  it('is the time since the last one and what comes late, and a little of the future', () => {
    const { input, toMs } = nextLook({ ...state, mark: NOW - 30_000 }, NOW);
    expect(toMs).toBe(NOW);
    expect(input.window.from).toBe(at(NOW - 30_000 - OVERLAP_MS));
    expect(input.window.to).toBeGreaterThan(at(NOW));
  });

  it('is an hour after an outage, and no time that no Jaeger keeps', () => {
    const late = resumed({ ...state, mark: NOW - 30 * 24 * HOUR_MS }, NOW, KEPT_MS);
    expect(late.mark).toBe(NOW - KEPT_MS);
    const { input, toMs } = nextLook(late, NOW);
    expect([toMs - late.mark, input.isCurrent]).toEqual([HOUR_MS, false]);
  });

  it('is what a clock that was wrong has skipped', () => {
    // It was three hours ahead, for at most as long.
    expect(resumed({ ...state, mark: NOW + 3 * HOUR_MS }, NOW, KEPT_MS).mark).toBe(NOW - 3 * HOUR_MS);
  });
});

describe('a failure', () => {
  const begun = { ...firstState(NOW - HOUR_MS) };
  const found = (state = begun, changes: Partial<Sighting> = {}) =>
    newFailures([sighting(changes)], state, at(NOW)).map(({ key }) => key);

  it('waits until its last spans have arrived', () => {
    expect(found(begun, { at: at(NOW - 2_000) })).toEqual([]);
    expect(found()).toHaveLength(1);
  });

  it('of a machine whose clock is ahead does not wait for that time', () => {
    expect(found(begun, { at: at(NOW + 30_000) })).toHaveLength(1);
  });

  it('is told once, and again after a resume', () => {
    const seen = { ...begun, seen: { [`operation ${ID}`]: NOW - 20_000 } };
    expect(found(seen)).toEqual([]);
    const again = withResumed(seen, [sighting({ outcome: 'running', resumedAt: at(NOW - 15_000) })]);
    // The first one is still in the window.
    expect(found(again)).toEqual([]);
    expect(found(again, { at: at(NOW - 10_000) })).toHaveLength(1);
  });

  it('from before alerts were on is not told', () => {
    expect(found(firstState(NOW))).toEqual([]);
  });
});

describe('running operations', () => {
  const worker = (changes: Partial<WorkerRecord> = {}): WorkerRecord => ({
    workerId: 'training-worker-1',
    workerType: 'training',
    endpointUrl: 'http://127.0.0.1:5004',
    status: 'busy',
    currentOperationId: ID,
    lastHealthCheck: at(NOW),
    lastHealthyAt: at(NOW),
    healthCheckFailures: 0,
    lastSelected: null,
    gpu: null,
    ...changes,
  });
  const seen = (
    workers: readonly WorkerRecord[] | null,
    sightings: readonly Sighting[] = [],
    progress: Record<string, string> = {},
  ) => ({ kind: 'looked', sightings, backends: [], workers, progress, isCut: false }) as const;
  const claimed = runningAfter({}, seen([worker()], [], { [ID]: '1 %' }), NOW);
  const suspects = (running: RunningOperations, workers: readonly WorkerRecord[] | null, nowMs: number) => {
    const progress = workers === null ? {} : { [ID]: `${nowMs}` };
    return suspectsAmong(runningAfter(running, seen(workers, [], progress), nowMs), workers, nowMs);
  };

  it('of a busy worker are never suspected while they get on, and not for missed health checks alone', () => {
    for (let minutes = 0; minutes < 24 * 60; minutes += 7)
      expect(
        suspects(claimed, [worker({ lastHealthyAt: at(NOW + minutes * 60_000) })], NOW + minutes * 60_000),
      ).toEqual([]);
    expect(suspects(claimed, [worker({ healthCheckFailures: 2, lastHealthyAt: at(NOW) })], NOW + 40_000)).toEqual([]);
    expect(suspects(claimed, [worker({ healthCheckFailures: 3, lastHealthyAt: at(NOW) })], NOW + 45_000)).toEqual([]);
  });

  it('of a dead or hanging worker are suspected within a minute and a half', () => {
    const dead = worker({ status: 'temporarily_unavailable', healthCheckFailures: 6, lastHealthyAt: at(NOW) });
    expect(suspects(claimed, [dead], NOW + 60_000)).toEqual([ID]);
  });

  it('that nobody claims are suspected when ktrdr would have noticed, which has no effect on it', () => {
    expect(suspects(claimed, [], NOW + 60_000)).toEqual([]);
    expect(suspects(claimed, [worker({ currentOperationId: null })], NOW + 90_000)).toEqual([ID]);
    expect(suspects(claimed, null, NOW + HOUR_MS)).toEqual([]);
  });

  it('that another worker claims are suspected, and not asked about', () => {
    expect(suspects(claimed, [worker({ workerId: 'training-worker-2' })], NOW + 30_000)).toEqual([ID]);
    expect(claimsIn(claimed)).toEqual({ [ID]: 'training-worker-1' });
  });

  it('that do not get on are suspected, and found well not again at once', () => {
    const stuck = (nowMs: number) => runningAfter(claimed, seen([worker()], [], { [ID]: '1 %' }), nowMs);
    const healthy = [worker()];
    expect(suspectsAmong(stuck(NOW + 60_000), healthy, NOW + 60_000)).toEqual([]);
    expect(suspectsAmong(stuck(NOW + 120_000), healthy, NOW + 120_000)).toEqual([ID]);
    expect(suspectsAmong(foundWell(stuck(NOW + 120_000), ID, NOW + 120_000), healthy, NOW + 150_000)).toEqual([]);
  });

  it('are forgotten when they end, although their worker is still listed with them', () => {
    expect(runningAfter(claimed, seen([worker()], [sighting({ outcome: 'completed' })]), NOW)).toEqual({});
  });

  it('that were resumed belong to another worker by right', () => {
    const again = sighting({ outcome: 'running', resumedAt: at(NOW + 10_000), at: at(NOW + 10_000) });
    const running = runningAfter(claimed, seen([worker({ workerId: 'training-worker-2' })], [again]), NOW + 30_000);
    expect(claimsIn(running)).toEqual({ [ID]: 'training-worker-2' });
  });
});

describe('the words after alerts', () => {
  it.each([
    ['', { kind: 'show' }],
    ['show', { kind: 'show' }],
    ['off', { kind: 'off' }],
    ['on', { kind: 'on', types: [] }],
    ['on training backtests', { kind: 'on', types: ['training', 'backtesting'] }],
    [
      'ON for downloads, agent',
      { kind: 'on', types: ['data_load', 'agent_research', 'agent_design', 'agent_assessment'] },
    ],
    [
      'on everything',
      { kind: 'unclear', problem: '“everything” isn’t an operation type. Use training, backtest, download, or agent.' },
    ],
    ['maybe', { kind: 'unclear', problem: '“maybe” isn’t on, off, or show.' }],
  ])('%s', (text, command) => {
    expect(readAlertsWords(text)).toEqual(command);
  });
});
