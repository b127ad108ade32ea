import { threadId } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { openThreadPool, ThreadDied, type ThreadPool } from '../../../src/adapters/threads/pool.ts';
import { deferred } from '../../support/deferred.ts';
import type { Wanted } from './entry.ts';

const never = new AbortController().signal;
const pools: ThreadPool<Wanted, unknown, number>[] = [];

function open(maxThreads = 1, tasksPerThread = 10) {
  const pool = openThreadPool<Wanted, unknown, number>({
    entry: new URL('./entry.js', import.meta.url),
    data: null,
    minThreads: 1,
    maxThreads,
    tasksPerThread,
    memoryMb: 64,
    onIdleDeath: (error) => expect.unreachable(String(error)),
  });
  pools.push(pool);
  return pool;
}

/** Resolves to its thread and its end when the task runs. */
async function start(pool: ThreadPool<Wanted, unknown, number>, wanted: Wanted, signal = never) {
  const running = deferred<number>();
  const end = pool.run(wanted, signal, running.resolve).catch((error: unknown) => error);
  return { thread: await running.promise, end };
}

describe('a pool of threads', () => {
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });

  it('runs several tasks at once in another thread, which report their progress', async () => {
    const pool = open();
    const stop = new AbortController();
    const waiting = await start(pool, 'to stop', stop.signal);
    expect(waiting.thread).not.toBe(threadId);
    expect(await pool.run('thread id', never)).toBe(waiting.thread);
    stop.abort(new Error('enough'));
    await waiting.end;
  });

  it('rejects with the error of the task, and the thread goes on', async () => {
    const pool = open();
    const before = await pool.run('thread id', never);
    await expect(pool.run('an error', never)).rejects.toThrow(new RangeError('out of range'));
    expect(await pool.run('thread id', never)).toBe(before);
  });

  it('asks a task to stop when its signal aborts, and rejects with the reason', async () => {
    const pool = open();
    const stop = new AbortController();
    const task = await start(pool, 'to stop', stop.signal);
    stop.abort(new Error('nobody waits any more'));
    expect(await task.end).toEqual(new Error('nobody waits any more'));
    expect(await pool.run('thread id', never)).toBe(task.thread);
  });

  it('ends the thread of a task that does not stop', async () => {
    const pool = open();
    const stop = new AbortController();
    const task = await start(pool, 'never to stop', stop.signal);
    const neighbour = pool.run('to stop', never).catch((error: unknown) => error);
    stop.abort(new Error('nobody waits any more'));
    expect(await task.end).toEqual(new Error('nobody waits any more'));
    expect(await neighbour).toBeInstanceOf(ThreadDied);
    expect(await pool.run('thread id', never)).not.toBe(task.thread);
  });

  it.each(['all memory', 'its end'] as const)('outlives a thread of which a task takes %s', async (what) => {
    const pool = open();
    const neighbour = await start(pool, 'to stop');
    await expect(pool.run(what, never)).rejects.toBeInstanceOf(ThreadDied);
    expect(await neighbour.end).toBeInstanceOf(ThreadDied);
    expect(await pool.run('thread id', never)).not.toBe(neighbour.thread);
  });

  it('gives each task a thread of its own when asked to', async () => {
    const pool = open(2, 1);
    const stop = new AbortController();
    const tasks = await Promise.all([start(pool, 'to stop', stop.signal), start(pool, 'to stop', stop.signal)]);
    expect(new Set(tasks.map(({ thread }) => thread)).size).toBe(2);
    stop.abort(new Error('enough'));
    await Promise.all(tasks.map(({ end }) => end));
  });

  it('ends with what still runs in it', async () => {
    const pool = open();
    const task = await start(pool, 'never to stop');
    await pool.close();
    expect(await task.end).toBeInstanceOf(Error);
    await expect(pool.run('thread id', never)).rejects.toThrow();
  });
});
