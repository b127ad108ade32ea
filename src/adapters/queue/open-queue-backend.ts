/** Opens the queue: the configured Redis or else PostgreSQL inside this process. */
import type { Logger } from 'pino';
import type { QueueBackend } from '../../jobs/queue/queues.ts';
import { readRedisUrl } from '../../language/redis-url.ts';
import { openEmbeddedQueue } from './pglite/embedded-queue.ts';
import { UnusableQueue } from './queue-errors.ts';
import { openRedisBackend } from './redis/backend.ts';
import type { RedisSettings } from './redis/connection-options.ts';

export interface QueueBackendOptions extends Partial<RedisSettings> {
  readonly redisUrl: string | null;
  /** For the embedded queue. Only one process at a time can use it. */
  readonly dataDir: string;
  readonly log: Logger;
}

/**
 * Throws an error whose message is a sentence when the data directory is in use or unusable, and an `UnusableQueue` when the
 * URL is invalid or Redis rejects these settings. Waits for an unreachable Redis.
 */
export async function openQueueBackend(options: QueueBackendOptions): Promise<QueueBackend> {
  const { redisUrl, dataDir, log, ...settings } = options;
  if (redisUrl === null) return openEmbeddedQueue(dataDir, log);
  const read = readRedisUrl(redisUrl);
  if ('problem' in read) throw new UnusableQueue(`REDIS_URL ${read.problem}.`);
  return openRedisBackend(read.address, settings, log);
}
