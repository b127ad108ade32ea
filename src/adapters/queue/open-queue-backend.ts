/** Which queue: the configured Redis, or else the PostgreSQL inside this process. */
import type { Logger } from 'pino';
import type { QueueBackend } from '../../jobs/queue/queues.ts';
import { readRedisUrl } from '../../language/redis-url.ts';
import { openEmbeddedQueue } from './pglite/embedded-queue.ts';
import { UnusableQueue } from './queue-errors.ts';
import { openRedisBackend } from './redis/backend.ts';
import type { RedisSettings } from './redis/connection-options.ts';

export interface QueueBackendOptions extends Partial<RedisSettings> {
  readonly redisUrl: string | null;
  /** For the embedded queue; used by one process at a time. */
  readonly dataDir: string;
  readonly log: Logger;
}

/**
 * Throws a sentence when the data directory is in use or unusable, and an `UnusableQueue` when the URL cannot be understood or
 * Redis refuses these settings; a Redis that is away is waited for.
 */
export async function openQueueBackend(options: QueueBackendOptions): Promise<QueueBackend> {
  const { redisUrl, dataDir, log, ...settings } = options;
  if (redisUrl === null) return openEmbeddedQueue(dataDir, log);
  const read = readRedisUrl(redisUrl);
  if ('problem' in read) throw new UnusableQueue(`REDIS_URL ${read.problem}.`);
  return openRedisBackend(read.address, settings, log);
}
