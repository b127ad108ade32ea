/** The limit on requests to Jaeger: one for this process and those that compute for it, and with Redis one for all of the bot. */
import { type Reserve, reserveLocally } from '../adapters/http/pace.ts';
import type { Config } from '../config/environment.ts';
import { readRedisUrl } from '../language/redis-url.ts';
import { readTlsFiles } from './tls-files.ts';

export interface Slots {
  readonly reserve: Reserve;
  close(): void;
}

/** Null when there is no limit. Never rejects. The connection to Redis is opened only where there is one. */
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
    // The queue's own connection reports it.
    return local;
  }
}
