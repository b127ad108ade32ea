/** The slots for Jaeger requests, shared by all processes of a bot; see `adapters/http/pace.ts`. */
import type { RedisAddress } from '../../../language/redis-url.ts';
import { LONGEST_WAIT_MS, type Rate, type Reserve } from '../../http/pace.ts';
import { QueueConnection } from './connection.ts';
import { connectionOptions, type RedisSettings } from './connection-options.ts';
import { firstConnection, IMPATIENT } from './connections.ts';

/**
 * Stores the time of the next slot, in microseconds of the server's clock. A full bucket has the slots of one second. If that
 * many are free, `spare` extra slots are given, so that a single diagnosis needs one command for all its requests.
 */
const RESERVE = `
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local every, burst, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local wanted, spare = tonumber(ARGV[4]), tonumber(ARGV[5])
  local first = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now - burst)
  local count = math.min(wanted, math.floor((now + longest - first) / every) + 1)
  if count <= 0 then return {0, first - now} end
  if (now - first) / every >= wanted + spare - 1 then count = wanted + spare end
  local following = first + count * every
  redis.call('SET', KEYS[1], string.format('%.0f', following), 'PX', math.ceil((following - now + burst) / 1000) + 1000)
  return {count, first - now}`;

/** A request shouldn't wait longer for its slot than it usually takes. */
const COMMAND_TIMEOUT_MS = 250;
/** How long Redis isn't asked after it didn't respond. */
const PAUSE_MS = 5000;
const MOST_SPARE = 8;

export interface RedisSlots {
  readonly reserve: Reserve;
  close(): void;
}

export interface RedisSlotsOptions extends RedisSettings, Rate {
  readonly address: RedisAddress;
  /** The fallback while Redis is unavailable. */
  readonly otherwise: Reserve;
}

export async function openRedisSlots(options: RedisSlotsOptions): Promise<RedisSlots> {
  const { address, redisPrefix, redisTls, requestsPerSecond, otherwise } = options;
  const redis = new QueueConnection({
    ...connectionOptions(address, redisTls),
    // Without a connection, the local limit applies at once.
    ...IMPATIENT,
    commandTimeout: COMMAND_TIMEOUT_MS,
  });
  // Errors are ignored here because the queue's own connections report them.
  redis.on('error', () => undefined);
  await firstConnection(redis, () => null);

  const key = `${redisPrefix}:jaeger-slots`;
  const everyMicros = 1e6 / requestsPerSecond;
  const burstMicros = Math.round(1e6 - everyMicros);
  const spare = Math.min(MOST_SPARE, Math.floor(requestsPerSecond / 4));
  const limits = [everyMicros, Math.max(0, burstMicros), LONGEST_WAIT_MS * 1000] as const;
  let pausedUntil = Number.NEGATIVE_INFINITY;

  return {
    async reserve(wanted) {
      if (performance.now() < pausedUntil) return otherwise(wanted);
      try {
        const reply = await redis.eval(RESERVE, 1, key, ...limits, wanted, spare);
        const [count = 0, firstInMicros = 0] = [reply].flat().map(Number);
        return { count, firstInMs: firstInMicros / 1000 };
      } catch {
        pausedUntil = performance.now() + PAUSE_MS;
        return otherwise(wanted);
      }
    },
    close: () => redis.disconnect(),
  };
}
