import { type BackendFactory, createRedisBackend, type IQueueBackend, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { type QueueBackend, WORKER_SETTINGS } from '../../../jobs/queue/queues.ts';
import { describeAddress, type RedisAddress } from '../../../language/redis-url.ts';
import { claimOnceThere, type OwnerKey } from '../owner.ts';
import { createQueueClient, logUnreadable, type OpenQueueClient } from '../queue-client.ts';
import { isQueueUnavailable, reasonOf, UnusableQueue } from '../queue-errors.ts';
import { createQueueCheck } from '../queue-health.ts';
import { connectionOptions, type RedisSettings } from './connection-options.ts';
import { type Connections, firstConnection, openConnections } from './connections.ts';
import { kindProblemIn, type ServerState, stateIn } from './info.ts';
import { createErrorLog, createOutages } from './outages.ts';
import { createRedisStore } from './store.ts';

const DEFAULT_PREFIX = 'ktrdr-bot';

/**
 * Also resolves while Redis is unreachable, and then works as soon as it is reachable. Rejects with an `UnusableQueue` when
 * Redis rejects the settings, or is a Cluster or a Sentinel.
 */
export async function openRedisBackend(
  address: RedisAddress,
  { redisPrefix: prefix = DEFAULT_PREFIX, redisTls }: Partial<RedisSettings>,
  log: Logger,
): Promise<QueueBackend> {
  const where = describeAddress(address);
  const outages = createOutages(where, log);
  const connections = openConnections(connectionOptions(address, redisTls), `${prefix}:heartbeat`, outages);
  const clientOn = clientMaker(prefix, log);
  const front = clientOn(connections.front);
  let back: OpenQueueClient | null = null;
  const logError = createErrorLog(log);
  const unusable = new AbortController();
  const closing = new AbortController();
  let claimed = Promise.resolve();

  const close = async () => {
    closing.abort();
    await Promise.all([front.close(), back?.close()]);
    connections.close();
  };

  try {
    await checkKind(connections.front, unusable, outages.note);
  } catch (error) {
    await close();
    throw error;
  }

  return {
    kind: 'redis',
    describe: () => `Redis at ${where}.`,
    front,
    get back() {
      back ??= clientOn(connections.back());
      return back;
    },
    worker(name, processor, settings) {
      const options = { ...WORKER_SETTINGS, ...settings, connection: connections.back(), prefix, autorun: false };
      const worker = new Worker(name, processor, options, createRedisBackend as BackendFactory<IQueueBackend>);
      const note = (error: Error) => (isAboutRedis(error) ? outages.note(error) : logError(name, error));
      worker.on('error', note);
      // A rejected claim ends the process.
      claimed.then(
        () => worker.run().catch(note),
        () => undefined,
      );
      return worker;
    },
    onReady(listener) {
      connections.front.on('ready', listener);
      if (connections.front.status === 'ready') listener();
    },
    claim(identity) {
      claimed = claimOnceThere(identity, ownerKey(connections.front, prefix), { unusable, closing: closing.signal });
      return claimed;
    },
    unusable: unusable.signal,
    health: createQueueCheck(front, { stateOfServer: () => stateOf(connections), reason: outages.reason }),
    close,
  };
}

/** Checks the kind of server now or within two seconds, and at each later connection. Rejects only for the first check. */
async function checkKind(redis: Redis, unusable: AbortController, note: (error: Error) => void): Promise<void> {
  async function check(): Promise<void> {
    const problem = kindProblemIn(await redis.info());
    if (problem !== null) unusable.abort(new UnusableQueue(problem));
  }
  await firstConnection(redis, refusalIn);
  redis.on('ready', () => void check().catch(note));
  // A connection that breaks now is checked when it returns.
  if (redis.status === 'ready') await check().catch(note);
  unusable.signal.throwIfAborted();
}

export function ownerKey(redis: Redis, prefix: string): OwnerKey {
  const key = `${prefix}:owner`;
  return {
    setIfAbsent: async (value) => (await redis.set(key, value, 'NX')) === 'OK',
    get: () => redis.get(key),
    advice: `Set REDIS_PREFIX to another name for this bot. If this app replaces the other, delete the key ${key}.`,
  };
}

/** An error that won't go away by itself. */
function refusalIn(error: Error): Error | null {
  if (error instanceof UnusableQueue) return error;
  if (!/^(?:WRONGPASS|NOAUTH|NOPERM|ERR AUTH) /.test(error.message)) return null;
  return new UnusableQueue(`Redis rejects the user or the password in REDIS_URL: ${reasonOf(error)}.`);
}

/** Connection errors have a system code or the plain `Error` class. BullMQ's errors about jobs have a negative code. */
function isAboutRedis(error: Error): boolean {
  if (error.name === 'ReplyError' || isQueueUnavailable(error)) return true;
  return 'code' in error ? typeof error.code === 'string' : /^(?:no reply for|Socket timeout)/.test(error.message);
}

/** A value that Redis doesn't report is unknown, not a problem. */
async function stateOf({ front }: Connections): Promise<ServerState> {
  return stateIn(await front.info());
}

function clientMaker(prefix: string, log: Logger): (redis: Redis) => OpenQueueClient {
  const reportUnreadable = logUnreadable(log);
  return (redis) => {
    const factory: BackendFactory<IQueueBackend> = (name, options, more) => {
      const backendOptions = { ...options, connection: redis, prefix };
      return createRedisBackend(name, backendOptions, more);
    };
    return createQueueClient(createRedisStore(redis, `${prefix}:store`, reportUnreadable), factory, log);
  };
}
