/** The bad morning of the demo: real recordings, and the servers that play them. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RecordedIncident, readIncidents } from '../../../src/cli/demo/incidents.ts';
import { createMorning, MORNING_MS, type Morning } from '../../../src/cli/demo/morning.ts';
import { type Recordings, startRecordings } from '../../../src/cli/demo/recordings.ts';
import { FIXTURES } from '../../support/incidents.ts';

const startMs = Math.floor(Date.now() / 1000) * 1000;

describe('the bad morning', () => {
  let incidents: readonly RecordedIncident[];
  let recordings: Recordings;
  let morning: Morning;
  beforeAll(async () => {
    incidents = await readIncidents(FIXTURES, startMs);
    recordings = await startRecordings({ incidents, startMs, onExchange: () => {} });
  });
  afterAll(() => recordings.close());
  beforeEach(() => {
    // The servers answer in real time.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: startMs + 60_000 });
    morning = createMorning({ incidents, recordings });
  });
  afterEach(() => {
    morning.end();
    vi.useRealTimers();
  });

  async function ask(path: string, init: RequestInit = {}) {
    const response = await fetch(new URL(`/api/v1/${path}`, recordings.ktrdr.url), init);
    return { status: response.status, body: await response.json() };
  }
  const workers = async () => (await ask('workers')).body as readonly Record<string, unknown>[];
  const start = (body: object) =>
    ask('trainings/start', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });

  it('has workers that are well, then one that is dead', async () => {
    const before = await workers();
    morning.begin();
    morning.looked();
    expect((await workers()).map(({ health_check_failures }) => health_check_failures)).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(61_000);
    await vi.waitFor(async () =>
      expect((await workers()).some(({ health_check_failures: n }) => Number(n) >= 3)).toBe(true),
    );
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(await workers()).toEqual(before);
  });

  it('can begin again when it is over', async () => {
    const isDead = async () => (await workers()).some(({ health_check_failures: n }) => Number(n) >= 3);
    for (const _time of ['once', 'again']) {
      morning.begin();
      morning.looked();
      expect(await isDead()).toBe(false);
      await vi.advanceTimersByTimeAsync(61_000);
      await vi.waitFor(async () => expect(await isDead()).toBe(true));
      await vi.advanceTimersByTimeAsync(MORNING_MS);
    }
  });

  it('runs what is started again under its new id until it completes, and refuses what it has no recording of', async () => {
    expect((await start({})).status).toBe(404);
    expect((await ask('backtests/start', { method: 'POST' })).status).toBe(404);
    const id = 'op_training_20261130_150613_0123abcd';
    expect((await start({ task_id: id })).body).toMatchObject({ success: true, task_id: id });
    const record = async () => ((await ask(`operations/${id}`)).body as { data: Record<string, unknown> }).data;
    expect(await record()).toMatchObject({ operation_id: id, status: 'running' });
    await vi.advanceTimersByTimeAsync(60_000);
    await vi.waitFor(async () => expect(await record()).toMatchObject({ operation_id: id, status: 'completed' }));
  });
});
