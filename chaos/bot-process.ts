/** One process of the built bot, with everything that an operating system can do to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { MAIN } from '../bench/built.ts';
import { freePort } from '../test/adapters/queue/redis-server.ts';
import { pause } from './pause.ts';

export interface BotProcess {
  readonly name: string;
  readonly url: string;
  /** Of all its lives. */
  readonly logPath: string;
  /** Exits that nobody caused, and stops that went wrong; a sentence each. */
  readonly complaints: readonly string[];
  /** Resolves when the process says that it lives. */
  start(): Promise<void>;
  /** At once; a process that has ended already is left as it is. */
  kill(): Promise<void>;
  /** As an orchestrator stops it: with a deadline. */
  stop(): Promise<void>;
  isReady(): Promise<boolean>;
}

const START_LIMIT_MS = 60_000;
/** More than any stop takes that keeps its promise. */
const STOP_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 100;

/** Not started yet. */
export async function createBotProcess(
  name: string,
  env: Readonly<Record<string, string>>,
  workDir: string,
): Promise<BotProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const logPath = join(workDir, `${name}.log`);
  const complaints: string[] = [];
  let child: ChildProcess | null = null;

  /** Undoes the mark of a process that runs, so that its exit is expected. */
  function release(): ChildProcess | null {
    const released = child;
    child = null;
    return released !== null && released.exitCode === null && released.signalCode === null ? released : null;
  }

  return {
    name,
    url,
    logPath,
    complaints,
    async start() {
      const started = spawn(process.execPath, [MAIN, 'start'], {
        cwd: workDir,
        env: { HOST: '127.0.0.1', PORT: String(port), ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child = started;
      started.stderr.pipe(createWriteStream(logPath, { flags: 'a' }));
      started.once('exit', (code, signal) => {
        if (child === started) complaints.push(`${name} ended by itself with ${String(code ?? signal)}.`);
      });
      const limit = Date.now() + START_LIMIT_MS;
      while (started.exitCode === null && Date.now() < limit) {
        if ((await statusOf(`${url}/healthz`)) === 200) return;
        await pause(LOOK_EVERY_MS);
      }
      if (started.exitCode === null)
        complaints.push(`${name} was not there ${START_LIMIT_MS / 1000} s after its start.`);
    },
    async kill() {
      const running = release();
      if (running === null) return;
      const ended = once(running, 'exit');
      running.kill('SIGKILL');
      await ended;
    },
    async stop() {
      const running = release();
      if (running === null) return;
      const ended = once(running, 'exit');
      running.kill('SIGTERM');
      const isOver = await Promise.race([ended.then(() => true), pause(STOP_LIMIT_MS).then(() => false)]);
      if (!isOver) {
        complaints.push(`${name} had not stopped ${STOP_LIMIT_MS / 1000} s after SIGTERM.`);
        running.kill('SIGKILL');
        await ended;
      } else if (running.exitCode !== 0) {
        complaints.push(`${name} ended with ${String(running.exitCode ?? running.signalCode)} after SIGTERM.`);
      }
    },
    isReady: async () => (await statusOf(`${url}/readyz`)) === 200,
  };
}

/** Null when there is no answer. */
async function statusOf(url: string): Promise<number | null> {
  return fetch(url, { signal: AbortSignal.timeout(5_000), headers: { connection: 'close' } }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => null,
  );
}
