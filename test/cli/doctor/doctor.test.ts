import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isWithoutRedis } from '../../adapters/queue/redis-server.ts';
import { isWithoutFont } from '../../support/has-font.ts';
import { MAIN, TSX } from '../../support/program.ts';
import { type Run, runCli, runHere } from '../run-cli.ts';
import { OF_CERTIFICATES } from './certificates.ts';
import {
  type Misconfiguration,
  OF_DATA_DIR,
  OF_GRAFANA,
  OF_JAEGER,
  OF_KTRDR,
  OF_REDIS,
  OF_SETTINGS,
  OF_SLACK,
} from './misconfigurations.ts';
import { startWorld, type World } from './world.ts';

interface Check {
  readonly name: string;
  readonly state: string;
  readonly change: string | null;
  readonly problems: readonly { readonly variable: string | null; readonly severity: string; readonly text: string }[];
}

const ROWS: readonly Misconfiguration[] = [
  ...OF_SLACK,
  ...OF_REDIS,
  ...OF_DATA_DIR,
  ...OF_JAEGER,
  ...OF_KTRDR,
  ...OF_GRAFANA,
  ...OF_SETTINGS,
  ...OF_CERTIFICATES,
];

/** What stops every command. */
const UNREADABLE: readonly (readonly [title: string, env: Readonly<Record<string, string>>, says: RegExp])[] = [
  ['A value that can’t be read', { LOOKBACK: 'soon' }, /LOOKBACK must be a duration such as/],
  [
    'An app-level token in place of the bot token',
    { SLACK_BOT_TOKEN: `${'xapp'}-1-A0` },
    /SLACK_BOT_TOKEN must start with xoxb-: xapp-… is an app-level token, which belongs in SLACK_APP_TOKEN/,
  ],
  [
    'A bot token in place of the app-level token',
    { SLACK_APP_TOKEN: `${'xoxb'}-1-A0` },
    /SLACK_APP_TOKEN must start with xapp-: xoxb-… is a bot token, which belongs in SLACK_BOT_TOKEN/,
  ],
  [
    'A person’s token in place of the bot token',
    { SLACK_BOT_TOKEN: `${'xoxp'}-1-A0` },
    /SLACK_BOT_TOKEN must start with xoxb-: xoxp-… is a user token, which the bot doesn't use/,
  ],
  [
    'A token in place of the signing secret',
    { SLACK_SIGNING_SECRET: `${'xoxb'}-1-A0` },
    /SLACK_SIGNING_SECRET must be a secret, not a token/,
  ],
  [
    'Some of the OAuth variables',
    { SLACK_CLIENT_ID: '1.2' },
    /SLACK_CLIENT_SECRET is missing: set all four OAuth variables or none/,
  ],
  [
    'A certificate of Redis without its key',
    { REDIS_URL: 'rediss://h', REDIS_CERT_FILE: 'x' },
    /REDIS_KEY_FILE is missing/,
  ],
  [
    'A digest in a time zone that doesn’t exist',
    { DIGESTS: '[{"channel":"C1","cron":"0 9 * * *","tz":"Mars"}]' },
    /DIGESTS entry 1: tz must be a time zone/,
  ],
  [
    'A password of Redis that isn’t escaped',
    { REDIS_URL: 'redis://:a/b@host' },
    /REDIS_URL .*special characters in the password/,
  ],
];

const OF_FILE = [
  'A misspelt variable in .env',
  'A variable of .env that the environment overrides',
  'Tokens in .env that others can read',
  'A data directory that belongs to another user',
  'No font for the words in pictures',
];

const withoutFont = await isWithoutFont();
let world: World;
const started: { close(): Promise<unknown> }[] = [];
beforeAll(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});
afterAll(() => world.close());

