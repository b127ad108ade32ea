import type { Redis } from 'ioredis';
import type { Store } from '../../../jobs/ports.ts';
import { createOwnedKeys } from './owned-keys.ts';

const SET_WHILE_HELD = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  if ARGV[2] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
  redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
  return 1`;
const REPLACE = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  if ARGV[2] then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('DEL', KEYS[1]) end
  return 1`;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/** One script, because a full Redis would reject the first command but execute the others. */
const APPEND = `
  local length = redis.call('RPUSH', KEYS[1], ARGV[1])
  if ARGV[3] ~= '0' and length > tonumber(ARGV[3]) then redis.call('LTRIM', KEYS[1], -ARGV[3], -1) end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** Whether the store waits for an unreachable Redis depends on the settings of the connection. */
export function createRedisStore(redis: Redis, prefix: string, reportUnreadable: Store['reportUnreadable']): Store {
  const at = (key: string) => `${prefix}:${key}`;
  const owned = createOwnedKeys(redis, at);
  return {
    get: (key) => redis.get(at(key)),
    async set(key, value, ttlMs) {
      owned.note(key, ttlMs);
      if (ttlMs === undefined) await redis.set(at(key), value);
      else await redis.set(at(key), value, 'PX', ttlMs);
    },
    async setIfAbsent(key, value, ttlMs) {
      owned.note(key, ttlMs);
      const set = ttlMs === undefined ? redis.set(at(key), value, 'NX') : redis.set(at(key), value, 'PX', ttlMs, 'NX');
      return (await set) === 'OK';
    },
    async delete(key) {
      await redis.del(at(key));
    },
    getMany: async (keys) => (keys.length === 0 ? [] : redis.mget(keys.map(at))),
    async setWhileHeld({ key: lease, holder, ttlMs: leaseMs, needsExtension = true }, key, value, ttlMs) {
      owned.note(key, ttlMs);
      const extendedBy = needsExtension ? leaseMs : '';
      return (await redis.eval(SET_WHILE_HELD, 2, at(lease), at(key), holder, extendedBy, value, ttlMs)) === 1;
    },
    async replace(key, expected, value) {
      return (await redis.eval(REPLACE, 1, at(key), expected, ...(value === null ? [] : [value]))) === 1;
    },
    async release({ key, holder }) {
      await redis.eval(RELEASE, 1, at(key), holder);
    },
    async rank(set, member, order) {
      owned.noteMember(set, member);
      await redis.zadd(at(set), 'NX', order, member);
    },
    async ranked(set, { upTo = Number.POSITIVE_INFINITY, limit }) {
      const highest = upTo === Number.POSITIVE_INFINITY ? '+inf' : upTo;
      const found = await redis.zrangebyscore(at(set), '-inf', highest, 'WITHSCORES', 'LIMIT', 0, limit);
      return Array.from({ length: found.length / 2 }, (_, index) => ({
        member: found[2 * index] ?? '',
        order: Number(found[2 * index + 1]),
      }));
    },
    async areRanked(set, members) {
      return members.length === 0 ? [] : (await redis.zmscore(at(set), ...members)).map((order) => order !== null);
    },
    unrank: async (set, member) => (await redis.zrem(at(set), member)) === 1,
    async append(list, value, ttlMs, most) {
      owned.note(list, ttlMs);
      await redis.eval(APPEND, 1, at(list), value, ttlMs, most ?? 0);
    },
    // Appending doesn't check for equal values, so reading keeps the first of them.
    async list(list) {
      return [...new Set(await redis.lrange(at(list), 0, -1))];
    },
    async removeFromList(list, value) {
      await redis.lrem(at(list), 0, value);
    },
    reportUnreadable,
    deleteOwnedBy: (teamId, keep = []) => owned.delete(teamId, keep),
  };
}
