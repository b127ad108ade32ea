/** The built program, and the small programs beside the benches that use it: run with plain Node, as users run it. */
import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
export const MAIN = join(ROOT, 'dist', 'main.js');

export function isBuilt(): boolean {
  return existsSync(MAIN);
}

export function programPath(name: string): string {
  return join(import.meta.dirname, 'programs', name);
}

/** Wall time of a whole process in milliseconds, its output thrown away. */
export async function timeOf(command: string, args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  await ended(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return performance.now() - startedMs;
}

/** The JSON that one of the programs prints. */
export async function reportOf(program: string, args: readonly string[]): Promise<Readonly<Record<string, number>>> {
  return JSON.parse(
    await ended(process.execPath, [programPath(program), ...args], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
}

async function ended(command: string, args: readonly string[], options: SpawnOptions): Promise<string> {
  const child = spawn(command, args, { cwd: ROOT, ...options });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with ${String(code ?? signal)}.`);
  return output;
}
