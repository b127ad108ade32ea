import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  endMute,
  isAnyMuted,
  isMuted,
  keptMute,
  type Mute,
  mute,
  mutesIn,
  mutesOf,
} from '../../../src/jobs/mute/mutes.ts';
import { type RecordingStore, recording } from '../queue/recording-store.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const HERE = { teamId: 'T0KTRDR', channel: 'C0OPS' };
const CHANNEL: Mute = { ...HERE, kind: 'channel', of: '' };
const THREAD: Mute = { ...HERE, kind: 'thread', of: '1700000000.000001' };
const CAUSE: Mute = { ...HERE, kind: 'cause', of: 'data-missing/not-cached' };
const OPERATION: Mute = { ...HERE, kind: 'operation', of: 'op_training_20260109_060025_4183136f' };
const HOUR_MS = 3_600_000;
const NOW = Date.parse('2026-05-12T12:00:00Z');

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('what is kept quiet ($kind)', ({ open }) => {
  let queue: TestQueue;
  let store: RecordingStore;
  beforeAll(async () => {
    queue = await open(pino({ level: 'silent' }));
  });
  beforeEach(async () => {
    store = recording(queue.backend.front.store);
    for (const team of ['T0KTRDR', 'T0OTHER']) await store.deleteOwnedBy(team);
  });
  afterAll(() => queue.remove());

  const keepQuiet = (what: Mute, forMs = HOUR_MS) => mute(store, what, { userId: 'U0ANNA', nowMs: NOW, forMs });

  it('has an end, at most thirty days away, and is gone then', async () => {
    expect(await keepQuiet(CHANNEL)).toBe(NOW + HOUR_MS);
    expect(await keepQuiet(CAUSE, 400 * 24 * HOUR_MS)).toBe(NOW + 30 * 24 * HOUR_MS);
    expect(await keepQuiet(THREAD, 1)).toBe(NOW + 60_000);
    expect(store.written.size).toBe(4);
    for (const ttlMs of store.written.values()) expect(ttlMs).toBeGreaterThan(0);
    await store.delete('silence:T0KTRDR-C0OPS-channel-');
    expect((await mutesOf(store, HERE.teamId)).map(({ kind }) => kind)).toEqual(['thread', 'cause']);
    expect(await store.list('silences:T0KTRDR')).toHaveLength(2);
  });

  it('a thread is muted by itself or with its channel, and a channel not by its thread', async () => {
    const inThread = { ...HERE, threadTs: THREAD.of };
    await keepQuiet(THREAD);
    expect(await isMuted(store, inThread)).toBe(true);
    expect(await isMuted(store, { ...HERE, threadTs: null })).toBe(false);
    await endMute(store, THREAD);
    expect(await isMuted(store, inThread)).toBe(false);
    await keepQuiet(CHANNEL);
    expect(await isMuted(store, inThread)).toBe(true);
    expect(await isMuted(store, { ...inThread, channel: 'C0OTHER' })).toBe(false);
    expect(await isMuted(store, { ...inThread, teamId: 'T0OTHER' })).toBe(false);
  });

  it('is replaced by a second, ended once, and says whose it was', async () => {
    await keepQuiet(OPERATION);
    await mute(store, OPERATION, { userId: 'U0BEN', nowMs: NOW, forMs: 2 * HOUR_MS });
    expect(await mutesOf(store, HERE.teamId)).toEqual([
      { ...OPERATION, userId: 'U0BEN', until: NOW + 2 * HOUR_MS, shownIn: null },
    ]);
    expect(await keptMute(store, OPERATION)).toMatchObject({ userId: 'U0BEN' });
    expect(await isAnyMuted(store, [CAUSE, OPERATION])).toBe(true);
    expect(await endMute(store, OPERATION)).toMatchObject({ userId: 'U0BEN' });
    expect(await endMute(store, OPERATION)).toBeNull();
    expect(await isAnyMuted(store, [CAUSE, OPERATION])).toBe(false);
  });

  it('is ended by its own undo, which leaves a newer one alone', async () => {
    const first = await keepQuiet(CHANNEL);
    const second = await keepQuiet(CHANNEL, 2 * HOUR_MS);
    expect(await endMute(store, CHANNEL, first)).toBeNull();
    expect(await keptMute(store, CHANNEL)).toMatchObject({ until: second });
    expect(await endMute(store, CHANNEL, second)).toMatchObject({ until: second });
    expect(await mutesOf(store, HERE.teamId)).toEqual([]);
  });

  it('a digest of the channel only counts its causes and operations, and tells all the others', async () => {
    await keepQuiet(CHANNEL);
    await keepQuiet(CAUSE);
    await keepQuiet(OPERATION);
    const isQuiet = await mutesIn(store, HERE);
    expect(isQuiet({ operationId: 'op_other', cause: CAUSE.of })).toBe(true);
    expect(isQuiet({ operationId: OPERATION.of, cause: null })).toBe(true);
    expect(isQuiet({ operationId: 'op_other', cause: 'data-missing/corrupt' })).toBe(false);
    expect(isQuiet({ operationId: null, cause: null })).toBe(false);
    const elsewhere = await mutesIn(store, { ...HERE, channel: 'C0OTHER' });
    expect(elsewhere({ operationId: OPERATION.of, cause: CAUSE.of })).toBe(false);
  });

  it('belongs to a workspace and goes with it', async () => {
    for (const what of [CHANNEL, THREAD, CAUSE, OPERATION]) await keepQuiet(what);
    await keepQuiet({ ...CAUSE, teamId: 'T0OTHER' });
    await store.deleteOwnedBy('T0KTRDR');
    expect(await store.left()).toEqual(['silence:T0OTHER-C0OPS-cause-data-missing/not-cached', 'silences:T0OTHER']);
  });
});
