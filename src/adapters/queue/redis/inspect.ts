/** Information about a Redis that `doctor` shows besides its health. Nothing is written. */
import type { RedisAddress } from '../../../language/redis-url.ts';
import { ownerNamed } from '../owner.ts';
import { ownerKey } from './backend.ts';
import { QueueConnection } from './connection.ts';
import { connectionOptions, type RedisSettings } from './connection-options.ts';

export interface Inspection {
  /** For example `7.0.15`; null when Redis doesn't report it. */
  readonly version: string | null;
  /** Whether the queue belongs to a bot with another identity. */
  readonly isForeign: boolean;
  /** A sentence that says what to do if it does. */
  readonly advice: string;
}

/** `identity` is null when Slack doesn't provide it. Nothing is compared then. */
export async function inspectRedis(
  address: RedisAddress,
  { redisPrefix, redisTls }: RedisSettings,
  identity: string | null,
): Promise<Inspection> {
  const redis = new QueueConnection({ ...connectionOptions(address, redisTls), maxRetriesPerRequest: 1 });
  // The rejected commands report the same error.
  redis.on('error', () => undefined);
  const { get, advice } = ownerKey(redis, redisPrefix);
  try {
    const [info, owner] = await Promise.all([redis.info('server').catch(() => ''), get().catch(() => null)]);
    const isForeign = identity !== null && owner !== null && owner !== ownerNamed(identity);
    const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? null;
    return { version, isForeign, advice: `The queue belongs to another Slack app. ${advice}` };
  } finally {
    redis.disconnect();
  }
}