function checksOf({ stdout, stderr }: Run): readonly Check[] {
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe.skipIf(isWithoutRedis())('doctor', () => {
  it.skipIf(withoutFont)('finds nothing where everything works, and asks nobody to change anything', async () => {
    const result = await runHere(['doctor', '--json'], { env: world.env });
    expect(checksOf(result)).toEqual(
      ['jaeger', 'ktrdr-api', 'queue', 'slack'].map((name) =>
        expect.objectContaining({ name, state: 'ok', change: null, problems: [] }),
      ),
    );
    expect(result.status).toBe(0);
    const { stdout } = await runHere(['doctor'], { env: world.env });
    expect(stdout.trim().split('\n')).toHaveLength(4);
  });

  it.each(ROWS)('finds: $title', async ({ variable, severity = 'error', says, make }) => {
    const changes = await make(world, (server) => {
      started.push(server);
      return server;
    });
    const env = { ...world.env, ...changes };
    const result = await runHere(['doctor', '--json'], { env });
    const problems = checksOf(result).flatMap((check) => check.problems);
    expect(problems).toContainEqual({ variable, severity, text: expect.stringMatching(says) });
    expect(result.status).toBe(problems.some((problem) => problem.severity === 'error') ? 1 : 0);
    for (const { variable: name, text } of problems) if (name !== null) expect(text).toContain(name);
    const secrets = [env.SLACK_BOT_TOKEN, env.SLACK_APP_TOKEN, 'geheim'].filter((secret) => secret);
    for (const secret of secrets) expect(result.stdout).not.toContain(secret);
    expect((await runHere(['doctor'], { env })).stdout).toMatch(says);
  });

  it.each(UNREADABLE)('refuses: %s', async (_title, env, says) => {
    const { status, stdout, stderr } = await runHere(['doctor'], { env: { ...world.env, ...env } });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(says);
  });
});

describe.skipIf(isWithoutRedis())('doctor in a folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ktrdr-folder-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('reads .env there, and names what is wrong with the file', async () => {
    const { SLACK_APP_TOKEN, ...others } = world.env;
    const lines = Object.entries({ ...others, SLACK_APP_TOKN: SLACK_APP_TOKEN, LOOKBACK: '3d' });
    await writeFile(join(folder, '.env'), lines.map(([name, value]) => `${name}=${value}\n`).join(''));
    await chmod(join(folder, '.env'), 0o644);
    const result = await runCli(['doctor', '--json'], { cwd: folder, env: { LOOKBACK: '40h' } });
    const checks = checksOf(result);
    expect(checks.slice(0, 4).map(({ name, state }) => [name, state])).toEqual([
      ['jaeger', 'ok'],
      ['ktrdr-api', 'ok'],
      ['queue', 'ok'],
      // Without its app-level token the bot waits for requests by HTTP, which it can't check.
      ['slack', 'partial'],
    ]);
    const texts = checks.flatMap(({ problems }) => problems.map(({ text }) => text));
    expect(texts).toContain(".env has SLACK_APP_TOKN, which isn't a known setting: use SLACK_APP_TOKEN.");
    expect(texts).toContain(
      "LOOKBACK in .env isn't used: the environment has a different value, which takes precedence.",
    );
    expect(texts).toContain('Other users of this machine can read the tokens in .env: chmod 600 .env.');
    expect(result.status).toBe(1);
  });

  it('says when there is no font for pictures', async () => {
    // Hiding the fonts of this machine needs the rights of an administrator.
    const hide = 'mount -t tmpfs none /usr/share/fonts && exec "$@"';
    const isolated = ['--mount', 'sh', '-c', hide, 'sh'];
    if (spawnSync('unshare', [...isolated, 'true']).status !== 0) return;
    const env = { ...world.env, PATH: process.env['PATH'] ?? '', HOME: folder };
    const asked = spawn('unshare', [...isolated, process.execPath, '--import', TSX, MAIN, 'doctor'], {
      cwd: folder,
      env,
    });
    let said = '';
    asked.stdout.on('data', (text) => (said += text));
    await once(asked, 'close');
    expect(said).toContain('No font is installed');
  });

  it('tells whose the data directory is', async () => {
    // Only an administrator can give a directory away; others find one that was never theirs.
    await rm(join(folder, '.env'), { force: true });
    const isAdministrator = process.getuid?.() === 0;
    const directory = isAdministrator ? join(folder, 'data') : '/usr/lib';
    if (isAdministrator) {
      await mkdir(directory);
      await chown(directory, 12_345, 12_345);
    }
    const { stdout } = await runCli(['doctor'], {
      cwd: folder,
      env: { ...world.env, REDIS_URL: '', DATA_DIR: directory },
    });
    expect(stdout).toMatch(/belongs to another user \(\d+\), .* or set another DATA_DIR/);
  });
});

it('docs/doctor.md lists every misconfiguration, and no other', async () => {
  const page = await readFile(new URL('../../../docs/doctor.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| (?!what is wrong|---)(.+?) \|/gm)].map(([, title]) => title);
  const known = [...ROWS.map(({ title }) => title), ...UNREADABLE.map(([title]) => title), ...OF_FILE];
  expect(listed.toSorted()).toEqual(known.toSorted());
});
