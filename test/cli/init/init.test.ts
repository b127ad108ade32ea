import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isWithoutRedis } from '../../adapters/queue/redis-server.ts';
import { MAIN, TSX } from '../../support/program.ts';
import { NOWHERE, startWorld, type World } from '../doctor/world.ts';
import { runCli, startCli } from '../run-cli.ts';

const ESCAPE = String.fromCharCode(27);
const PROMPT = new RegExp(`: ${ESCAPE}\\[\\d+G$|SLACK_(?:BOT|APP)_TOKEN: $`);
const OPERATION = 'op_backtesting_20261123_070638_0a1a005e';

let world: World;
let folder: string;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ktrdr-init-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const envFile = () => readFile(join(folder, '.env'), 'utf8');
const init = (lines: readonly string[], args: readonly string[] = []) =>
  runCli(['init', ...args], {
    cwd: folder,
    env: { SLACK_API_URL: world.slack.apiUrl },
    stdin: lines.map((line) => `${line}\n`).join(''),
  });

/** Jaeger and where people reach it, ktrdr, the deployment, Redis. */
const addresses = () => [world.jaeger.url, 'https://jaeger.example.com', world.ktrdr.url, '', world.redis.url];

async function wholeManifest() {
  return parse(await readFile(new URL('../../../manifest.yml', import.meta.url), 'utf8'));
}

function manifestIn(stdout: string): unknown {
  const [, text = ''] = /─{60}\n([\s\S]+?)─{60}/.exec(stdout) ?? [];
  return parse(text);
}

