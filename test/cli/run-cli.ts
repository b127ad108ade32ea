import { spawn } from 'node:child_process';
import { run } from '../../src/cli/run.ts';
import { EMPTY_FOLDER, MAIN, TSX } from '../support/program.ts';

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Only these and what a process needs to run; the tester's own environment stays outside. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Buffer;
  /** The text of `.env`; read by `runHere` only. */
  readonly envFile?: string | null;
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** By default an empty one, so that no `.env` of the tester is read. */
  readonly cwd?: string;
}

export function startCli(args: readonly string[], { env = {}, node = [], cwd = EMPTY_FOLDER }: RunOptions = {}) {
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
  return spawn(process.execPath, ['--import', TSX, ...node, MAIN, ...args], {
    cwd,
    env: { PATH, HOME, TMPDIR, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** The real program in a process of its own, from its arguments to its exit status. */
export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = startCli(args, options);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.end(options.stdin ?? '');
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, stdout, stderr };
}

/** The same without the seconds that a process takes, for what does not depend on one. */
export async function runHere(
  args: readonly string[],
  { env = {}, stdin = '', envFile = null }: RunOptions = {},
): Promise<Run> {
  let stdout = '';
  let stderr = '';
  const status = await run(args, {
    env,
    readEnvFile: () => envFile,
    write(text) {
      stdout += text;
    },
    writeStyled(text) {
      stdout += text;
    },
    warn(text) {
      stderr += text;
    },
    stdout: { isTTY: false, columns: null },
    stderr: { isTTY: false },
    readStdin: async () => stdin,
    signal: new AbortController().signal,
  });
  return { status, stdout, stderr };
}
