import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aboutOf, followedAmong, recordAction, recordCompleted } from '../../../src/jobs/answer/afterwards.ts';
import type { EarlierAnswer } from '../../../src/jobs/answer/earlier-answers.ts';
import type { Store } from '../../../src/jobs/ports.ts';
import type { Reader } from '../../../src/jobs/readers.ts';
import { ALL_PUBLIC } from '../public-channels.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const TEAM = 'T0KTRDR';
const NOW = Date.parse('2026-05-12T12:00:00Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ABOUT = aboutOf('backtesting', { symbol: 'AUDUSD', timeframe: '1h' }) ?? '';
const EVERYBODY: Reader = { kind: 'everybody', teamId: TEAM, channel: 'C0OPS' };

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('what came after a failure ($kind)', ({ open }) => {
  let queue: TestQueue;
  let store: Store;
  beforeAll(async () => {
    queue = await open(pino({ level: 'silent' }));
    store = queue.backend.front.store;
  });
  beforeEach(() => store.deleteOwnedBy(TEAM));
  afterAll(() => queue.remove());

  const failed = (name: string, hoursAgo: number, about = ABOUT): EarlierAnswer => {
    const failedAt = NOW - hoursAgo * HOUR_MS;
    return {
      name,
      headline: 'It failed.',
      at: failedAt + MINUTE_MS,
      requestId: name,
      channel: 'C0OPS',
      about,
      failedAt,
    };
  };
  const completed = (operationId: string, at: number) =>
    recordCompleted(store, TEAM, { about: ABOUT, operationId, at });
  const done = (operationId: string, at: number, changes: Partial<Parameters<typeof recordAction>[3]> = {}) =>
    recordAction(store, TEAM, ABOUT, {
      ...{
        operationId,
        action: 'load-data',
        data: 'AUDUSD 1h',
        startedId: null,
        at,
        userId: 'U0ANN',
        channel: 'C0OPS',
      },
      ...changes,
    });
  const followed = (failures: readonly EarlierAnswer[], reader: Reader = EVERYBODY) =>
    followedAmong(failures, { about: ABOUT, failedAt: NOW }, { tools: { store, workspace: ALL_PUBLIC }, reader });

  it('is what somebody did, when an operation completed after it', async () => {
    await done('op_1', NOW - 70 * HOUR_MS);
    await completed('op_2', NOW - 69 * HOUR_MS);
    expect(await followed([failed('op_1', 72)])).toEqual({
      ...{ kind: 'fixed', action: 'load-data', data: 'AUDUSD 1h', userId: 'U0ANN' },
      at: new Date(NOW - 69 * HOUR_MS).toISOString(),
    });
  });

  it('is no fix when it failed again before one completed, unless what was started is what completed', async () => {
    const failures = [failed('op_1', 72), failed('op_2', 70)];
    await done('op_1', NOW - 71 * HOUR_MS);
    await completed('op_3', NOW - 68 * HOUR_MS);
    expect(await followed(failures)).toBeNull();
    await done('op_1', NOW - 71 * HOUR_MS + 1, { action: 'start-again', data: null, startedId: 'op_3' });
    expect(await followed(failures)).toMatchObject({ kind: 'fixed', action: 'start-again' });
  });

  it('is an operation that completed within the hour, and nobody is named', async () => {
    await completed('op_2', NOW - 48 * HOUR_MS + 12 * MINUTE_MS);
    const found = { kind: 'completed', name: 'op_1', operationId: 'op_2', afterMs: 12 * MINUTE_MS };
    expect(await followed([failed('op_1', 48)])).toEqual(found);
    expect(await followed([failed('op_1', 49.5)])).toBeNull();
    expect(await followed([failed('op_1', 47)])).toBeNull();
  });

  it('is nothing that was only done, or cancelled, or about another market', async () => {
    await done('op_1', NOW - 71 * HOUR_MS);
    await done('op_2', NOW - 71 * HOUR_MS, { action: 'cancel', data: null });
    const elsewhere = aboutOf('backtesting', { symbol: 'EURUSD', timeframe: '1h' });
    await recordCompleted(store, TEAM, { about: elsewhere, operationId: 'op_9', at: NOW - 71.5 * HOUR_MS });
    expect(await followed([failed('op_1', 72), failed('op_2', 72)])).toBeNull();
    await completed('op_3', NOW - 70 * HOUR_MS);
    expect(await followed([failed('op_2', 72)])).toBeNull();
    expect(await followed([failed('op_1', 72, 'another')])).toBeNull();
  });

  it('names who did it only to people who may read where it was done', async () => {
    await done('op_1', NOW - 48 * HOUR_MS + MINUTE_MS, { channel: 'D0ANN' });
    await completed('op_2', NOW - 48 * HOUR_MS + 12 * MINUTE_MS);
    const failures = [failed('op_1', 48)];
    const ann = { kind: 'person', teamId: TEAM, userId: 'U0ANN', channel: 'C0OPS' } as const;
    expect(await followed(failures, ann)).toMatchObject({ kind: 'fixed', userId: 'U0ANN' });
    for (const reader of [EVERYBODY, { ...ann, userId: 'U0BEN' }])
      expect(await followed(failures, reader)).toMatchObject({ kind: 'completed' });
  });

  it('costs one command, and none where nothing like it was answered', async () => {
    const commands: string[] = [];
    const counting = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          commands.push(String(name));
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });
    const tools = { store: counting, workspace: ALL_PUBLIC };
    const now = { about: ABOUT, failedAt: NOW };
    await followedAmong([], now, { tools, reader: EVERYBODY });
    await followedAmong([failed('op_1', 48, 'another')], now, { tools, reader: EVERYBODY });
    expect(commands).toEqual([]);
    await followedAmong([failed('op_1', 48), failed('op_2', 40)], now, { tools, reader: EVERYBODY });
    expect(commands).toEqual(['list']);
  });
});
