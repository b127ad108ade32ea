/** The queue for one process on one machine, in files below DATA_DIR. */
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import {
  type BackendFactory,
  createPostgresBackend,
  DEFAULT_SCHEMA,
  type IQueueBackend,
  runMigrations,
  Worker,
} from 'bullmq';
import type { Logger } from 'pino';
import { type QueueBackend, WORKER_SETTINGS } from '../../../jobs/queue/queues.ts';
import { createQueueClient, logUnreadable } from '../queue-client.ts';
import { checkQueue } from '../queue-health.ts';
import { DirectoryInUse, lockDirectory } from './directory-lock.ts';
import { createPglitePool } from './pool.ts';
import { createPgliteStore } from './store.ts';

/** PGlite makes its files readable and writable for every user, so the directory around them has to keep others out. */
const PRIVATE = 0o700;
const SWEEP_MS = 10 * 60_000;

/** Throws a sentence when another process uses the directory, and when nothing can be written there. */
export async function openEmbeddedQueue(dataDir: string, log: Logger): Promise<QueueBackend> {
  const lockedDirectory = resolve(dataDir);
  const directory = join(lockedDirectory, 'postgres');
  let unlock = async () => {};
  try {
    await mkdir(lockedDirectory, { recursive: true, mode: PRIVATE });
    unlock = await lockDirectory(lockedDirectory);
    await createOnce(directory);
    await chmod(directory, PRIVATE);
    return await openBackend(directory, log, unlock);
  } catch (error) {
    await unlock();
    if (error instanceof DirectoryInUse) throw error;
    // What PGlite throws on a full disk is an aborted WebAssembly module, which explains nothing.
    const reason = error instanceof Error && 'code' in error ? error.message : 'PostgreSQL does not start on it';
    throw new Error(
      `The embedded queue cannot be opened in ${directory} (${reason}). DATA_DIR must be a directory that this process can write to, with 100 MB free. Or set REDIS_URL.`,
      { cause: error },
    );
  }
}

/** A database whose creation was interrupted never starts again, so it gets its name only when it is complete. */
async function createOnce(directory: string): Promise<void> {
  const isComplete = await stat(join(directory, 'PG_VERSION')).catch(() => null);
  if (isComplete !== null) return;
  const fresh = `${directory}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: PRIVATE });
  const db = await createDatabase(fresh);
  await db.close();
  await rename(fresh, directory);
}

async function openBackend(directory: string, log: Logger, unlock: () => Promise<void>): Promise<QueueBackend> {
  const db = await createDatabase(directory);
  const pool = createPglitePool(db);
  await runMigrations(await pool.connect(), DEFAULT_SCHEMA);
  await db.exec(`SET search_path TO "${DEFAULT_SCHEMA}"`);

  const factory: BackendFactory<IQueueBackend> = (name, options, more) =>
    createPostgresBackend(name, { ...options, connection: pool }, more);
  const store = await createPgliteStore(db, logUnreadable(log));
  const client = createQueueClient(store, factory, log);
  const sweep = setInterval(() => {
    store.deleteExpired().catch((err: unknown) => log.warn({ err }, 'could not delete expired values'));
  }, SWEEP_MS).unref();

  return {
    kind: 'postgres',
    describe: () => `PostgreSQL inside this process with its data in ${directory}, because REDIS_URL is not set.`,
    front: client,
    back: client,
    worker(name, processor, settings) {
      const worker = new Worker(name, processor, { connection: {}, ...WORKER_SETTINGS, ...settings }, factory);
      worker.on('error', (err) => log.warn({ queue: name, err }, 'worker'));
      return worker;
    },
    onReady: (listener) => listener(),
    health: () => checkQueue(client, async () => ({ works: true, problems: [] })),
    async close() {
      clearInterval(sweep);
      await client.close();
      await db.close();
      await unlock();
    },
  };
}

/** The package is loaded only here, because it is large and servers with a Redis do without it. */
async function createDatabase(directory: string): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite');
  return PGlite.create(directory);
}
