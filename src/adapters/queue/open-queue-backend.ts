/** Which queue: the configured Redis; else a private Redis when one is installed; else PostgreSQL inside this process. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import type { QueueBackend } from '../../jobs/queues.ts';
import { lockDirectory } from './directory-lock.ts';
import { openPgliteBackend } from './pglite-backend.ts';
import { describeAddress, redisAddress } from './redis-address.ts';
import { openRedisBackend } from './redis-backend.ts';
import { type SpawnedRedis, spawnRedis } from './spawned-redis.ts';

export interface QueueBackendOptions {
  readonly redisUrl: string | null;
  /** For a queue of our own; used by one process at a time. */
  readonly dataDir: string;
  readonly log: Logger;
  /** Programs that can be the private Redis, in the order of preference. */
  readonly servers?: readonly string[];
}

const SERVERS = ['redis-server', 'valkey-server'];

/** Throws a sentence when the data directory is in use or the URL cannot be understood; a Redis that is away is waited for. */
export async function openQueueBackend(options: QueueBackendOptions): Promise<QueueBackend> {
  const { redisUrl, log } = options;
  if (redisUrl !== null) {
    const address = redisAddress(redisUrl);
    const description = `Redis at ${describeAddress(address)}.`;
    return openRedisBackend({ kind: 'redis', description, address, log, release: async () => undefined });
  }

  const dataDir = resolve(options.dataDir);
  const redisDir = join(dataDir, 'redis');
  await mkdir(redisDir, { recursive: true, mode: 0o700 });
  const unlock = await lockDirectory(dataDir);
  try {
    const server = await spawnIfInstalled(options.servers ?? SERVERS, redisDir, log);
    if (server !== null) {
      const description = `A private ${server.program} with its data in ${redisDir}.`;
      const release = () => server.stop().finally(unlock);
      return await openRedisBackend({
        kind: 'spawned-redis',
        description,
        address: { path: server.socketPath, db: 0 },
        log,
        release,
      });
    }
    const directory = join(dataDir, 'postgres');
    const description = `PostgreSQL inside this process with its data in ${directory}, because REDIS_URL is not set and no redis-server or valkey-server was found to start.`;
    return await openPgliteBackend({ directory, description, log, release: unlock });
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** A server that does not start is not worth failing for when there is another way, but it must be known. */
async function spawnIfInstalled(
  programs: readonly string[],
  directory: string,
  log: Logger,
): Promise<SpawnedRedis | null> {
  try {
    return await spawnRedis(programs, directory, log);
  } catch (err) {
    log.warn({ err }, 'the installed queue server cannot be used; what it had stored is not read');
    return null;
  }
}