describe.skipIf(isWithoutRedis())('init', () => {
  it('asks for everything, tries it, prints the manifest, and writes what start and doctor need', async () => {
    const { slack } = world;
    const answers = [...addresses(), 'socket', slack.team.botToken, slack.appToken, '0'];
    const { status, stdout, stderr } = await init(answers);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(parseEnv(await envFile())).toEqual({
      SLACK_API_URL: slack.apiUrl,
      JAEGER_URL: world.jaeger.url,
      JAEGER_PUBLIC_URL: 'https://jaeger.example.com',
      KTRDR_API_URL: world.ktrdr.url,
      KTRDR_DEPLOYMENT: 'local',
      REDIS_URL: world.redis.url,
      SLACK_BOT_TOKEN: slack.team.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      // The usual port is that of ktrdr’s Grafana.
      PORT: '0',
    });
    expect((await stat(join(folder, '.env'))).mode & 0o777).toBe(0o600);
    for (const secret of [slack.team.botToken, slack.appToken]) expect(stdout).not.toContain(secret);
    const manifest = manifestIn(stdout);
    const expected = await wholeManifest();
    delete expected.features.slash_commands[0].url;
    delete expected.settings.event_subscriptions.request_url;
    delete expected.settings.interactivity.request_url;
    expected.settings.socket_mode_enabled = true;
    expect(manifest).toEqual(expected);

    expect((await runCli(['doctor'], { cwd: folder })).status).toBe(0);
    const bot = startCli(['start'], { cwd: folder });
    bot.stderr.resume();
    await slack.socketConnected();
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${OPERATION}`, { channel: 'C0OPS' });
    await slack.waitForMessage(({ text }) => text.includes('AUDUSD'));
    bot.kill('SIGTERM');
    expect(await new Promise((resolve) => bot.once('exit', resolve))).toBe(0);
  });

  it('asks again after what does not work, says why, and takes it when it is meant', async () => {
    const { slack } = world;
    const [jaeger = '', ...rest] = addresses();
    const wrong = `${slack.team.botToken}-of-another`;
    const answers = ['jaeger:16686', NOWHERE, jaeger, ...rest, 'carrier pigeon', '', '', slack.appToken, wrong, 'keep'];
    const { status, stdout } = await init([...answers, slack.appToken, '0']);
    expect(status).toBe(0);
    for (const said of [
      'JAEGER_URL must be a URL that starts with http:// or https://.',
      'Nothing is listening there. Start Jaeger, or check JAEGER_URL.',
      'Enter "socket" or "http".',
      'SLACK_BOT_TOKEN is required.',
      'xapp-… is an app-level token, which belongs in SLACK_APP_TOKEN.',
      'auth.test at 127.0.0.1',
      'returned invalid_auth. Copy SLACK_BOT_TOKEN',
    ])
      expect(stdout).toContain(said);
    expect(stdout).not.toContain(wrong);
    expect(parseEnv(await envFile())).toMatchObject({ JAEGER_URL: jaeger, SLACK_BOT_TOKEN: wrong });
  });

  it('stopped half-way it keeps what was answered, and goes on from there', async () => {
    const { slack } = world;
    const first = await init(addresses().slice(0, 3));
    expect(first.status).toBe(1);
    expect(first.stderr).toContain('Stopped. Your answers so far are in .env');
    expect(parseEnv(await envFile())).toMatchObject({ JAEGER_URL: world.jaeger.url, KTRDR_API_URL: world.ktrdr.url });
    const second = await init(['', '', 'socket', slack.team.botToken]);
    expect(second.status).toBe(1);
    const third = await init(['socket', slack.appToken, '0']);
    expect(third.status).toBe(0);
    expect(third.stdout).toContain('REDIS_URL is unset, as before.');
    expect(third.stdout).not.toMatch(/─{60}/);
    const fourth = await init([]);
    expect({ status: fourth.status, stderr: fourth.stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('leaves a file that it stops in as it was', async () => {
    await writeFile(join(folder, '.env'), '# mine\nOTHER=1\n');
    expect(await init([])).toMatchObject({ status: 1, stderr: expect.stringContaining('Stopped.') });
    expect(await envFile()).toMatch(/^# mine\nOTHER=1\n/);
  });

  it('keeps other lines, closes the file to others, and asks for everything again with --force', async () => {
    const { slack } = world;
    const lines = [
      '# Ours',
      'LOOKBACK=3d',
      "DIGESTS='[]'",
      'OTHER="two',
      'lines"',
      `SLACK_APP_TOKEN=${slack.appToken}`,
    ];
    await writeFile(join(folder, '.env'), `${lines.join('\n')}\n`);
    await chmod(join(folder, '.env'), 0o644);
    const [jaeger = '', , ...others] = addresses();
    const http = [
      jaeger,
      '',
      ...others,
      'http',
      'https://bot.example.org/',
      slack.team.botToken,
      'fake-signing-secret',
      '0',
    ];
    const { status, stdout } = await init(http, ['--force']);
    expect(status).toBe(0);
    const text = await envFile();
    expect(text.startsWith(`${lines.slice(0, -1).join('\n')}\n`)).toBe(true);
    expect(parseEnv(text)).toMatchObject({ SLACK_APP_TOKEN: '', SLACK_SIGNING_SECRET: 'fake-signing-secret' });
    expect((await stat(join(folder, '.env'))).mode & 0o777).toBe(0o600);
    const expected = JSON.parse(
      JSON.stringify(await wholeManifest()).replaceAll('ktrdr-bot.example.com', 'bot.example.org'),
    );
    // Without a public Jaeger there are no links to preview.
    delete expected.features.unfurl_domains;
    expect(manifestIn(stdout)).toEqual(expected);
  });

  it('refuses a file whose other settings can’t be read, and names them', async () => {
    await writeFile(join(folder, '.env'), 'LOOKBACK=soon\n');
    const { status, stderr } = await init([]);
    expect(status).toBe(2);
    expect(stderr).toContain('LOOKBACK must be a duration');
  });

  it('shows no secret that is typed on a terminal', async () => {
    const { slack } = world;
    const command = [process.execPath, '--import', TSX, MAIN, 'init'].join(' ');
    // The program of util-linux, and that of BSD and macOS, make a terminal of a pipe.
    const args =
      process.platform === 'linux' ? ['-qec', command, '/dev/null'] : ['-q', '/dev/null', ...command.split(' ')];
    const { PATH = '', HOME = '' } = process.env;
    const terminal = spawn('script', args, {
      cwd: folder,
      env: { PATH, HOME, TERM: 'xterm', SLACK_API_URL: slack.apiUrl },
    });
    let shown = '';
    let asked = 0;
    const answers = [...addresses(), 'socket', slack.team.botToken, slack.appToken, '0'];
    const ended = new Promise((resolve) => terminal.once('close', resolve));
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      // A question that shows what is typed ends with a move of the cursor.
      if (!PROMPT.test(shown.slice(asked))) return;
      asked = shown.length;
      terminal.stdin.write(`${answers.shift() ?? ''}\r`);
    });
    await ended;
    expect(shown).toContain('.env is complete');
    expect(shown).toContain(world.jaeger.url);
    for (const secret of [slack.team.botToken, slack.appToken]) expect(shown).not.toContain(secret);
    expect(parseEnv(await envFile())).toMatchObject({
      SLACK_BOT_TOKEN: slack.team.botToken,
      SLACK_APP_TOKEN: slack.appToken,
    });
  });
});
