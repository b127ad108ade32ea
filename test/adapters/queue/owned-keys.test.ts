/** The index in Redis of what belongs to a workspace: what it costs, and what earlier versions stored without it. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRedisStore } from '../../../src/adapters/queue/redis/store.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from './redis-server.ts';

const HOUR_MS = 3_600_000;
const MONTH_MS = 30 * 24 * HOUR_MS;

describe.skipIf(isWithoutRedis())('the index of what belongs to a workspace', () => {
  let server: RedisServer;
  let redis: Redis;
  const openStore = () => createRedisStore(redis, 'bot:store', () => undefined);
  beforeAll(async () => {
    server = await createRedisServer();
    await server.start();
    redis = new Redis(server.url);
  });
  beforeEach(() => redis.flushall());
  afterAll(async () => {
    redis.disconnect();
    await server.remove();
  });

  it('takes one command for an id, whatever is stored under it', async () => {
    const store = openStore();
    await store.set('outbox:T0ONE-1', 'x', MONTH_MS);
    for (const part of ['outbox', 'wanted-answer', 'settled', 'record'])
      await store.set(`${part}:T0ONE-first`, 'x', HOUR_MS);
    await redis.config('RESETSTAT');
    for (const part of ['settled', 'outbox', 'wanted-answer', 'outbox', 'record']) {
      await store.set(`${part}:T0ONE-2`, 'x', part === 'outbox' ? MONTH_MS : HOUR_MS);
    }
    await store.set('answered:T0ONE-C1-question', 'x', 60_000);
    const stats = await redis.info('commandstats');
    expect(stats).toMatch(/cmdstat_set:calls=6,/);
    expect(stats).toMatch(/cmdstat_zadd:calls=1,/);
    expect(stats).not.toContain('cmdstat_sadd');
  });

  it('is written by every process', async () => {
    await openStore().set('record:T0ONE-1', 'x', HOUR_MS);
    await openStore().set('outbox:T0ONE-2', 'x', HOUR_MS);
    const third = openStore();
    while (await third.deleteOwnedBy('T0ONE'));
    expect(await redis.keys('*T0ONE*')).toEqual([]);
  });

  it('forgets what has expired', async () => {
    const store = openStore();
    await redis.zadd('bot:store:belongings:T0ONE', Date.now() - 1, 'T0ONE-old');
    for (let n = 0; n < 100; n++) await store.set(`record:T0ONE-${n}`, 'x', HOUR_MS);
    expect(await redis.zcard('bot:store:belongings:T0ONE')).toBe(100);
  });

  it('takes in what earlier versions stored, once, and looks at no other keys from then on', async () => {
    await redis.set('bot:store:digest:T0ONE-C1', 'x');
    await redis.set('bot:store:digest:T0TWO-C1', 'x');
    await redis.set('bot:questions:T0ONE-1', 'not the store’s');
    const store = openStore();
    while (await store.deleteOwnedBy('T0ONE'));
    expect((await redis.keys('*T0ONE*')).toSorted()).toEqual(['bot:questions:T0ONE-1']);
    expect(await redis.get('bot:store:digest:T0TWO-C1')).toBe('x');
    await redis.config('RESETSTAT');
    while (await openStore().deleteOwnedBy('T0TWO'));
    expect(await redis.get('bot:store:digest:T0TWO-C1')).toBeNull();
    expect(await redis.info('commandstats')).not.toContain('cmdstat_scan');
  });
});
