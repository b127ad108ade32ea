/** Which queue: the configured Redis, or else the PostgreSQL inside this process. */
import type { Logger } from 'pino';
import type { QueueBackend } from '../../jobs/queue/queues.ts';
import { openEmbeddedQueue } from './pglite/embedded-queue.ts';
import { redisAddress } from './redis/address.ts';
import { openRedisBackend } from './redis/backend.ts';

export interface QueueBackendOptions {
  readonly redisUrl: string | null;
  /** For the embedded queue; used by one process at a time. */
  readonly dataDir: string;
  readonly log: Logger;
}

/**
 * Throws a sentence when the data directory is in use or unusable, or the URL cannot be understood; a Redis that is away is
 * waited for.
 */
export async function openQueueBackend({ redisUrl, dataDir, log }: QueueBackendOptions): Promise<QueueBackend> {
  if (redisUrl === null) return openEmbeddedQueue(dataDir, log);
  return openRedisBackend(redisAddress(redisUrl), log);
}
