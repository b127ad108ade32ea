import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { TSX } from '../support/program.ts';

const LIMIT_MS = 60_000;
const IMPORTS = `
import { createLog } from ${JSON.stringify(new URL('../../src/app/log.ts', import.meta.url).href)};
import { openLogStream } from ${JSON.stringify(new URL('../../src/app/log-stream.ts', import.meta.url).href)};
const log = createLog('info', openLogStream());
`;
/** Far more than the pipe and what may wait for its reader. */
const FLOOD = `
const pad = 'x '.repeat(5_000);
for (let turn = 0; turn < 100; turn += 1) {
  for (let line = 0; line < 20; line += 1) log.info({ pad }, 'a line');
  await new Promise((resolve) => setImmediate(resolve));
}
process.stdout.write('written\\n');
`;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function run(script: string) {
  const args = ['--import', TSX, '--input-type=module', '--eval', IMPORTS + script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

describe('the log of a running bot', () => {
  it('has every line after a usual end', { timeout: LIMIT_MS }, async () => {
    const child = run(`for (let n = 0; n < 2_000; n += 1) log.info({ n }, 'a line'); process.exit(3);`);
    const [log, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    const lines = log.trimEnd().split('\n');
    expect(status).toBe(3);
    expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
  });

  it('stops neither the process nor its end while nobody reads it', { timeout: LIMIT_MS }, async () => {
    const child = run(`process.on('SIGTERM', () => process.exit(4)); setInterval(() => {}, 1_000); ${FLOOD}`);
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    // By then the reader counts as gone.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    child.kill('SIGTERM');
    expect(await ended).toEqual([4, null]);
  });

  it('says how many lines it has dropped when it is read again', { timeout: LIMIT_MS }, async () => {
    const child = run(
      `${FLOOD} setInterval(() => log.info('later'), 100); process.on('SIGTERM', () => process.exit());`,
    );
    await once(child.stdout, 'data');
    const found = new Promise<string>((resolve) => {
      let log = '';
      child.stderr.setEncoding('utf8').on('data', (part: string) => {
        log += part;
        const line = log.split('\n').find((one) => one.includes('were dropped') && one.endsWith('}'));
        if (line !== undefined) resolve(line);
      });
    });
    const { lines, level } = JSON.parse(await found);
    expect(level).toBe(40);
    expect(lines).toBeGreaterThan(0);
    expect(lines).toBeLessThan(2_000);
  });
});
