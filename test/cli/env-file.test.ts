/** Every command reads `.env` of the current folder, and the environment of the process wins. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli, runHere } from './run-cli.ts';

const ID = 'op_training_20260109_060025_4183136f';
const folder = mkdtempSync(join(tmpdir(), 'ktrdr-bot-env-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([['diagnose', ID], ['search', 'failed'], ['digest'], ['doctor']])('%s %s', (...args) => {
  it('takes a setting from the file, unless the process has it', async () => {
    const said = async (env: Readonly<Record<string, string>>) => {
      const { stdout, stderr } = await runHere(args, { env, envFile: 'JAEGER_URL=http://127.0.0.1:9 # a comment\n' });
      return stdout + stderr;
    };
    expect(await said({})).toContain('127.0.0.1:9');
    const overruled = await said({ JAEGER_URL: 'http://127.0.0.1:10' });
    expect(overruled).toContain('127.0.0.1:10');
    expect(overruled).not.toContain('127.0.0.1:9:');
  });
});

describe('the file', () => {
  it.each([
    ['quotes and “export”', 'export JAEGER_URL="http://127.0.0.1:9"'],
    ['Windows line ends and a byte order mark', '\uFEFFLOG_LEVEL=info\r\nJAEGER_URL=http://127.0.0.1:9\r\n'],
  ])('may have %s', async (_what, envFile) => {
    expect((await runHere(['search'], { envFile })).stderr).toContain('127.0.0.1:9');
  });

  it.each(['start', 'diagnose', 'doctor', 'mcp'])(
    'with a wrong setting is refused by %s, without its value',
    async (command) => {
      const args = command === 'diagnose' ? [command, ID] : [command];
      const { status, stderr } = await runHere(args, { envFile: 'PORT=my-secret' });
      expect(status).toBe(2);
      expect(stderr).toContain('PORT');
      expect(stderr).not.toContain('my-secret');
    },
  );

  it('is not needed for help and version', async () => {
    for (const arg of ['--help', '--version']) expect((await runHere([arg], { envFile: 'PORT=x' })).status).toBe(0);
  });
});

describe('a process', () => {
  it('reads the file of its own folder', async () => {
    writeFileSync(join(folder, '.env'), 'JAEGER_URL=http://127.0.0.1:9\n');
    expect((await runCli(['search', 'failed'], { cwd: folder })).stderr).toContain('127.0.0.1:9');
    const env = { JAEGER_URL: 'http://127.0.0.1:10' };
    expect((await runCli(['search', 'failed'], { cwd: folder, env })).stderr).toContain('127.0.0.1:10');
  });

  it('says so when there is something else of that name', async () => {
    rmSync(join(folder, '.env'));
    mkdirSync(join(folder, '.env'));
    const { status, stderr } = await runCli(['search', 'failed'], { cwd: folder });
    expect({ status, stderr }).toEqual({ status: 2, stderr: "The file .env in this folder can't be read.\n" });
  });
});
