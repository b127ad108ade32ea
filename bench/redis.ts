import { Redis } from 'ioredis';
import type { RedisServer } from '../test/adapters/queue/redis-server.ts';

/** Writes to its disk once a second, as in production: the tests' setting would make the disk most of every time. */
export async function startRedis(redis: RedisServer): Promise<void> {
  await redis.start();
  const settings = new Redis(redis.url);
  await settings.config('SET', 'appendfsync', 'everysec');
  settings.disconnect();
}

export { createRedisServer, isWithoutRedis, type RedisServer } from '../test/adapters/queue/redis-server.ts';
