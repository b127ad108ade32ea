/** The queues that every use case is tried on: a real Redis, and PostgreSQL inside the process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import type { QueueBackend } from '../../src/jobs/queues.ts';
import { createRedisServer, isWithoutRedis } from '../adapters/queue/redis-server.ts';

export interface TestQueue {
  readonly backend: QueueBackend;
  /** For another process. */
  readonly redisUrl: string | null;
  remove(): Promise<void>;
}

export interface QueueKind {
  readonly kind: 'redis' | 'postgres';
  readonly skipped: boolean;
  open(log: Logger): Promise<TestQueue>;
}

export const QUEUE_KINDS: readonly QueueKind[] = [
  { kind: 'redis', skipped: isWithoutRedis(), open: openOnRedis },
  { kind: 'postgres', skipped: false, open: openOnPostgres },
];

async function openOnRedis(log: Logger): Promise<TestQueue> {
  const redis = await createRedisServer();
  await redis.start();
  const backend = await openQueueBackend({ redisUrl: redis.url, dataDir: '/nonexistent', log });
  const remove = () => backend.close().then(redis.remove);
  return { backend, redisUrl: redis.url, remove };
}

async function openOnPostgres(log: Logger): Promise<TestQueue> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ktrdr-queue-'));
  const backend = await openQueueBackend({ redisUrl: null, dataDir, log, servers: [] });
  const remove = () => backend.close().then(() => rm(dataDir, { recursive: true, force: true }));
  return { backend, redisUrl: null, remove };
}
