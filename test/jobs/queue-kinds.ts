/** The queues that every use case is tried on: a real Redis, and PostgreSQL inside the process. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import type { QueueBackend } from '../../src/jobs/queue/queues.ts';
import { emptyDatabase } from '../adapters/queue/empty-database.ts';
import { createRedisServer, isWithoutRedis } from '../adapters/queue/redis-server.ts';

export interface TestQueue {
  readonly backend: QueueBackend;
  /** Lets another process have the queue: alone where there can be only one, until `reopen`. */
  lend(): Promise<{ readonly kind: string; readonly place: string }>;
  reopen(): Promise<void>;
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
  return {
    backend,
    lend: async () => ({ kind: 'redis', place: redis.url }),
    reopen: async () => undefined,
    remove: () => backend.close().then(redis.remove),
  };
}

async function openOnPostgres(log: Logger): Promise<TestQueue> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ktrdr-queue-'));
  await cp(await emptyDatabase(), join(dataDir, 'postgres'), { recursive: true });
  const open = () => openQueueBackend({ redisUrl: null, dataDir, log });
  let backend = await open();
  return {
    get backend() {
      return backend;
    },
    async lend() {
      await backend.close();
      return { kind: 'postgres', place: dataDir };
    },
    async reopen() {
      backend = await open();
    },
    remove: () => backend.close().then(() => rm(dataDir, { recursive: true, force: true })),
  };
}
