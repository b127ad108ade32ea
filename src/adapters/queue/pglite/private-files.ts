/** Makes a data directory readable only by its owner. */
import { chmod, lstat, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';

export const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;

/** Its message is a sentence. */
export class DirectoryNotPrivate extends Error {}

/**
 * Removes other users' permissions from a directory and everything in it. Resolves to the number of changed entries. Throws a
 * `DirectoryNotPrivate` when another user owns part of it, or when it contains files that aren't the bot's.
 */
export async function makePrivate(directory: string): Promise<number> {
  for (const shared of [process.cwd(), homedir()])
    if (!relative(directory, shared).startsWith('..'))
      throw new DirectoryNotPrivate(
        `DATA_DIR is ${directory}, which contains ${shared}. Set it to a separate directory: ktrdr-bot makes everything in it inaccessible to other users.`,
      );
  return tighten(directory);
}

async function tighten(path: string): Promise<number> {
  const entry = await lstat(path).catch(ignoreMissing);
  // The target of a link isn't the bot's.
  if (entry === null || !(entry.isDirectory() || entry.isFile())) return 0;
  const me = process.getuid?.() ?? entry.uid;
  if (entry.uid !== me)
    throw new DirectoryNotPrivate(
      `${path} belongs to another user (${entry.uid}), who could read or replace the bot's data there. Change its owner to the user that runs the bot (chown -R ${me}), or set another DATA_DIR.`,
    );
  const wanted = entry.isDirectory() ? PRIVATE_DIRECTORY : PRIVATE_FILE;
  const isPrivate = (entry.mode & 0o777) === wanted;
  if (!isPrivate) await chmod(path, wanted);
  let changed = isPrivate ? 0 : 1;
  if (!entry.isDirectory()) return changed;
  for (const name of await readdir(path)) changed += await tighten(join(path, name));
  return changed;
}

/** Another process that uses the directory may remove files during the walk. */
function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
