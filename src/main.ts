#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import { run } from './cli/run.ts';

const { env, stdin, stdout, stderr } = process;
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // Who asks twice does not want to wait.
    if (stop.signal.aborted) process.exit(1);
    stop.abort(name);
  });
}
// A reader that closes the pipe early (`| head`) has seen enough.
stdout.on('error', ({ code, errno = 0, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit(0);
  stderr.write(`The output couldn't be written: ${getSystemErrorMap().get(errno)?.[1] ?? message}.\n`);
  process.exit(1);
});

process.exitCode = await run(process.argv.slice(2), {
  env,
  readEnvFile: () => (existsSync('.env') ? readFileSync('.env', 'utf8') : null),
  write: (text) => stdout.write(text),
  writeStyled: (text) => stdout.write(text),
  warn: (text) => stderr.write(text),
  stdout: { isTTY: stdout.isTTY === true, columns: stdout.columns ?? null },
  stderr: { isTTY: stderr.isTTY === true },
  async readStdin() {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(chunk);
    return Buffer.concat(chunks);
  },
  signal: stop.signal,
});
// A client that still tries to reconnect must not keep a stopped process alive.
setTimeout(() => process.exit(), 2_000).unref();
