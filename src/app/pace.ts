/** The rate limit for Jaeger: shared by this process and its computing processes, or, with Redis, by all processes of the bot. */
import { type Reserve, reserveLocally } from '../adapters/http/pace.ts';
import type { Config } from '../config/environment.ts';
import { readRedisUrl } from '../language/redis-url.ts';
import { readTlsFiles } from './tls-files.ts';

export interface Slots {
  readonly reserve: Reserve;
  close(): void;
}

/** Null when there is no limit. Never rejects. Connects to Redis only if it is configured. */
export async function openSlots({ jaeger, queue }: Pick<Config, 'jaeger' | 'queue'>): Promise<Slots | null> {
  const { requestsPerSecond } = jaeger;
  if (requestsPerSecond === null) return null;
  const otherwise = reserveLocally({ requestsPerSecond });
  const local: Slots = { reserve: otherwise, close() {} };
  const read = queue.redisUrl === null ? null : readRedisUrl(queue.redisUrl);
  if (read === null || 'problem' in read) return local;
  const { openRedisSlots } = await import('../adapters/queue/redis/slots.ts');
  try {
    const redisTls = await readTlsFiles(queue);
    const { address } = read;
    return await openRedisSlots({ address, redisPrefix: queue.redisPrefix, redisTls, requestsPerSecond, otherwise });
  } catch {
    // The queue's own connection reports the error.
    return local;
  }
}
