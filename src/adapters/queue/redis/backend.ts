import { type BackendFactory, createRedisBackend, type IQueueBackend, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Store } from '../../../jobs/ports.ts';
import { type QueueBackend, WORKER_SETTINGS } from '../../../jobs/queue/queues.ts';
import { createQueueClient, logUnreadable, type OpenQueueClient } from '../queue-client.ts';
import { checkQueue } from '../queue-health.ts';
import { describeAddress, type RedisAddress } from './address.ts';
import { firstConnection, logOutages, OneWriteRedis } from './connection.ts';
import { stateIn } from './info.ts';
import { createRedisStore } from './store.ts';

const PREFIX = 'ktrdr-bot';
/** For handlers, which must answer or reject well within Slack's three seconds. */
const FAIL_FAST = { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 1500 };
const WAITING = { maxRetriesPerRequest: null };
/** Resolves also when Redis is away: it then works as soon as Redis is there. */
export async function openRedisBackend(redisAddress: RedisAddress, log: Logger): Promise<QueueBackend> {
  // BullMQ's own waits grow to twenty seconds.
  const retryStrategy = (attempt: number) => Math.min(attempt * 200, 2000);
  const address = { ...redisAddress, retryStrategy };
  const where = describeAddress(address);

  const frontRedis = new OneWriteRedis({ ...address, ...FAIL_FAST });
  logOutages(frontRedis, where, log);
  const reportUnreadable = logUnreadable(log);
  const front = clientOf(frontRedis, reportUnreadable, log);

  /** Shared by all workers and their jobs. A worker opens a second connection itself, on which it waits for jobs. */
  let back: { readonly redis: Redis; readonly client: OpenQueueClient } | null = null;
  function openBack(): { readonly redis: Redis; readonly client: OpenQueueClient } {
    if (back !== null) return back;
    const redis = new OneWriteRedis({ ...address, ...WAITING });
    redis.on('error', (err: Error) => log.debug({ err }, 'worker connection'));
    back = { redis, client: clientOf(redis, reportUnreadable, log) };
    return back;
  }

  await firstConnection(frontRedis);

  return {
    kind: 'redis',
    describe: () => `Redis at ${where}.`,
    front,
    get back() {
      return openBack().client;
    },
    worker(name, processor, settings) {
      const worker = new Worker(
        name,
        processor,
        { connection: openBack().redis, prefix: PREFIX, ...WORKER_SETTINGS, ...settings },
        createRedisBackend as BackendFactory<IQueueBackend>,
      );
      worker.on('error', (err) =>
        log[frontRedis.status === 'ready' ? 'warn' : 'debug']({ queue: name, err }, 'worker'),
      );
      return worker;
    },
    onReady(listener) {
      frontRedis.on('ready', listener);
      if (frontRedis.status === 'ready') listener();
    },
    health: () => checkQueue(front, async () => stateIn(await frontRedis.info())),
    async close() {
      await Promise.all([front.close(), back?.client.close()]);
      frontRedis.disconnect();
      back?.redis.disconnect();
    },
  };
}

function clientOf(redis: Redis, reportUnreadable: Store['reportUnreadable'], log: Logger): OpenQueueClient {
  const factory: BackendFactory<IQueueBackend> = (name, options, more) => {
    const backendOptions = { ...options, connection: redis, prefix: PREFIX };
    return createRedisBackend(name, backendOptions, more);
  };
  return createQueueClient(createRedisStore(redis, `${PREFIX}:store`, reportUnreadable), factory, log);
}
