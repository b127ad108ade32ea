import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { DELIVERIES, type QueueBackend } from '../../../src/jobs/queues.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from './redis-server.ts';
import { until } from './until.ts';

const log = pino({ level: 'silent' });
/** What Slack waits for an acknowledgement. */
const SLACK_WAITS_MS = 3000;

describe.skipIf(isWithoutRedis())('a Redis that is away', () => {
  let redis: RedisServer;
  let backend: QueueBackend;

  beforeEach(async () => {
    redis = await createRedisServer();
  });
  afterEach(async () => {
    redis.thaw();
    await backend.close();
    await redis.remove();
  });

  async function open(): Promise<void> {
    backend = await openQueueBackend({ redisUrl: redis.url, dataDir: '/nonexistent', log });
  }

  async function expectRefusalInTime(): Promise<void> {
    const refused = Promise.allSettled([
      backend.front.queue(DELIVERIES).add('job', {}),
      backend.front.store.set('key:1', 'value'),
    ]);
    // On a slow machine both timers are late, in the same order.
    const outcomes = await Promise.race([refused, setTimeout(SLACK_WAITS_MS, null)]);
    expect(outcomes?.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  }

  const isTaken = () =>
    backend.front
      .queue(DELIVERIES)
      .add('job', {})
      .then(
        () => true,
        () => false,
      );

  it('is refused in time when it was never there, and used once it comes', async () => {
    await open();
    await expectRefusalInTime();
    expect(await backend.health()).toMatchObject({ ok: false });
    await redis.start();
    await until('a job is taken', isTaken);
    await until('the queue is healthy', async () => (await backend.health()).ok);
  });

  it('is refused in time when it is killed, and both sides go on when it is back with its data', async () => {
    await redis.start();
    await open();
    const done: unknown[] = [];
    const worker = backend.worker(DELIVERIES, async (job) => void done.push(job.data), {});
    await backend.front.queue(DELIVERIES).add('job', { n: 1 });
    await until('the first job is done', () => done.length === 1);
    await backend.front.queue(DELIVERIES).add('job', { n: 2 }, { delay: 3_600_000 });

    await redis.kill();
    await until('the connection notices', async () => !(await isTaken()));
    await expectRefusalInTime();
    const patient = backend.back.store.set('key:2', 'waited');

    await redis.start();
    await patient;
    await until('a job is taken and done', async () => (await isTaken()) && done.length > 1);
    expect(await backend.front.queue(DELIVERIES).getDelayedCount()).toBe(1);
    await worker.close();
  });

  it('is refused in time when it hangs', async () => {
    await redis.start();
    await open();
    await backend.front.queue(DELIVERIES).add('job', {});
    redis.freeze();
    await expectRefusalInTime();
    redis.thaw();
    await until('a job is taken', isTaken);
  });
});

describe.skipIf(isWithoutRedis())('the private Redis', () => {
  it('ends when its owner is killed, and the next owner has its data', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'ktrdr-owner-'));
    const script = new URL('owner-process.ts', import.meta.url).pathname;
    const owner = spawn(process.execPath, ['--import', 'tsx', script, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const kind = await new Promise<string>((resolve) => owner.stdout.setEncoding('utf8').once('data', resolve));
    expect(kind.trim()).toBe('spawned-redis');
    const socket = join(dataDir, 'redis', 'redis.sock');
    expect(await listens(socket)).toBe(true);

    owner.kill('SIGKILL');
    await until('the server ends', async () => !(await listens(socket)));

    const backend = await openQueueBackend({ redisUrl: null, dataDir, log });
    expect(backend.kind).toBe('spawned-redis');
    expect(await backend.front.store.get('from:owner')).toBe('here');
    await backend.close();
    expect(await listens(socket)).toBe(false);
    await rm(dataDir, { recursive: true, force: true });
  });
});

function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
