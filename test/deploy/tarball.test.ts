/** What `npm pack` ships, installed as people install it: in an empty folder, by npm, from its registry. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const OPERATION = 'op_backtesting_20261123_070638_0a1a005e';
const INCIDENT = 'fixtures/data-missing/not-cached/06a-backtest-no-data/v3.json';

let folder: string;
let files: readonly string[];
beforeAll(async () => {
  expect(existsSync(join(ROOT, 'dist/main.js')), 'dist/main.js: npm ci or npm run build makes it').toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'ktrdr-tarball-'));
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: ROOT,
  });
  const [packed] = JSON.parse(stdout);
  files = packed.files.map(({ path }: { path: string }) => path);
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, packed.filename)], {
    cwd: folder,
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ktrdrBot = (...args: readonly string[]) => run('npx', ['--no-install', 'ktrdr-bot', ...args], { cwd: folder });
const installed = () => join(folder, 'node_modules', 'ktrdr-bot');

describe('the tarball', () => {
  it('holds what runs, what it shows, and nothing else', () => {
    const known =
      /^(?:README\.md|LICENSE|package\.json|\.env\.example|manifest(?:-distribution)?\.yml|dist\/(?:main|chunks\/[\w-]+)\.js|fixtures\/.*\.json|packages\/local-slack\/(?:package\.json|dist\/.*\.js|page\/.*))$/;
    expect(files.filter((path) => !known.test(path))).toEqual([]);
    expect(files.filter((path) => path.endsWith('legacy.json'))).toEqual([]);
  });

  it('holds every module that one of its modules names', async () => {
    const modules = files.filter((path) => /^dist\/.*\.js$/.test(path));
    expect(modules.length).toBeGreaterThan(50);
    const imported = await Promise.all(
      modules.map(async (path) => {
        const text = await readFile(join(installed(), path), 'utf8');
        return [...text.matchAll(/(?:from\s*|import\(|import\s+|new URL\()"(\.{1,2}\/[^"\n]+\.js)"/g)].map(
          ([, name = '']) => join(path, '..', name),
        );
      }),
    );
    expect(imported.flat().length).toBeGreaterThan(modules.length);
    expect([...new Set(imported.flat())].filter((path) => !files.includes(path))).toEqual([]);
  });

  it('installs no tools of developers', async () => {
    const packages = await readdir(join(folder, 'node_modules'));
    expect(packages).toContain('bullmq');
    expect(packages.filter((name) => ['typescript', 'vitest', 'esbuild', 'tsx', '@biomejs'].includes(name))).toEqual(
      [],
    );
  });
});

describe('ktrdr-bot, installed', () => {
  it('says what it can', async () => {
    expect((await ktrdrBot('--help')).stdout).toContain('Usage: ktrdr-bot <command>');
    expect((await ktrdrBot('explain')).stdout).toContain('data-missing');
  });

  it('diagnoses a saved trace', async () => {
    const { stdout } = await ktrdrBot('diagnose', OPERATION, '--file', join(ROOT, INCIDENT));
    expect(stdout).toContain('No data for AUDUSD 1h');
  });

  it('finds its manifest, for init and doctor', async () => {
    const asked = ktrdrBot('init');
    // Addresses that nothing answers, and then everything as it is usual.
    asked.child.stdin?.end(`http://127.0.0.1:9\nkeep\n\nnone\n\n\nsocket\n`);
    const { stdout } = await asked.catch((error: { stdout: string }) => error);
    expect(stdout).toContain('socket_mode_enabled: true');
  });

  it('answers in the workspace of the demo', async () => {
    const demo = spawn(process.execPath, [join(installed(), 'dist/main.js'), 'demo', '--port', '0'], { cwd: folder });
    let said = '';
    for (const stream of [demo.stdout, demo.stderr]) stream.on('data', (text) => (said += text));
    try {
      await expect.poll(() => said).toContain('ktrdr-bot is ready.');
      const [, url = ''] = /open at (http:\S+?)\/?\s/.exec(said) ?? [];
      expect(await (await fetch(url)).text()).toContain('<!doctype html>');
      const headers = { 'content-type': 'application/json' };
      // The demo moves its recordings to today: their operations have other ids.
      const offered: unknown = await (await fetch(`${url}/workspace/state`)).json();
      const { incidents } = offered as {
        readonly incidents: readonly { readonly title: string; readonly command: string }[];
      };
      const text = incidents.find(({ title }) => title === 'A backtest that failed')?.command.replace('/ktrdr ', '');
      const action = { act: 'command', command: '/ktrdr', text, channel: 'C0OPS' };
      const body = JSON.stringify(action);
      expect((await fetch(`${url}/workspace/act`, { method: 'POST', headers, body })).status).toBe(200);
      const state = async () => (await fetch(`${url}/workspace/state`)).text();
      await expect.poll(state).toContain('No data for AUDUSD 1h');
    } finally {
      demo.kill('SIGTERM');
    }
    expect(await new Promise((resolve) => demo.once('exit', resolve))).toBe(0);
  });
});
