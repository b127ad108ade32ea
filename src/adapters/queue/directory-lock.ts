/** One process per data directory: neither an embedded database nor an append-only file survives two writers. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Two starters that both found a dead owner have both written by then. */
const SETTLE_MS = 50;

/** Throws a sentence when another living process holds the directory. Returns what gives it back. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'owner.pid');
  const mine = `${process.pid} ${await startOf(process.pid)}`;
  await refuseIfHeld(path, directory, mine);
  await writeFile(path, mine);
  await setTimeout(SETTLE_MS);
  await refuseIfHeld(path, directory, mine);
  return async () => {
    if ((await readText(path)) === mine) await rm(path, { force: true });
  };
}

async function refuseIfHeld(path: string, directory: string, mine: string): Promise<void> {
  const owner = await readText(path);
  if (owner === null || owner === mine) return;
  const [pid = '', start = ''] = owner.split(' ');
  if (!isRunning(Number(pid)) || (await startOf(Number(pid))) !== start) return;
  throw new Error(
    `The data directory ${directory} is in use by process ${pid}. Stop that process, or give this one a DATA_DIR of its own; to share one queue between processes set REDIS_URL.`,
  );
}

/** Tells a process from a later one with the same number. Empty where the system does not say. */
async function startOf(pid: number): Promise<string> {
  const stat = await readText(`/proc/${pid}/stat`);
  // The name of the program, in parentheses, may contain blanks; the start time is the twentieth field after it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
