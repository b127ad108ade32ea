import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aliveWorkers,
  beat,
  endBeats,
  type Heartbeat,
  markOfAlerts,
  sayAbsent,
  sayDifferentAlerts,
} from '../../../src/jobs/health/heartbeats.ts';
import type { Store } from '../../../src/jobs/ports.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const AT_MS = Date.UTC(2026, 10, 30, 2, 16);

function heartbeat(name: string, startedAtMs: number): Heartbeat {
  return {
    name,
    roles: ['worker'],
    queues: ['questions', 'diagnoses'],
    version: '0.1.0',
    startedAtMs,
    atMs: AT_MS,
    lastFetchAtMs: null,
    eventLoopLagMs: 3,
  };
}

describe.each(QUEUE_KINDS)('heartbeats kept in $kind', ({ skipped, open }) => {
  describe.skipIf(skipped)('of workers', () => {
    let queue: TestQueue;
    let store: Store;
    beforeAll(async () => {
      queue = await open(pino({ level: 'silent' }));
      store = queue.backend.front.store;
    });
    afterAll(() => queue.remove());

    it('name who is alive, oldest first, until they end', async () => {
      expect(await aliveWorkers(store)).toEqual([]);
      expect(await sayAbsent(store)).toBe('No worker is running: start a process with worker in its ROLES.');
      await beat(store, heartbeat('younger', AT_MS - 1));
      await beat(store, heartbeat('older', AT_MS - 2));
      await beat(store, heartbeat('younger', AT_MS - 1));
      expect(await aliveWorkers(store)).toEqual([heartbeat('older', AT_MS - 2), heartbeat('younger', AT_MS - 1)]);
      await endBeats(store, 'older');
      expect((await aliveWorkers(store)).map(({ name }) => name)).toEqual(['younger']);
      await endBeats(store, 'younger');
      expect(await sayAbsent(store)).toContain('No worker has been running since 2026-11-30T02:16:00Z');
    });

    it('say when processes with different ALERTS share the queue', async () => {
      const [ops, trade] = [
        { team: null, channel: 'C0OPS', types: ['training', 'agent'] },
        { channel: 'C0TRADE', types: [] },
      ];
      const mark = markOfAlerts([ops, trade]);
      expect(markOfAlerts([trade, { ...ops, types: ['agent', 'training'] }])).toBe(mark);
      await beat(store, { ...heartbeat('one', AT_MS), alerts: mark });
      // Of an earlier version.
      await beat(store, heartbeat('two', AT_MS));
      expect(sayDifferentAlerts(await aliveWorkers(store), mark)).toBeNull();
      expect(sayDifferentAlerts(await aliveWorkers(store), markOfAlerts([]))).toContain('different ALERTS');
      await beat(store, { ...heartbeat('two', AT_MS), alerts: markOfAlerts([trade]) });
      expect(sayDifferentAlerts(await aliveWorkers(store))).toContain('different ALERTS');
      for (const name of ['one', 'two']) await endBeats(store, name);
    });

    it('end with a worker that can no longer end them, and begin again with one that was only late', async () => {
      await beat(store, heartbeat('killed', AT_MS));
      // As when its life is over.
      await store.delete('heartbeat:killed');
      expect(await aliveWorkers(store)).toEqual([]);
      expect(await store.ranked('workers', { limit: 10 })).toEqual([]);
      await beat(store, heartbeat('killed', AT_MS));
      expect(await aliveWorkers(store)).toHaveLength(1);
      await endBeats(store, 'killed');
    });

    it('of another version count nobody, and are left alone', async () => {
      await beat(store, heartbeat('newer', AT_MS));
      await store.set('heartbeat:newer', '{"form":"of a later version"}');
      expect(await aliveWorkers(store)).toEqual([]);
      expect(await store.ranked('workers', { limit: 10 })).toHaveLength(1);
      await endBeats(store, 'newer');
    });
  });
});
