/** A private Redis on a unix socket, which never outlives this process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';

export interface SpawnedRedis {
  readonly program: string;
  readonly socketPath: string;
  stop(): Promise<void>;
}

/**
 * The shell ends the server when its standard input ends, which the system sees to even when we are killed. A server that
 * ends by itself ends the shell, so that we notice.
 */
const GUARD = `
command -v "$1" >/dev/null 2>&1 || exit 127
exec 3<&0
"$@" 3<&- </dev/null & server=$!
{ cat <&3 >/dev/null 2>&1; kill "$server" 2>/dev/null; } >/dev/null 2>&1 & watcher=$!
exec 3<&-
wait "$server"; code=$?
kill "$watcher" 2>/dev/null
exit "$code"`;

const NOT_FOUND = 127;
const START_LIMIT_MS = 10_000;
const PREDECESSOR_LIMIT_MS = 5000;
const RESTART_AFTER_MS = 500;
/** Socket paths have about a hundred bytes on every system. */
const LONGEST_SOCKET_PATH = 100;

/** The first of the programs that is installed, or null when none is. Throws a sentence when it is there and does not start. */
export async function spawnRedis(
  programs: readonly string[],
  directory: string,
  log: Logger,
): Promise<SpawnedRedis | null> {
  const socketPath = socketPathFor(directory);
  await untilNobodyListens(socketPath);
  for (const program of programs) {
    const started = await start(program, directory, socketPath);
    if (started !== null) return supervise(program, directory, socketPath, started, log);
  }
  return null;
}

/** Starts the server again when it ends by itself; its append-only file has what was in it. */
function supervise(
  program: string,
  directory: string,
  socketPath: string,
  first: ChildProcess,
  log: Logger,
): SpawnedRedis {
  let current = first;
  let stopping = false;

  function watch(child: ChildProcess): void {
    current = child;
    child.once('exit', (code, signal) => {
      child.stdin?.destroy();
      if (!stopping) void restart(code, signal);
    });
  }

  async function restart(code: number | null, signal: string | null): Promise<void> {
    log.error({ program, code, signal }, 'the queue server ended by itself; starting it again');
    await setTimeout(RESTART_AFTER_MS);
    if (stopping) return;
    try {
      const child = await start(program, directory, socketPath);
      if (child !== null) watch(child);
    } catch (err) {
      log.error({ err }, 'the queue server does not start again');
      if (!stopping) await restart(null, null);
    }
  }

  watch(first);
  return {
    program,
    socketPath,
    async stop() {
      stopping = true;
      if (current.exitCode !== null || current.signalCode !== null) return;
      const ended = new Promise((resolve) => current.once('exit', resolve));
      current.stdin?.destroy();
      await ended;
    },
  };
}

/** Null when the program is not installed. */
async function start(program: string, directory: string, socketPath: string): Promise<ChildProcess | null> {
  const options = [
    ['--port', '0'],
    ['--unixsocket', socketPath, '--unixsocketperm', '700'],
    ['--dir', directory, '--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'],
    ['--maxmemory-policy', 'noeviction'],
  ].flat();
  // A group of its own: Ctrl-C in a terminal must reach us only, so that we can finish what is queued.
  const child = spawn('sh', ['-c', GUARD, 'sh', program, ...options], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdin.on('error', () => undefined);
  let output = '';
  const ready = new Promise<'ready'>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-4000);
        if (/ready to accept connections/i.test(output)) resolve('ready');
      });
    }
  });
  const failed = new Promise<'no-shell' | number | null>((resolve) => {
    child.once('error', () => resolve('no-shell'));
    child.once('exit', (code) => resolve(code));
  });
  const limit = new AbortController();
  const tooLate = setTimeout(START_LIMIT_MS, 'too-late' as const, { signal: limit.signal }).catch(
    () => 'too-late' as const,
  );
  const outcome = await Promise.race([ready, failed, tooLate]);
  limit.abort();
  if (outcome === 'ready') return child;
  child.stdin.destroy();
  if (outcome === NOT_FOUND || outcome === 'no-shell') return null;
  const lastLines = output.trim().split('\n').slice(-3).join(' / ');
  throw new Error(`${program} is installed and does not start in ${directory}: ${lastLines || 'it says nothing'}.`);
}

/** After a kill the old server needs a moment to end, and two servers must never write to one file. */
async function untilNobodyListens(socketPath: string): Promise<void> {
  const deadline = Date.now() + PREDECESSOR_LIMIT_MS;
  while (await listens(socketPath)) {
    if (Date.now() > deadline) {
      throw new Error(`A queue server of an earlier run still listens on ${socketPath}. Stop it, then start again.`);
    }
    await setTimeout(100);
  }
}

function listens(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function socketPathFor(directory: string): string {
  const path = join(directory, 'redis.sock');
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
  return join(tmpdir(), `ktrdr-bot-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}.sock`);
}
