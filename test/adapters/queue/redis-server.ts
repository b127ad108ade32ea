/** A real Redis for one test file, which can be killed, frozen and started again with its data. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  start(): Promise<void>;
  /** As the kernel would: no goodbye. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

const isInstalled = spawnSync('redis-server', ['--version']).status === 0;

/** Whether a suite must be left out; with REQUIRE_ALL=1 it fails instead. */
export function isWithoutRedis(): boolean {
  if (isInstalled) return false;
  if (process.env['REQUIRE_ALL'] === '1') throw new Error('redis-server is not installed and REQUIRE_ALL is set.');
  process.stderr.write('Left out: tests that need redis-server, which is not installed.\n');
  return true;
}

/** Not started yet. `settings` are more arguments of the command line; `--port 0` among them leaves the port to `--tls-port`. */
export async function createRedisServer(
  settings: (port: number, directory: string) => readonly string[] = () => [],
): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'ktrdr-redis-'));
  const port = await freePort();
  let child: ChildProcess | null = null;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = null;
    if (ending === null || ending.exitCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill('SIGCONT');
    ending.kill(signal);
    await ended;
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async start() {
      const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''];
      const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
      const started = spawn('redis-server', [...options, ...durable, ...settings(port, directory)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child = started;
      await new Promise<void>((resolve, reject) => {
        started.once('exit', () => reject(new Error('redis-server ended at once.')));
        started.stdout.setEncoding('utf8').on('data', (text: string) => {
          if (text.includes('Ready to accept connections')) resolve();
        });
      });
    },
    kill: () => end('SIGKILL'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async remove() {
      await end('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Below the ports that Linux and macOS give to outgoing connections: with one of those, another test may hold the port at the
 * moment when Redis starts, at first or again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
