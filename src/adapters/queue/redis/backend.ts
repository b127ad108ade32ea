import { type BackendFactory, createRedisBackend, type IQueueBackend, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Store } from '../../../jobs/ports.ts';
import { QUEUES, type QueueBackend, WORKER_SETTINGS } from '../../../jobs/queue/queues.ts';
import { createQueueClient, type OpenQueueClient } from '../queue-client.ts';
import { createHealthProbe } from '../queue-health.ts';
import { logUnreadable } from '../unreadable-log.ts';
import { describeAddress, type RedisAddress } from './address.ts';
import { stateIn } from './info.ts';
import { OneWriteRedis } from './one-write-redis.ts';
import { logOutages } from './outage-log.ts';
import { createRedisStore } from './store.ts';

export interface RedisBackendOptions {
  readonly description: string;
  readonly address: RedisAddress;
  readonly log: Logger;
}

const PREFIX = 'ktrdr-bot';
/** Everything a handler asks must be answered or refused well within Slack's three seconds. */
const FAIL_FAST = { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 1500 };
const PATIENT = { maxRetriesPerRequest: null };
/** BullMQ's own waits grow to twenty seconds. */
function retryStrategy(attempt: number): number {
  return Math.min(attempt * 200, 2000);
}

const FIRST_CONNECTION_MS = 2000;

/** Resolves also when Redis is away: it then works as soon as Redis is there. */
export async function openRedisBackend(options: RedisBackendOptions): Promise<QueueBackend> {
  const { description, log } = options;
  const address = { ...options.address, retryStrategy };
  const where = describeAddress(address);
  const probe = createHealthProbe();

  const frontRedis = new OneWriteRedis({ ...address, ...FAIL_FAST });
  logOutages(frontRedis, where, log);
  const reportUnreadable = logUnreadable(log);
  const front = clientOf(frontRedis, reportUnreadable, log);

  /** Shared by all workers and their jobs; what a worker waits on it opens itself. */
  let patient: { readonly redis: Redis; readonly client: OpenQueueClient } | null = null;
  function patiently(): { readonly redis: Redis; readonly client: OpenQueueClient } {
    if (patient !== null) return patient;
    const redis = new OneWriteRedis({ ...address, ...PATIENT });
    redis.on('error', (err: Error) => log.debug({ err }, 'worker connection'));
    patient = { redis, client: clientOf(redis, reportUnreadable, log) };
    return patient;
  }

  await firstConnection(frontRedis);

  return {
    kind: 'redis',
    describe: () => description,
    front,
    get back() {
      return patiently().client;
    },
    worker(name, processor, settings) {
      const worker = new Worker(
        name,
        processor,
        { connection: patiently().redis, prefix: PREFIX, ...WORKER_SETTINGS, ...settings },
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
    health() {
      const queues = new Map(QUEUES.map((name) => [name, front.queue(name)]));
      return probe.check(queues, async () => stateIn(await frontRedis.info()));
    },
    async close() {
      await Promise.all([front.close(), patient?.client.close()]);
      frontRedis.disconnect();
      patient?.redis.disconnect();
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

/** Commands sent before the first connection are refused, so it is worth a moment's wait. */
function firstConnection(redis: Redis): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, FIRST_CONNECTION_MS);
    redis.once('ready', () => {
      clearTimeout(limit);
      resolve();
    });
  });
}
