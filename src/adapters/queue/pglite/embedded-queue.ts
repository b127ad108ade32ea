/** The queue for one process on one machine, in files below DATA_DIR. */
import { once } from 'node:events';
import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Worker as Thread } from 'node:worker_threads';
import {
  type BackendFactory,
  createPostgresBackend,
  DEFAULT_SCHEMA,
  type IQueueBackend,
  runMigrations,
  Worker,
} from 'bullmq';
import type { Logger } from 'pino';
import type { Store } from '../../../jobs/ports.ts';
import { type QueueBackend, WORKER_SETTINGS } from '../../../jobs/queue/queues.ts';
import { entryFile } from '../../processes/entry-file.ts';
import { claimOnceThere, type OwnerKey } from '../owner.ts';
import { createQueueClient, logUnreadable } from '../queue-client.ts';
import { isQueueUnavailable } from '../queue-errors.ts';
import { createQueueCheck } from '../queue-health.ts';
import { openDatabase } from './database.ts';
import { DirectoryInUse, lockDirectory } from './directory-lock.ts';
import { checkRoom, DISK_IS_FULL, watchRoom } from './disk-room.ts';
import { createPglitePool } from './pool.ts';
import { DirectoryNotPrivate, makePrivate, PRIVATE_DIRECTORY as PRIVATE } from './private-files.ts';
import { createPgliteStore, createTables } from './store.ts';
import { type Session, takeTurns } from './turns.ts';
import { keepTidy } from './upkeep.ts';

/** Every access to an unreachable network file system would hang indefinitely. */
const DIRECTORY_LIMIT_MS = 8_000;
/** Space needed for the first start, which hangs if the disk becomes full. */
const FIRST_START_BYTES = 48 * 1024 * 1024;

const WORKS = { works: true, problems: [] };
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user can’t write there',
  EPERM: 'this user can’t write there',
  EROFS: 'its file system is read-only',
  EEXIST: 'there is a file in its place',
  ENOTDIR: 'there is a file in its place',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  EFBIG: 'the disk is full',
};

/**
 * Throws an error whose message is a sentence when another process uses the directory, another user owns it, or it isn't
 * writable.
 */
export async function openEmbeddedQueue(dataDir: string, log: Logger): Promise<QueueBackend> {
  const lockedDirectory = resolve(dataDir);
  const directory = join(lockedDirectory, 'postgres');
  let unlock = async () => {};
  try {
    await inTime(prepare(lockedDirectory, log));
    unlock = await lockDirectory(lockedDirectory);
    await createOnce(directory);
    return await openBackend(lockedDirectory, log, unlock);
  } catch (error) {
    await unlock();
    if (error instanceof DirectoryInUse || error instanceof DirectoryNotPrivate) throw error;
    throw new Error(
      `The embedded queue cannot be opened in ${directory} (${reasonOf(error)}): DATA_DIR must be a directory that this process can write to, with 100 MB free; or set REDIS_URL.`,
      { cause: error },
    );
  }
}

async function prepare(lockedDirectory: string, log: Logger): Promise<void> {
  await mkdir(lockedDirectory, { recursive: true, mode: PRIVATE });
  const changed = await makePrivate(lockedDirectory);
  if (changed > 0)
    log.warn({ directory: lockedDirectory, changed }, 'other users could read files of the bot: now they cannot');
  await checkRoom(lockedDirectory);
}

function reasonOf(error: unknown): string {
  // Otherwise PGlite has thrown an aborted WebAssembly module, whose message explains nothing.
  if (!(error instanceof Error && 'code' in error)) return 'PostgreSQL doesn’t start with the data there';
  return REASONS[String(error.code)] ?? error.message;
}

async function inTime(work: Promise<void>): Promise<void> {
  const late = setTimeout(DIRECTORY_LIMIT_MS, undefined, { ref: false }).then(() => {
    throw Object.assign(new Error('it does not answer'), { code: 'ETIMEDOUT' });
  });
  await Promise.race([work, late]);
}

/** A database whose creation was interrupted never starts again, so it gets its name only when it is complete. */
async function createOnce(directory: string): Promise<void> {
  const isComplete = await stat(join(directory, 'PG_VERSION')).catch(() => null);
  if (isComplete !== null) return;
  const fresh = `${directory}.new`;
  const { bavail, bsize } = await statfs(dirname(directory));
  if (bavail * bsize < FIRST_START_BYTES) throw Object.assign(new Error(), { code: 'ENOSPC' });
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: PRIVATE });
  await createInThread(fresh);
  await rename(fresh, directory);
}

/** Creating blocks its thread for seconds, for a minute on a busy machine, and the process has to react to SIGTERM meanwhile. */
async function createInThread(directory: string): Promise<void> {
  const { filename, execArgv } = entryFile(new URL('./creating-thread.js', import.meta.url));
  const thread = new Thread(filename, { workerData: directory, ...(execArgv !== null && { execArgv }) });
  const [status] = await once(thread, 'exit');
  if (status !== 0) throw new Error(`The thread that creates the database ended with ${status}.`);
}

async function openBackend(lockedDirectory: string, log: Logger, unlock: () => Promise<void>): Promise<QueueBackend> {
  const directory = join(lockedDirectory, 'postgres');
  const db = await openDatabase(directory);
  const room = watchRoom(lockedDirectory, log);
  const turns = takeTurns(db, room);
  await runMigrations(await createPglitePool(db, turns.patient).connect(), DEFAULT_SCHEMA);
  await turns.patient.exec(`SET search_path TO "${DEFAULT_SCHEMA}"`);
  await createTables(turns.patient);

  const reportUnreadable = logUnreadable(log);
  function openOn(session: Session) {
    const pool = createPglitePool(db, session);
    const factory: BackendFactory<IQueueBackend> = (name, options, more) =>
      createPostgresBackend(name, { ...options, connection: pool }, more);
    return { factory, client: createQueueClient(createPgliteStore(session, reportUnreadable), factory, log) };
  }
  const front = openOn(turns.urgent);
  const back = openOn(turns.patient);
  const endUpkeep = keepTidy(turns.patient, log);
  const unusable = new AbortController();
  const closing = new AbortController();
  const stateOfDisk = async () => (room.isFull() ? { works: false, problems: [DISK_IS_FULL] } : WORKS);

  return {
    kind: 'postgres',
    describe: () => `PostgreSQL inside this process with its data in ${directory}, because REDIS_URL is not set.`,
    front: front.client,
    back: back.client,
    worker(name, processor, settings) {
      const worker = new Worker(name, processor, { connection: {}, ...WORKER_SETTINGS, ...settings }, back.factory);
      worker.on('error', (err) => log[isQueueUnavailable(err) ? 'debug' : 'warn']({ queue: name, err }, 'worker'));
      return worker;
    },
    onReady: (listener) => listener(),
    claim: (identity) => claimOnceThere(identity, ownerKey(back.client.store), { unusable, closing: closing.signal }),
    unusable: unusable.signal,
    health: createQueueCheck(front.client, { stateOfServer: stateOfDisk, reason: () => null }),
    async close() {
      closing.abort();
      endUpkeep();
      turns.end();
      room.end();
      await Promise.all([front.client.close(), back.client.close()]);
      await db.close().finally(unlock);
    },
  };
}

function ownerKey(store: Store): OwnerKey {
  return {
    setIfAbsent: (value) => store.setIfAbsent('owner', value),
    get: () => store.get('owner'),
    advice: 'Set DATA_DIR to another directory for this bot.',
  };
}
