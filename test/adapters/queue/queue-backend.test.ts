import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { DELIVERIES, DIAGNOSES, type QueueBackend } from '../../../src/jobs/queues.ts';
import { isWithoutRedis } from './redis-server.ts';
import { until } from './until.ts';

const log = pino({ level: 'silent' });
const withoutRedis = isWithoutRedis();

describe.each([
  { kind: 'spawned-redis' as const, servers: ['redis-server'], skipped: withoutRedis },
  { kind: 'postgres' as const, servers: [], skipped: false },
])('an embedded queue ($kind)', ({ kind, servers, skipped }) => {
  describe.skipIf(skipped)('on this machine', () => {
    let dataDir: string;
    let backend: QueueBackend;

    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'ktrdr-queue-'));
      backend = await openQueueBackend({ redisUrl: null, dataDir, log, servers });
    });
    afterAll(async () => {
      await backend.close();
      await rm(dataDir, { recursive: true, force: true });
    });

    it('says what it is', () => {
      expect(backend.kind).toBe(kind);
      expect(backend.describe()).toContain(dataDir);
    });

    it('is healthy', async () => {
      expect(await backend.health()).toMatchObject({ ok: true, problems: [] });
    });

    it('stores values until they expire', async () => {
      const { store } = backend.front;
      await store.set('a:1', 'one');
      await store.set('a:2', 'two', 1);
      await store.set('a:3', 'three', 60_000);
      await until('the second is forgotten', async () => (await store.get('a:2')) === null);
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

    it('sets once', async () => {
      const { store } = backend.front;
      const won = await Promise.all(['x', 'y', 'z'].map((value) => store.setIfAbsent('once:1', value, 60_000)));
      expect(won.filter((mine) => mine)).toHaveLength(1);
      expect(await store.setIfAbsent('once:2', 'x', 1)).toBe(true);
      await until('the first is forgotten', async () => (await store.get('once:2')) === null);
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

    it('refuses a second process on the same directory and names the first', async () => {
      const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      const owner = join(dataDir, 'owner.pid');
      const mine = await readFile(owner, 'utf8');
      const start = (await readFile(`/proc/${other.pid}/stat`, 'utf8').catch(() => ''))
        .split(') ')
        .at(-1)
        ?.split(' ')[19];
      await writeFile(owner, `${other.pid} ${start ?? ''}`);
      await expect(openQueueBackend({ redisUrl: null, dataDir, log, servers })).rejects.toThrow(
        `in use by process ${other.pid}`,
      );
      other.kill('SIGKILL');
      await writeFile(owner, mine);
    });

    it('still has everything after a restart', async () => {
      await backend.front.store.set('kept:1', 'yes');
      await backend.front.queue(DELIVERIES).add('later', { n: 4 }, { delay: 3_600_000 });
      await backend.close();
      backend = await openQueueBackend({ redisUrl: null, dataDir, log, servers });
      expect(await backend.front.store.get('kept:1')).toBe('yes');
      expect(await backend.front.queue(DELIVERIES).getDelayedCount()).toBe(1);
    });
  });
});
