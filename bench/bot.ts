/** Servers to be measured, each a process of its own that says on which port it listens. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { MAIN, programPath } from './built.ts';

export interface ServerProcess {
  readonly port: number;
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

/** The built bot in HTTP mode; `prefix` is a command that starts another. */
export function startBot(env: Environment, prefix: readonly string[] = []): Promise<ServerProcess> {
  const own = { SLACK_BOT_TOKEN: 'xoxb-bench', HOST: '127.0.0.1', PORT: '0' };
  return start([...prefix, process.execPath, MAIN, 'start'], { ...own, ...env });
}

export function startProgram(name: string, env: Environment, prefix: readonly string[] = []): Promise<ServerProcess> {
  return start([...prefix, process.execPath, programPath(name)], env);
}

async function start([command = '', ...args]: readonly string[], env: Environment): Promise<ServerProcess> {
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const started = /"port":(\d+).*"msg":"started"/.exec(line)?.[1];
      if (started !== undefined) resolve(Number(started));
      // The log of the rest is wanted only when it is the last there is.
      else if (lines.push(line) > 20) lines.shift();
    });
    child.once('exit', () => reject(new Error(`${args.join(' ')} ended before it had started:\n${lines.join('\n')}`)));
  });
  child.once('exit', (code) => {
    if (code !== 0 && code !== null) console.error(`${args.join(' ')} ended with ${code}:\n${lines.join('\n')}`);
  });
  return {
    port,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
