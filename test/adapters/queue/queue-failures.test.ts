/** What both queues keep when processes die, jobs fail and schedules have fractions of milliseconds. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DelayedError } from 'bullmq';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  BACKGROUND_JOBS,
  DELIVERIES,
  DIAGNOSES,
  QUESTIONS,
  type QueueBackend,
  REPORTS,
  wholeMs,
} from '../../../src/jobs/queue/queues.ts';
import { QUEUE_KINDS, type TestQueue } from '../../jobs/queue-kinds.ts';
import { until } from './until.ts';

const log = pino({ level: 'silent' });
const WORKER = new URL('worker-process.ts', import.meta.url).pathname;
/** Processes start and databases open several times. */
vi.setConfig({ testTimeout: 120_000 });

describe.each(QUEUE_KINDS)('a queue in trouble ($kind)', ({ open, skipped }) => {
  describe.skipIf(skipped)('on this machine', () => {
    let queue: TestQueue;
    beforeAll(async () => {
      queue = await open(log);
    });
    afterAll(() => queue.remove());

    const front = (name: string) => queue.backend.front.queue(name);
    type Run = Parameters<QueueBackend['worker']>[1];
    function work(name: string, run: Run, settings: Parameters<QueueBackend['worker']>[2] = {}): void {
      const worker = queue.backend.worker(name, run, settings);
      onTestFinished(() => worker.close());
    }
    const isDone = (name: string, id = '') =>
      until(`${id} is done`, async () => (await front(name).getJobState(id)) === 'completed');

    it('waits between attempts as the backoff says, also where that is not a whole number', async () => {
      const job = await front(REPORTS).add('job', {}, { attempts: 4, backoff: { type: 'custom' } });
      const made: number[] = [];
      const backoffStrategy = (attempts: number) => {
        made.push(attempts);
        return wholeMs(attempts / 3);
      };
      work(
        REPORTS,
        async ({ attemptsMade }) => {
          if (attemptsMade < 3) throw new Error('not yet');
        },
        { settings: { backoffStrategy } },
      );
      await isDone(REPORTS, job.id);
      expect(made).toEqual([1, 2, 3]);
      expect(await front(REPORTS).getJob(job.id ?? '')).toMatchObject({ attemptsMade: 4, stalledCounter: 0 });
    });

    it('postpones a running job without counting an attempt', async () => {
      let starts = 0;
      const job = await front(BACKGROUND_JOBS).add('job', {});
      work(BACKGROUND_JOBS, async (running, token) => {
        starts += 1;
        if (starts > 1) return;
        await running.moveToDelayed(Date.now() + 20, token);
        throw new DelayedError();
      });
      await isDone(BACKGROUND_JOBS, job.id);
      expect(starts).toBe(2);
      expect(await front(BACKGROUND_JOBS).getJob(job.id ?? '')).toMatchObject({ attemptsMade: 1, stalledCounter: 0 });
    });

    it('keeps jobs, schedules, leases and lists while no process has it', async () => {
      const { store } = queue.backend.front;
      const delayed = await front(DIAGNOSES).add('later', { n: 1 }, { delay: 1 });
      const far = await front(DIAGNOSES).add('much later', { n: 2 }, { delay: 3_600_000 });
      const mine = { key: 'lease:kept', holder: 'me', ttlMs: 3_600_000 };
      await store.setIfAbsent(mine.key, mine.holder, mine.ttlMs);
      await store.set('short:1', 'over', 1);
      await store.append('list:kept', 'a', 3_600_000);
      await store.rank('ranked:kept', 'a', 1.5);

      await queue.lend();
      await queue.reopen();
      work(DIAGNOSES, async () => undefined);
      await isDone(DIAGNOSES, delayed.id);
      expect(await front(DIAGNOSES).getJobState(far.id ?? '')).toBe('delayed');
      const reopened = queue.backend.front.store;
      expect(await reopened.setIfAbsent(mine.key, 'other', 1000)).toBe(false);
      expect(await reopened.setWhileHeld(mine, 'held:kept', 'x', 1000)).toBe(true);
      expect(await reopened.get('short:1')).toBeNull();
      expect(await reopened.list('list:kept')).toEqual(['a']);
      expect(await reopened.ranked('ranked:kept', { limit: 2 })).toEqual([{ member: 'a', order: 1.5 }]);
    });

    it('gives the jobs of a killed process to another one, and what was asked meanwhile', async () => {
      const deduplication = { id: 'same', keepLastIfActive: true };
      const first = await front(DELIVERIES).add('job', { n: 1 }, { deduplication });
      const other = await front(DELIVERIES).add('job', { n: 9 });
      const { kind, place } = await queue.lend();
      const child = spawn(process.execPath, ['--import', 'tsx', WORKER, kind, place, DELIVERIES], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const active = new Set<string>();
      for await (const id of createInterface({ input: child.stdout })) {
        active.add(id);
        if (active.size === 2) child.kill('SIGKILL');
      }
      await ended;
      expect([...active].toSorted()).toEqual([first.id, other.id].toSorted());

      await queue.reopen();
      // The first one still counts as active, so this one follows it.
      await front(DELIVERIES).add('job', { n: 2 }, { deduplication });
      const done: unknown[] = [];
      work(DELIVERIES, async ({ data }) => void done.push(data), { lockDuration: 500, stalledInterval: 100 });
      await until('all three are done', () => done.length >= 3);
      expect(done.map((data) => JSON.stringify(data)).toSorted()).toEqual(['{"n":1}', '{"n":2}', '{"n":9}']);
      expect(await front(DELIVERIES).getJob(first.id ?? '')).toMatchObject({ stalledCounter: 1 });
    });

    it('frees the name of a job that was given up, so that the same can be asked again', async () => {
      const deduplication = { id: 'given-up', keepLastIfActive: true };
      let isBroken = true;
      const failed = await front(QUESTIONS).add('job', { n: 1 }, { deduplication, attempts: 1 });
      work(QUESTIONS, async () => {
        if (isBroken) throw new Error('not today');
      });
      await until('it is given up', async () => (await failed.getState()) === 'failed');
      isBroken = false;
      const again = await front(QUESTIONS).add('job', { n: 2 }, { deduplication });
      await isDone(QUESTIONS, again.id);
    });

    it('keeps a whole list for as long as something is appended, and nothing of one that has ended', async () => {
      const { store } = queue.backend.front;
      await store.append('list:extended', 'a', 300);
      await store.append('list:extended', 'b', 3_600_000);
      await store.append('list:over', 'a', 1);
      await store.append('list:over', 'b', 1);
      await store.set('after', 'yes', 400);
      await until('the first time is over', async () => (await store.get('after')) === null);
      expect(await store.list('list:extended')).toEqual(['a', 'b']);
      await store.append('list:over', 'c', 60_000);
      await store.append('list:over', 'a', 60_000);
      expect(await store.list('list:over')).toEqual(['c', 'a']);
    });
  });
});
