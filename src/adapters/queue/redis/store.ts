import type { Redis } from 'ioredis';
import type { Store } from '../../../jobs/ports.ts';

const KEYS_PER_SCAN = 1000;

/** Whether the store waits for an unreachable Redis depends on the settings of the connection. */
export function createRedisStore(redis: Redis, prefix: string, reportUnreadable: Store['reportUnreadable']): Store {
  const at = (key: string) => `${prefix}:${key}`;
  return {
    get: (key) => redis.get(at(key)),
    async set(key, value, ttlMs) {
      if (ttlMs === undefined) await redis.set(at(key), value);
      else await redis.set(at(key), value, 'PX', ttlMs);
    },
    async setIfAbsent(key, value, ttlMs) {
      const set = ttlMs === undefined ? redis.set(at(key), value, 'NX') : redis.set(at(key), value, 'PX', ttlMs, 'NX');
      return (await set) === 'OK';
    },
    async delete(key) {
      await redis.del(at(key));
    },
    async append(list, value, ttlMs, most) {
      await Promise.all([
        redis.rpush(at(list), value),
        most === undefined ? null : redis.ltrim(at(list), -most, -1),
        redis.pexpire(at(list), ttlMs),
      ]);
    },
    // Appending doesn't check for equal values, so reading keeps the first of them.
    async list(list) {
      return [...new Set(await redis.lrange(at(list), 0, -1))];
    },
    async removeFromList(list, value) {
      await redis.lrem(at(list), 0, value);
    },
    reportUnreadable,
    async deleteOwnedBy(teamId) {
      for (const pattern of [`*[-:]${teamId}`, `*[-:]${teamId}-*`]) {
        for await (const keys of redis.scanStream({ match: at(pattern), count: KEYS_PER_SCAN })) {
          if (keys.length > 0) await redis.unlink(keys);
        }
      }
    },
  };
}
