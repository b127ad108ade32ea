import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { DELIVERIES, type QueueBackend } from '../../../src/jobs/queue/queues.ts';
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

  it('is given up when it hangs, and then refused at once', async () => {
    await redis.start();
    await open();
    await backend.front.queue(DELIVERIES).add('job', {});
    redis.freeze();
    await expect(backend.front.queue(DELIVERIES).add('job', {})).rejects.toThrow();
    await expectRefusalInTime();
    redis.thaw();
    await until('a job is taken', isTaken);
  });
});
