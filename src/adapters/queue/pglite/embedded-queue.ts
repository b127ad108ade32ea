/** The queue for one process on one machine, in files below DATA_DIR. */
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import type { QueueBackend } from '../../../jobs/queue/queues.ts';
import { createDatabase, openPgliteBackend } from './backend.ts';
import { DirectoryInUse, lockDirectory } from './directory-lock.ts';

/** PGlite makes its files readable and writable for every user, so the directory around them has to keep others out. */
const PRIVATE = 0o700;

/** Throws a sentence when another process uses the directory, and when nothing can be written there. */
export async function openEmbeddedQueue(dataDir: string, log: Logger): Promise<QueueBackend> {
  const lockedDirectory = resolve(dataDir);
  const directory = join(lockedDirectory, 'postgres');
  const description = `PostgreSQL inside this process with its data in ${directory}, because REDIS_URL is not set.`;
  let unlock = async () => {};
  try {
    await mkdir(lockedDirectory, { recursive: true, mode: PRIVATE });
    unlock = await lockDirectory(lockedDirectory);
    await createOnce(directory);
    await chmod(directory, PRIVATE);
    return await openPgliteBackend({ directory, description, log, release: unlock });
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
