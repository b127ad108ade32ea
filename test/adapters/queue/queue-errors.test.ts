import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { isQueueUnavailable } from '../../../src/adapters/queue/queue-errors.ts';
import { BACKGROUND_JOBS, type QueueBackend } from '../../../src/jobs/queue/queues.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from './redis-server.ts';

const log = pino({ level: 'silent' });
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(redis: RedisServer): Promise<QueueBackend> {
  const backend = await openQueueBackend({ redisUrl: redis.url, dataDir: '/nonexistent', log });
  ends.push(() => backend.close());
  return backend;
}

async function running(): Promise<{ readonly redis: RedisServer; readonly backend: QueueBackend }> {
  const redis = await createRedisServer();
  ends.push(redis.remove);
  await redis.start();
  return { redis, backend: await open(redis) };
}

/** What a handler gets to see of it: from the store and from adding a job. */
async function errorsOf({ front }: QueueBackend): Promise<readonly unknown[]> {
  const tried = await Promise.allSettled([
    front.store.set('key', 'value', 60_000),
    front.queue(BACKGROUND_JOBS).add('name', { any: 'data' }),
  ]);
  return tried.map((one) => (one.status === 'rejected' ? one.reason : 'fulfilled'));
}

describe.skipIf(isWithoutRedis())('an error of the queue client', () => {
  it.each([
    ['was never up', null],
    ['was killed', (redis: RedisServer) => redis.kill()],
    ['is frozen', async (redis: RedisServer) => redis.freeze()],
  ])(
    'means that the queue is unavailable when Redis %s',
    async (_what, end) => {
      let backend: QueueBackend;
      if (end === null) {
        const redis = await createRedisServer();
        ends.push(redis.remove);
        backend = await open(redis);
      } else {
        const started = await running();
        backend = started.backend;
        await end(started.redis);
      }
      for (const error of await errorsOf(backend)) {
        expect(error).toBeInstanceOf(Error);
        expect([String(error), isQueueUnavailable(error)]).toEqual([String(error), true]);
      }
    },
    30_000,
  );

  it('means the same when Redis takes no writes', async () => {
    const { redis, backend } = await running();
    const admin = new Redis(redis.url);
    await admin.replicaof('127.0.0.1', 1);
    admin.disconnect();
    for (const error of await errorsOf(backend))
      expect([String(error), isQueueUnavailable(error)]).toEqual([String(error), true]);
  }, 30_000);

  it('is a bug when Redis rejects the command itself', async () => {
    const { backend } = await running();
    await backend.front.store.set('key', 'value', 60_000);
    const error = await backend.front.store.append('key', 'entry', 60_000).catch((reason: unknown) => reason);
    expect(String(error)).toContain('WRONGTYPE');
    expect(isQueueUnavailable(error)).toBe(false);
  }, 30_000);
});

it.each([
  new TypeError("Cannot read properties of undefined (reading 'x')"),
  new SyntaxError('Unexpected token'),
  'text',
  null,
])('%s is no error of the queue', (error) => expect(isQueueUnavailable(error)).toBe(false));
