import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRedisStore } from '../../src/adapters/store/redis-store.ts';
import { countFeedback, judge } from '../../src/jobs/feedback.ts';
import type { Store } from '../../src/jobs/ports.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from '../adapters/queue/redis-server.ts';

describe.skipIf(isWithoutRedis())('judgements', () => {
  let server: RedisServer;
  let redis: Redis;
  let store: Store;
  beforeAll(async () => {
    server = await createRedisServer();
    await server.start();
    redis = new Redis(server.url);
    store = createRedisStore(redis, 'bot');
  });
  afterAll(async () => {
    await redis.quit();
    await server.remove();
  });

  it('are counted per workspace and over all, a second thought once, and go with their workspace', async () => {
    const one = { teamId: 'T0ONE', answerId: 'T0ONE-1', userId: 'U0ANNA', cause: 'data-missing' };
    await judge(store, { ...one, verdict: 'right' });
    await judge(store, { ...one, verdict: 'wrong' });
    await judge(store, { ...one, teamId: 'T0TWO', answerId: 'T0TWO-1', verdict: 'wrong' });
    expect(await countFeedback(store, 'T0ONE')).toEqual([{ cause: 'data-missing', verdict: 'wrong', count: 1 }]);
    expect(await countFeedback(store, null)).toEqual([{ cause: 'data-missing', verdict: 'wrong', count: 2 }]);
    await store.deleteOwnedBy('T0ONE');
    expect(await countFeedback(store, null)).toEqual([{ cause: 'data-missing', verdict: 'wrong', count: 1 }]);
    expect(await redis.lrange('bot:feedback-teams:all', 0, -1)).toEqual(['T0TWO']);
  });
});
