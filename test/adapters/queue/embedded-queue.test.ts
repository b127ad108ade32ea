/** The queue in files of this process: who may open it, what a crash leaves, and what it says when it can't be opened. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { DirectoryInUse, lockDirectory } from '../../../src/adapters/queue/pglite/directory-lock.ts';
import { DELIVERIES } from '../../../src/jobs/queue/queues.ts';
import { emptyDatabase } from './empty-database.ts';
import { until } from './until.ts';

const log = pino({ level: 'silent' });
/** The database starts several times, which takes long where the machine is busy. */
vi.setConfig({ testTimeout: 300_000 });
const OWNER = new URL('owner-process.ts', import.meta.url).pathname;

let dataDir: string;
let children: ChildProcess[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ktrdr-embedded-'));
});
afterEach(async () => {
  await Promise.all(children.map(kill));
  children = [];
  await rm(dataDir, { recursive: true, force: true });
});

const open = () => openQueueBackend({ redisUrl: null, dataDir, log });

/** Another process that opens the queue, below a limit for the size of a file if one is given; resolves to what it says. */
async function startOwner({
  limit = 'unlimited',
  part = 'queue',
} = {}): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const command = `ulimit -f ${limit}; exec "$@"`;
  const child = spawn('sh', ['-c', command, 'sh', process.execPath, '--import', 'tsx', OWNER, dataDir, part], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const said = await new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', resolve));
  return { child, said: said.trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

describe('the embedded queue', () => {
  it('belongs to one process, keeps other users out, and is taken over with its data after a crash', async () => {
    const directory = join(dataDir, 'postgres');
    const mode = async () => (await stat(directory)).mode & 0o777;
    await mkdir(directory);
    await chmod(directory, 0o755);
    const { child, said } = await startOwner();
    expect(said).toBe('opened');
    expect(await mode()).toBe(0o700);
    await expect(open()).rejects.toThrow(`in use by process ${child.pid}`);
    await kill(child);

    await chmod(directory, 0o755);
    const backend = await open();
    expect(await mode()).toBe(0o700);
    expect(backend.describe()).toContain(dataDir);
    expect(await backend.front.store.get('from:owner')).toBe('here');
    const done: unknown[] = [];
    const worker = backend.worker(DELIVERIES, async (job) => void done.push(job.data), {});
    await new Promise((resolve) => worker.once('completed', resolve));
    expect(done).toEqual([{ n: 1 }]);
    await worker.close();
    await backend.close();
  });

  it('says that nothing can be written, and starts once there is room, although the first start broke off', async () => {
    const { said } = await startOwner({ limit: '64' });
    expect(said).toContain(`The embedded queue cannot be opened in ${join(dataDir, 'postgres')}`);
    expect(said).toContain(
      '(the disk is full): DATA_DIR must be a directory that this process can write to, with 100 MB free',
    );
    const backend = await open();
    await backend.front.store.set('kept:1', 'yes');
    await backend.front.queue(DELIVERIES).add('later', {}, { delay: 3_600_000 });
    await backend.close();

    const again = await open();
    expect(await again.front.store.get('kept:1')).toBe('yes');
    expect(await again.front.queue(DELIVERIES).getDelayedCount()).toBe(1);
    await again.close();
    expect((await readdir(dataDir)).toSorted()).toEqual(['owner.pid', 'postgres']);
  });

  it('says what is in the way of its directory', async () => {
    await rm(dataDir, { recursive: true });
    await writeFile(dataDir, '');
    await expect(open()).rejects.toThrow(
      /embedded queue cannot be opened in .*there is a file in its place.*or set REDIS_URL/,
    );
  });
});

it('deletes what has expired while the embedded queue runs, and nothing else', async () => {
  const directory = join(dataDir, 'postgres');
  await cp(await emptyDatabase(), directory, { recursive: true });
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const backend = await open();
  const { store } = backend.front;
  await store.set('kept:1', 'yes');
  await store.set('short:1', 'yes', 1);
  await store.append('short:2', 'yes', 1);
  await until(
    'both have expired',
    async () => (await store.get('short:1')) === null && (await store.list('short:2')).length === 0,
  );
  await vi.advanceTimersByTimeAsync(3_600_000);
  await backend.close();

  const db = await PGlite.create(directory);
  const rows = await db.query('SELECT key FROM bot.entry UNION ALL SELECT list FROM bot.item');
  expect(rows.rows).toEqual([{ key: 'kept:1' }]);
  await db.close();
});

describe('the lock of a data directory', () => {
  it('is had by one of many who come at once, also where a crashed process left its claim', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.once('exit', resolve));
    await writeFile(
      join(dataDir, 'owner.pid'),
      `${child.pid} 12345 crashed\n${process.pid} 1 of-an-earlier-process\n99`,
    );
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(dataDir)));
    const locks = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(locks).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(DirectoryInUse);
    }
    await locks[0]?.();
    const next = await lockDirectory(dataDir);
    await expect(lockDirectory(dataDir)).rejects.toThrow(DirectoryInUse);
    await next();
  });

  it('is had by one of several processes that start together', async () => {
    const said = await Promise.all([1, 2, 3].map(async () => (await startOwner({ part: 'lock' })).said));
    expect(said.filter((line) => line === 'opened')).toHaveLength(1);
    expect(said.filter((line) => line.includes('is in use by process'))).toHaveLength(2);
  });

  it('is respected where an earlier version of the bot wrote it', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    children.push(child);
    await new Promise((resolve) => child.once('spawn', resolve));
    const line = await readFile(`/proc/${child.pid}/stat`, 'utf8').catch(() => '');
    await appendFile(join(dataDir, 'owner.pid'), `${child.pid} ${line.split(') ').at(-1)?.split(' ')[19] ?? ''}`);
    await expect(lockDirectory(dataDir)).rejects.toThrow(`in use by process ${child.pid}`);
  });
});
