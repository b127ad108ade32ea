/**
 * One process per data directory, because the embedded database does not survive two writers. Each process that starts
 * appends a claim to one file, and the first claim of a process that still runs owns the directory. Appends are atomic, so
 * two processes that start together agree on the order, and a crashed process is passed over.
 */
import { randomUUID } from 'node:crypto';
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Claim {
  readonly pid: number;
  /** Start time of the process in the system's own unit; empty where the system does not report it. */
  readonly start: string;
  readonly id: string;
}

export class DirectoryInUse extends Error {
  constructor(directory: string, { pid }: Claim) {
    super(
      `The data directory ${directory} is in use by process ${pid}. Stop that process, or set another DATA_DIR for this one. To share one queue between processes, set REDIS_URL.`,
    );
  }
}

/** Throws `DirectoryInUse` when another living process owns the directory. Returns the function that releases it. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'owner.pid');
  const mine: Claim = { pid: process.pid, start: await startOf(process.pid), id: randomUUID() };
  // This fails on a full disk; the claim then ends with the process.
  const withdraw = () => append(path, `-${mine.id}`).catch(() => undefined);
  let owner: Claim | null = null;
  // An owner that drops old claims may also drop this new one, which is then made again.
  while (owner === null) {
    await append(path, lineOf(mine));
    owner = await ownerIn(await readFile(path, 'utf8'));
  }
  if (owner.id !== mine.id) {
    await withdraw();
    throw new DirectoryInUse(directory, owner);
  }
  await dropOtherClaims(path, mine);
  return withdraw;
}

/** Only for the owner. The file is replaced, so that every reader sees either the old or the new one. */
async function dropOtherClaims(path: string, mine: Claim): Promise<void> {
  const replacement = `${path}.${mine.id}`;
  await writeFile(replacement, `${lineOf(mine)}\n`, { mode: 0o600 });
  await rename(replacement, path);
}

async function ownerIn(text: string): Promise<Claim | null> {
  const lines = new Set(text.split('\n'));
  for (const line of lines) {
    const [pid = '', start = '', id = ''] = line.split(' ');
    const claim = { pid: Number(pid), start, id };
    const isWithdrawn = lines.has(`-${id}`);
    if (!isWithdrawn && isRunning(claim.pid) && (await startOf(claim.pid)) === start) return claim;
  }
  return null;
}

/** Starts on a new line, because a process may have been killed in the middle of its line. */
async function append(path: string, line: string): Promise<void> {
  await appendFile(path, `\n${line}\n`, { mode: 0o600 });
}

function lineOf({ pid, start, id }: Claim): string {
  return `${pid} ${start} ${id}`;
}

/** Distinguishes a process from a later one with the same PID, and from a zombie. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program, in parentheses, may contain blanks; the start time is the twentieth field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
