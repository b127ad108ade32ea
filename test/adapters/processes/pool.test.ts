import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { openProcessPool, type ProcessPool } from '../../../src/adapters/processes/pool.ts';
import { ProcessDied } from '../../../src/adapters/processes/task-process.ts';
import { deferred } from '../../support/deferred.ts';
import { TSX } from '../../support/program.ts';
import type { Wanted } from './entry.ts';

const OWNER = new URL('owner.ts', import.meta.url).pathname;
const never = new AbortController().signal;
const pools: ProcessPool<Wanted, unknown, number>[] = [];

const noticed: unknown[] = [];

function open(maxProcesses = 1, tasksPerProcess = 10, data: unknown = null) {
  const pool = openProcessPool<Wanted, unknown, number>({
    entry: new URL('./entry.js', import.meta.url),
    data,
    minProcesses: 1,
    maxProcesses,
    tasksPerProcess,
    memoryMb: 64,
    onNotice: (notice) => void noticed.push(notice),
    reply: async (question) => `the reply to ${question}`,
    onIdleDeath: (error) => expect.unreachable(String(error)),
  });
  pools.push(pool);
  return pool;
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

/** Resolves to its process and its end when the task runs. */
async function start(pool: ProcessPool<Wanted, unknown, number>, wanted: Wanted, signal = never) {
  const running = deferred<number>();
  const end = pool.run(wanted, signal, running.resolve).catch((error: unknown) => error);
  return { processId: await running.promise, end };
}

describe('a pool of processes', () => {
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });

  it('runs several tasks at once in another process, which report their progress', async () => {
    const pool = open();
    const stop = new AbortController();
    const waiting = await start(pool, 'to stop', stop.signal);
    expect(waiting.processId).not.toBe(process.pid);
    expect(await pool.run('process id', never)).toBe(waiting.processId);
    stop.abort(new Error('enough'));
    await waiting.end;
  });

  it('rejects with the error of the task, and the process goes on', async () => {
    const pool = open();
    const before = await pool.run('process id', never);
    await expect(pool.run('an error', never)).rejects.toThrow(new RangeError('out of range'));
    expect(await pool.run('process id', never)).toBe(before);
  });

  it('asks a task to stop when its signal aborts, and rejects with the reason', async () => {
    const pool = open();
    const stop = new AbortController();
    const task = await start(pool, 'to stop', stop.signal);
    stop.abort(new Error('nobody waits any more'));
    expect(await task.end).toEqual(new Error('nobody waits any more'));
    expect(await pool.run('process id', never)).toBe(task.processId);
  });

  it('ends the process of a task that does not stop', async () => {
    const pool = open();
    const stop = new AbortController();
    const task = await start(pool, 'never to stop', stop.signal);
    const neighbour = pool.run('to stop', never).catch((error: unknown) => error);
    stop.abort(new Error('nobody waits any more'));
    expect(await task.end).toEqual(new Error('nobody waits any more'));
    expect(await neighbour).toBeInstanceOf(ProcessDied);
    expect(await pool.run('process id', never)).not.toBe(task.processId);
  });

  it.each(['all memory', 'all memory at once', 'its end'] as const)(
    'outlives a process of which a task takes %s',
    async (what) => {
      const pool = open();
      const neighbour = await start(pool, 'to stop');
      await expect(pool.run(what, never)).rejects.toBeInstanceOf(ProcessDied);
      expect(await neighbour.end).toBeInstanceOf(ProcessDied);
      expect(await pool.run('process id', never)).not.toBe(neighbour.processId);
    },
  );

  it('gives each task a process of its own when asked to', async () => {
    const pool = open(2, 1);
    const stop = new AbortController();
    const tasks = await Promise.all([start(pool, 'to stop', stop.signal), start(pool, 'to stop', stop.signal)]);
    expect(new Set(tasks.map(({ processId }) => processId)).size).toBe(2);
    stop.abort(new Error('enough'));
    await Promise.all(tasks.map(({ end }) => end));
  });

  it('lets a task wait until there is a place for it, and stop waiting', async () => {
    const pool = open(1, 1);
    const [stop, stopWaiting] = [new AbortController(), new AbortController()];
    const first = await start(pool, 'to stop', stop.signal);
    const second = pool.run('process id', never);
    const third = pool.run('process id', stopWaiting.signal).catch((error: unknown) => error);
    stopWaiting.abort(new Error('nobody waits any more'));
    expect(await third).toEqual(new Error('nobody waits any more'));
    stop.abort(new Error('enough'));
    await first.end;
    expect(await second).toBe(first.processId);
    expect(await pool.run('process id', never)).toBe(first.processId);
  });

  it('starts another process for a task that waited while its process died', async () => {
    const pool = open(1, 1);
    const first = pool.run('its end', never).catch((error: unknown) => error);
    const second = pool.run('process id', never);
    expect(await first).toEqual(new ProcessDied('a process ended with exit code 3'));
    expect(await second).toEqual(expect.any(Number));
  });

  it('gives each process the data, as it is', async () => {
    const data = { at: new Date(0), pattern: /a+/giu, bytes: new Uint8Array([1, 2]), map: new Map([[1, null]]) };
    expect(await open(1, 1, data).run('data', never)).toEqual(data);
  });

  it('rejects each task with the error of a process that cannot use its data', async () => {
    const pool = open(1, 1, 'cannot be used');
    await expect(pool.run('data', never)).rejects.toThrow('the data cannot be used');
    await expect(pool.run('data', never)).rejects.toThrow('the data cannot be used');
  });

  it('hears what a process tells outside of its tasks, and replies to its questions', async () => {
    const pool = open();
    expect(await pool.run('to ask', never)).toBe('the reply to a question');
    await pool.run('to notify', never);
    expect(noticed).toEqual(['noticed']);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'goes on after a %s, which its parent gets as well',
    async (signal) => {
      const pool = open();
      const stop = new AbortController();
      const task = await start(pool, 'to stop', stop.signal);
      process.kill(task.processId, signal);
      expect(await pool.run('process id', never)).toBe(task.processId);
      stop.abort(new Error('enough'));
      await task.end;
    },
  );

  it('leaves no process behind when its own is killed', async () => {
    const owner = spawn(process.execPath, ['--import', TSX, OWNER], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: owner.stdout }), 'line');
    const left = Number(line);
    expect(isAlive(left)).toBe(true);
    owner.kill('SIGKILL');
    await expect.poll(() => isAlive(left)).toBe(false);
  });

  it('ends with what still runs in it', async () => {
    const pool = open();
    const task = await start(pool, 'never to stop');
    await pool.close();
    expect(await task.end).toEqual(new Error('The processes are closed.'));
    await expect(pool.run('process id', never)).rejects.toThrow();
  });
});
