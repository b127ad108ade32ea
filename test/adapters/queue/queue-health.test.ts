import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import type { QueueBackend } from '../../../src/jobs/queue/queues.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from './redis-server.ts';
import { until } from './until.ts';

describe.skipIf(isWithoutRedis())('the health of a Redis that answers and takes no writes', () => {
  let redis: RedisServer;
  let admin: Redis;
  let backend: QueueBackend;
  beforeAll(async () => {
    redis = await createRedisServer();
    await redis.start();
    admin = new Redis(redis.url);
    backend = await openQueueBackend({
      redisUrl: redis.url,
      dataDir: '/nonexistent',
      log: pino({ level: 'silent' }),
    });
  });
  afterEach(async () => {
    await until('the queue is healthy', async () => (await backend.health()).ok);
    expect((await backend.health()).problems).toEqual([]);
  });
  afterAll(async () => {
    admin.disconnect();
    await backend.close();
    await redis.remove();
  });

  it('says that it is a replica', async () => {
    await admin.replicaof('127.0.0.1', '9');
    const { ok, problems, queues } = await backend.health();
    await admin.replicaof('NO', 'ONE');
    expect([ok, problems]).toEqual([
      false,
      expect.arrayContaining([expect.stringContaining('Redis rejects writes (READONLY)')]),
    ]);
    // It still answers how many jobs there are.
    expect(queues['questions']).toMatchObject({ waiting: 0, active: 0 });
  });

  it('says that its memory is full', async () => {
    await admin.config('SET', 'maxmemory', '1');
    const { ok, problems } = await backend.health();
    await admin.config('SET', 'maxmemory', '0');
    expect([ok, problems]).toEqual([
      false,
      expect.arrayContaining([expect.stringContaining('Redis rejects writes (OOM): its memory is full.')]),
    ]);
  });

  it('says that its user can’t write', async () => {
    await admin.acl('SETUSER', 'default', '-set');
    const { ok, problems } = await backend.health();
    await admin.acl('SETUSER', 'default', '+set');
    expect([ok, problems]).toEqual([false, ['Redis rejects writes (NOPERM): its user can’t write.']]);
  });

  it('is well without the right to ask for INFO', async () => {
    await admin.acl('SETUSER', 'default', '-info');
    const { ok, problems } = await backend.health();
    await admin.acl('SETUSER', 'default', '+info');
    expect([ok, problems]).toEqual([true, []]);
  });
});
