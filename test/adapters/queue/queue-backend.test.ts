import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BACKGROUND_JOBS,
  DELIVERIES,
  DIAGNOSES,
  QUESTIONS,
  type QueueBackend,
  REPORTS,
} from '../../../src/jobs/queue/queues.ts';
import { QUEUE_KINDS, type TestQueue } from '../../jobs/queue-kinds.ts';
import { until } from './until.ts';

const log = pino({ level: 'silent' });

describe.each(QUEUE_KINDS)('a queue ($kind)', ({ kind, skipped, open }) => {
  describe.skipIf(skipped)('on this machine', () => {
    let queue: TestQueue;
    let backend: QueueBackend;

    beforeAll(async () => {
      queue = await open(log);
      backend = queue.backend;
    });
    afterAll(() => queue.remove());

    it('says what it is', () => {
      expect(backend.kind).toBe(kind);
    });

    it('is healthy', async () => {
      expect(await backend.health()).toMatchObject({ ok: true, problems: [] });
    });

    it('stores values until they expire', async () => {
      const { store } = backend.front;
      await store.set('a:1', 'one');
      await store.set('a:2', 'two', 1);
      await store.set('a:3', 'three', 60_000);
      await until('the second has expired', async () => (await store.get('a:2')) === null);
      expect(await Promise.all(['a:1', 'a:2', 'a:3', 'a:4'].map((key) => store.get(key)))).toEqual([
        'one',
        null,
        'three',
        null,
      ]);
      await store.set('a:1', 'changed');
      expect(await store.get('a:1')).toBe('changed');
      await store.delete('a:1');
      expect(await store.get('a:1')).toBeNull();
    });

    it('reads several values at once, absent ones as null', async () => {
      const { store } = backend.front;
      await store.set('many:1', 'one', 60_000);
      await store.set('many:3', 'three', 60_000);
      expect(await store.getMany(['many:3', 'many:2', 'many:1'])).toEqual(['three', null, 'one']);
      expect(await store.getMany([])).toEqual([]);
    });

    it('lets only the holder of a lease write, until it has expired or was released', async () => {
      const { store } = backend.front;
      const mine = { key: 'lease:1', holder: 'me', ttlMs: 60_000 };
      const other = { ...mine, holder: 'other' };
      expect(await store.setIfAbsent(mine.key, mine.holder, mine.ttlMs)).toBe(true);
      expect(await store.setWhileHeld(mine, 'held:1', 'written', 60_000)).toBe(true);
      expect(await store.setWhileHeld(other, 'held:1', 'overwritten', 60_000)).toBe(false);
      await store.release(other);
      expect(await store.setWhileHeld(mine, 'held:1', 'written again', 60_000)).toBe(true);
      await store.release(mine);
      expect(await store.setWhileHeld(mine, 'held:1', 'too late', 60_000)).toBe(false);
      expect(await store.get('held:1')).toBe('written again');
      expect(await store.setIfAbsent(other.key, other.holder, 1)).toBe(true);
      await until('the lease has expired', async () => (await store.get(other.key)) === null);
      expect(await store.setWhileHeld(other, 'held:1', 'too late', 60_000)).toBe(false);
    });

    it('replaces a value only while it is the expected one', async () => {
      const { store } = backend.front;
      await store.set('replaced:1', 'one');
      const won = await Promise.all(['x', 'y', 'z'].map((value) => store.replace('replaced:1', 'one', value)));
      expect(won.filter((mine) => mine)).toHaveLength(1);
      const now = (await store.get('replaced:1')) ?? '';
      expect(['x', 'y', 'z'][won.indexOf(true)]).toBe(now);
      expect(await store.replace('replaced:1', 'one', null)).toBe(false);
      expect(await store.replace('replaced:1', now, null)).toBe(true);
      expect(await store.get('replaced:1')).toBeNull();
      expect(await store.replace('replaced:1', now, 'back again')).toBe(false);
      expect(await store.get('replaced:1')).toBeNull();
    });

    it('extends a lease with each write', async () => {
      const { store } = backend.front;
      await store.setIfAbsent('lease:2', 'me', 60_000);
      expect(await store.setWhileHeld({ key: 'lease:2', holder: 'me', ttlMs: 1 }, 'held:2', 'x', 60_000)).toBe(true);
      await until('the lease of one millisecond is over', async () => (await store.get('lease:2')) === null);
    });

    it('keeps members in order of their numbers, each where it was first put', async () => {
      const { store } = backend.front;
      for (const [member, order] of [
        ['c', 3.5],
        ['a', 1],
        ['b', 2],
        ['a', 9],
      ] as const) {
        await store.rank('ranked:1', member, order);
      }
      const all = [
        { member: 'a', order: 1 },
        { member: 'b', order: 2 },
        { member: 'c', order: 3.5 },
      ];
      expect(await store.ranked('ranked:1', { limit: 10 })).toEqual(all);
      expect(await store.ranked('ranked:1', { limit: 10, upTo: 2 })).toEqual(all.slice(0, 2));
      expect(await store.ranked('ranked:1', { limit: 1 })).toEqual(all.slice(0, 1));
      expect(await store.areRanked('ranked:1', ['c', 'x', 'a'])).toEqual([true, false, true]);
      expect(await store.areRanked('ranked:none', ['c'])).toEqual([false]);
      expect(await store.unrank('ranked:1', 'b')).toBe(true);
      expect(await store.unrank('ranked:1', 'b')).toBe(false);
      expect(await store.ranked('ranked:1', { limit: 10 })).toEqual([all[0], all[2]]);
      expect(await store.ranked('ranked:none', { limit: 10 })).toEqual([]);
    });

    it('sets once', async () => {
      const { store } = backend.front;
      const won = await Promise.all(['x', 'y', 'z'].map((value) => store.setIfAbsent('once:1', value, 60_000)));
      expect(won.filter((mine) => mine)).toHaveLength(1);
      expect(await store.setIfAbsent('once:2', 'x', 1)).toBe(true);
      await until('it has expired', async () => (await store.get('once:2')) === null);
      expect(await store.setIfAbsent('once:2', 'y', 60_000)).toBe(true);
      expect(await store.get('once:2')).toBe('y');
    });

    it('keeps lists in order, each value once', async () => {
      const { store } = backend.front;
      for (const value of ['b', 'a', 'b', 'c', 'a']) await store.append('list:1', value, 60_000);
      expect(await store.list('list:1')).toEqual(['b', 'a', 'c']);
      await store.removeFromList('list:1', 'b');
      await store.removeFromList('list:1', 'not there');
      expect(await store.list('list:1')).toEqual(['a', 'c']);
      expect(await store.list('list:2')).toEqual([]);
    });

    it('keeps only the newest of a list where so many are wanted', async () => {
      const { store } = backend.front;
      for (const value of ['a', 'b', 'c', 'd']) await store.append('list:newest', value, 60_000, 2);
      expect(await store.list('list:newest')).toEqual(['c', 'd']);
      await store.append('list:newest', 'e', 60_000, 2);
      expect(await store.list('list:newest')).toEqual(['d', 'e']);
    });

    it('runs jobs, and one more when the same was asked while it ran', async () => {
      const seen: unknown[] = [];
      let finish: (() => void) | null = null;
      const worker = backend.worker(
        DELIVERIES,
        async (job) => {
          seen.push(job.data);
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
        },
        {},
      );
      const queue = backend.front.queue(DELIVERIES);
      const deduplication = { id: 'same', keepLastIfActive: true };
      await queue.add('job', { n: 1 }, { deduplication });
      await until('the job starts', () => finish);
      await queue.add('job', { n: 2 }, { deduplication });
      await queue.add('job', { n: 3 }, { deduplication });
      const finishFirst = finish as (() => void) | null;
      finish = null;
      finishFirst?.();
      const finishSecond = await until('the second run starts', () => finish as (() => void) | null);
      finishSecond();
      await until('the queue is empty', async () => {
        const counts = await queue.getJobCounts('waiting', 'active', 'delayed');
        return Object.values(counts).every((count) => count === 0);
      });
      await worker.close();
      expect(seen).toEqual([{ n: 1 }, { n: 3 }]);
    });

    it('wakes a worker that waits', async () => {
      let done = 0;
      const worker = backend.worker(DIAGNOSES, async () => void done++, { drainDelay: 120 });
      let drained = 0;
      worker.on('drained', () => drained++);
      for (const n of [1, 2, 3]) {
        await until('the worker has found no job', () => drained >= n);
        await backend.front.queue(DIAGNOSES).add('job', {});
        await until('the worker wakes up', () => done === n);
      }
      await worker.close();
    });

    it('forgets a list when its time is over', async () => {
      const { store } = backend.front;
      await store.append('list:short', 'a', 1);
      await until('the list has expired', async () => (await store.list('list:short')).length === 0);
      await store.append('list:short', 'b', 60_000);
      expect(await store.list('list:short')).toEqual(['b']);
    });

    it('deletes what belongs to a workspace and nothing else', async () => {
      const { store } = backend.front;
      const keys = [
        'own:T0ONE',
        'own:T0ONE-C0OPS',
        'own:watch-T0ONE-x',
        'own:T0ONEMORE',
        'own:T0TWO-C0OPS',
        'kept:T0ONE',
      ];
      for (const key of keys) await store.set(key, 'value', 3_600_000);
      await store.set('own:T0ONE-forever', 'value');
      await store.append('lists:T0ONE', 'entry', 3_600_000);
      await store.rank('ranks:T0ONE-C0OPS', 'member', 1);
      for (const member of ['T0ONE-1', 'T0TWO-1']) {
        await store.rank('requests', member, 1);
        await store.rank('kept-requests', member, 1);
      }
      await store.setIfAbsent('lease:T0ONE', 'me', 3_600_000);
      const lease = { key: 'lease:T0ONE', holder: 'me', ttlMs: 3_600_000 };
      await store.setWhileHeld(lease, 'held:T0ONE-1', 'value', 3_600_000);
      const left = () => Promise.all([...keys, 'own:T0ONE-forever', 'held:T0ONE-1'].map((key) => store.get(key)));
      expect(await left()).not.toContain(null);

      while (await store.deleteOwnedBy('T0ONE', ['kept:T0ONE', 'kept-requests']));
      expect(await left()).toEqual([null, null, null, 'value', 'value', 'value', null, null]);
      expect(await store.list('lists:T0ONE')).toEqual([]);
      expect(await store.ranked('ranks:T0ONE-C0OPS', { limit: 10 })).toEqual([]);
      expect(await store.ranked('requests', { limit: 10 })).toEqual([{ member: 'T0TWO-1', order: 1 }]);
      expect(await store.ranked('kept-requests', { limit: 10 })).toHaveLength(2);
    });

    it('deletes what belongs to a workspace in steps, and what comes later too', async () => {
      const { store } = backend.back;
      const keys = Array.from({ length: 1200 }, (_, n) => `many:T0MANY-${n}`);
      await Promise.all(keys.map((key) => store.set(key, 'value', 3_600_000)));
      let steps = 1;
      while (await store.deleteOwnedBy('T0MANY')) steps += 1;
      expect(steps).toBeGreaterThan(2);
      expect((await store.getMany(keys)).filter((value) => value !== null)).toEqual([]);
      await store.set('many:T0MANY-1', 'value', 3_600_000);
      await store.deleteOwnedBy('T0MANY');
      expect(await store.get('many:T0MANY-1')).toBeNull();
    });

    it('tries a failed job again as often as it may, then keeps it as failed', async () => {
      let tries = 0;
      const worker = backend.worker(
        BACKGROUND_JOBS,
        async () => {
          tries += 1;
          throw new Error('not today');
        },
        {},
      );
      const queue = backend.front.queue(BACKGROUND_JOBS);
      const job = await queue.add('job', {}, { attempts: 3, backoff: { type: 'exponential', delay: 5 } });
      await until('the job is given up', async () => (await queue.getJobState(job.id ?? '')) === 'failed');
      await worker.close();
      expect(tries).toBe(3);
      expect(await queue.getJob(job.id ?? '')).toMatchObject({ attemptsMade: 3, failedReason: 'not today' });
    });

    it('runs the job of a worker that lost its lock again', async () => {
      const queue = backend.front.queue(QUESTIONS);
      const settings = { lockDuration: 300, stalledInterval: 100 };
      const stuck = { ...settings, skipLockRenewal: true };
      const blocked = backend.worker(QUESTIONS, () => new Promise(() => undefined), stuck);
      const job = await queue.add('job', {});
      await until('the first worker has the job', async () => (await job.getState()) === 'active');
      let isDone = false;
      const other = backend.worker(
        QUESTIONS,
        async () => {
          isDone = true;
        },
        settings,
      );
      await until('another worker has done it', () => isDone);
      await until('it is completed', async () => (await job.getState()) === 'completed');
      await Promise.all([blocked.close(true), other.close()]);
    });

    it('gives up no job that stalls again and again', async () => {
      const queue = backend.front.queue(REPORTS);
      const settings = { lockDuration: 200, stalledInterval: 60, skipLockRenewal: true };
      const failures: string[] = [];
      let starts = 0;
      const blocked = () => {
        starts += 1;
        return new Promise(() => undefined);
      };
      const worker = backend.worker(REPORTS, blocked, { ...settings, concurrency: 10 });
      worker.on('failed', (_, error) => failures.push(error.message));
      const job = await queue.add('job', {}, { attempts: 1 });
      await until('it has begun again and again', () => starts >= 4);
      await worker.close(true);
      expect(await job.getState()).not.toBe('failed');
      expect(failures).toEqual([]);
    });

    it('runs a delayed job when it is due, and takes one id once', async () => {
      const seen: unknown[] = [];
      const worker = backend.worker(DIAGNOSES, async (job) => void seen.push(job.data), {});
      const queue = backend.front.queue(DIAGNOSES);
      await queue.add('later', { n: 1 }, { delay: 3_600_000, jobId: 'in-an-hour' });
      await queue.add('later', { n: 2 }, { delay: 30, jobId: 'soon' });
      await queue.add('later', { n: 3 }, { delay: 30, jobId: 'soon' });
      await until('the job is due', () => seen.length > 0);
      await worker.close();
      expect(seen).toEqual([{ n: 2 }]);
      expect(await queue.getDelayedCount()).toBe(1);
    });
  });
});
