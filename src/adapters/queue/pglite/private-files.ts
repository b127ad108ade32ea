/** Makes a data directory readable only by its owner. */
import { chmod, lstat, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';

export const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;
/** What the bot keeps in its data directory; the last two are from earlier versions. */
const OWN = /^(?:postgres(?:\.new)?|owner\.pid(?:\..+)?|room-check|\.ktrdr-bot-.+|redis|run\.sh)$/;
/** Every new file system has it. */
const SYSTEMS_OWN = 'lost+found';

/** Its message is a sentence. */
export class DirectoryNotPrivate extends Error {}

interface Entry {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly mode: number;
  readonly uid: number;
}

/**
 * Removes other users' permissions from a directory and the bot's files in it. Resolves to the number of changed entries. Throws
 * a `DirectoryNotPrivate`, before it changes anything, when `reasonAgainst` has a reason.
 */
export async function makePrivate(directory: string): Promise<number> {
  const { entries, reason } = await inspect(directory);
  if (reason !== null) throw new DirectoryNotPrivate(reason);
  const open = entries.filter((entry) => entry.mode !== wantedMode(entry));
  for (const entry of open) await chmod(entry.path, wantedMode(entry));
  return open.length;
}

/**
 * Why the bot can't keep its data in this directory, in a sentence: other programs or users would lose access to their files in
 * it, or other users could read the bot's. Null when it can, and when there is no such directory yet.
 */
export async function reasonAgainst(directory: string): Promise<string | null> {
  return (await inspect(directory)).reason;
}

interface Inspected {
  /** The directory, and the bot's files and directories in it; not all of them when there is a reason. */
  readonly entries: readonly Entry[];
  readonly reason: string | null;
}

async function inspect(directory: string): Promise<Inspected> {
  const inside = [process.cwd(), homedir()].find((shared) => !relative(directory, shared).startsWith('..'));
  if (inside !== undefined) return { entries: [], reason: sharedWith(directory, inside) };
  const root = await entryAt(directory);
  if (root?.isDirectory !== true) return { entries: [], reason: null };
  const names = await readdir(directory);
  const foreign = names.find((name) => !OWN.test(name) && name !== SYSTEMS_OWN);
  // A directory that is closed already has been given to the bot.
  if (foreign !== undefined && root.mode !== PRIVATE_DIRECTORY)
    return { entries: [], reason: sharedWith(directory, join(directory, foreign)) };
  const own = names.filter((name) => OWN.test(name)).map((name) => entriesBelow(join(directory, name)));
  const entries = [root, ...(await Promise.all(own)).flat()];
  const me = process.getuid?.() ?? root.uid;
  const theirs = entries.find(({ uid }) => uid !== me);
  const reason =
    theirs === undefined
      ? null
      : `${theirs.path} belongs to another user (${theirs.uid}), who could read or replace the bot's data there. Change its owner to the user that runs the bot (chown -R ${me}), or set another DATA_DIR.`;
  return { entries, reason };
}

function sharedWith(directory: string, other: string): string {
  return `DATA_DIR is ${directory}, which contains ${other}. Set it to a separate directory, such as .data: ktrdr-bot makes that directory inaccessible to other users.`;
}

async function entriesBelow(path: string): Promise<readonly Entry[]> {
  const entry = await entryAt(path);
  if (entry === null) return [];
  if (!entry.isDirectory) return [entry];
  const names = await readdir(path).catch(ignoreMissing);
  const below = await Promise.all((names ?? []).map((name) => entriesBelow(join(path, name))));
  return [entry, ...below.flat()];
}

/** Null for links, because their target isn't the bot's. */
async function entryAt(path: string): Promise<Entry | null> {
  const found = await lstat(path).catch(ignoreMissing);
  if (found === null || !(found.isDirectory() || found.isFile())) return null;
  return { path, isDirectory: found.isDirectory(), mode: found.mode & 0o777, uid: found.uid };
}

function wantedMode({ isDirectory }: Entry): number {
  return isDirectory ? PRIVATE_DIRECTORY : PRIVATE_FILE;
}

/** Another process that uses the directory may remove files during the walk. */
function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
