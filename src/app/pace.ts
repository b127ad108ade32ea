/** The limit on requests to Jaeger: one for all threads of a process, and with Redis one for all processes. */
import { createLocalSlots, createPace, type Pace, reserveLocally } from '../adapters/http/pace.ts';
import type { Config } from '../config/environment.ts';
import { readRedisUrl } from '../language/redis-url.ts';
import { readTlsFiles } from './tls-files.ts';

/** Plain data, for threads. */
export interface SharedSlots {
  readonly requestsPerSecond: number;
  readonly memory: SharedArrayBuffer;
  readonly queue: Pick<Config['queue'], 'redisUrl' | 'redisPrefix' | 'redisFiles'>;
}

/** Null when there is no limit. */
export function sharedSlots({ jaeger, queue }: Pick<Config, 'jaeger' | 'queue'>): SharedSlots | null {
  const { requestsPerSecond } = jaeger;
  if (requestsPerSecond === null) return null;
  const { redisUrl, redisPrefix, redisFiles } = queue;
  return { requestsPerSecond, memory: createLocalSlots(), queue: { redisUrl, redisPrefix, redisFiles } };
}

/** Each thread has a connection to Redis of its own, which is opened only where there is a limit. */
export async function openPace(slots: SharedSlots | null): Promise<Pace | null> {
  if (slots === null) return null;
  const { queue, memory, requestsPerSecond } = slots;
  const reserve = reserveLocally(memory, { requestsPerSecond });
  const read = queue.redisUrl === null ? null : readRedisUrl(queue.redisUrl);
  if (read === null || 'problem' in read) return createPace(reserve, { requestsPerSecond });
  const { openRedisSlots } = await import('../adapters/queue/redis/slots.ts');
  const shared = await openRedisSlots({
    address: read.address,
    redisPrefix: queue.redisPrefix,
    redisTls: await readTlsFiles(queue),
    requestsPerSecond,
    otherwise: reserve,
  });
  return createPace(shared.reserve, { requestsPerSecond });
}
