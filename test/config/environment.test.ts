import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { describeEnvironment, renderEnvExample, renderEnvironmentTable } from '../../src/config/documentation.ts';
import { Environment, loadConfig } from '../../src/config/environment.ts';

const HTTP_MODE = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: hexDigits(16) };
const OAUTH = {
  SLACK_SIGNING_SECRET: hexDigits(16),
  SLACK_CLIENT_ID: '1',
  SLACK_CLIENT_SECRET: '2',
  SLACK_STATE_SECRET: hexDigits(32),
  TOKEN_ENCRYPTION_KEY: hexDigits(32),
};

/** As Slack and `openssl rand -hex` make them. */
function hexDigits(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

function problemsOf(env: Record<string, string>, serving = false): readonly string[] {
  try {
    loadConfig(env, serving);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('loadConfig', () => {
  it('needs nothing for the commands that do not serve Slack', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      roles: ['slack', 'worker', 'scheduler'],
      logLevel: 'info',
      lookbackMs: 48 * 3_600_000,
      http: { host: '0.0.0.0', port: 3000, adminToken: null },
      queue: { redisUrl: null, dataDir: '.data', concurrency: 10 },
      jaeger: {
        url: 'http://localhost:16686',
        api: 'auto',
        timeoutMs: 10_000,
        maxBytes: 256 * 1024 * 1024,
        services: [],
      },
      ktrdr: { apiUrl: null, publicUrl: null, deployment: 'local', composeProject: null },
      slack: { apiUrl: 'https://slack.com/api/', oauth: null, allowed: { teams: null, channels: null, users: null } },
    });
    expect(config.jaeger.publicUrl).toBe(config.jaeger.url);
  });

  it('takes empty and blank variables as absent', () => {
    const blank = Object.fromEntries(Object.keys(Environment.shape).map((name) => [name, '  ']));
    expect(loadConfig(blank)).toEqual(loadConfig({}));
  });

  it('reads every notation', () => {
    const config = loadConfig({
      LOOKBACK: '7d',
      JAEGER_TIMEOUT: '1500ms',
      JAEGER_MAX_BYTES: '64KiB',
      JAEGER_HEADERS: '{"x-scope-orgid":"team"}',
      JAEGER_SERVICES: 'ktrdr-api, ktrdr-cli',
      ROLES: 'worker slack',
      REDIS_URL: 'unix:///run/redis.sock',
      AUTO_REPLY_CHANNELS: '*',
      ALLOWED_CHANNELS: 'C01,G02',
      ACTIONS: 'load-data, cancel',
      ACTION_USERS: 'U01 W02',
      KTRDR_API_URL: 'http://ktrdr:8000',
      REDACT: 'acct-\\d+\n[a-z]{3},x',
      DIGESTS: '[{"channel":"C01","cron":"0 9 * * 1-5","tz":"Europe/Berlin","since":"12h","type":"training"}]',
      SLACK_API_URL: 'http://127.0.0.1:9000/api',
    });
    expect(config.lookbackMs).toBe(7 * 86_400_000);
    expect(config.jaeger).toMatchObject({
      timeoutMs: 1500,
      maxBytes: 65_536,
      headers: { 'x-scope-orgid': 'team' },
      services: ['ktrdr-api', 'ktrdr-cli'],
    });
    expect(config.roles).toEqual(['slack', 'worker']);
    expect(config.slack).toMatchObject({ apiUrl: 'http://127.0.0.1:9000/api/', autoReplyChannels: ['*'] });
    expect(config.slack.allowed).toEqual({ teams: null, channels: ['C01', 'G02'], users: null });
    expect(config.actions).toEqual({ kinds: ['cancel', 'load-data'], users: ['U01', 'W02'] });
    expect(config.redact.map((pattern) => pattern.source)).toEqual(['acct-\\d+', '[a-z]{3},x']);
    expect(config.digests).toEqual([
      {
        team: null,
        channel: 'C01',
        cron: '0 9 * * 1-5',
        tz: 'Europe/Berlin',
        sinceMs: 12 * 3_600_000,
        type: 'training',
      },
    ]);
  });

  it('takes regular expressions as a JSON array too', () => {
    expect(loadConfig({ REDACT: '["a,b", "c+"]' }).redact.map((pattern) => pattern.source)).toEqual(['a,b', 'c+']);
  });

  it.each([
    ['look-behind', String.raw`(?<=acct )\d+`],
    ['look-ahead', String.raw`\d+(?= EUR)`],
    ['a back-reference', String.raw`(\w)\1`],
  ])('refuses %s in REDACT, which no linear engine has, and says so', (_what, source) => {
    expect(problemsOf({ REDACT: `acct-\\d+\n${source}` })).toEqual([
      expect.stringMatching(/^REDACT must not use .*look-behind, back-references, .*linear-time.*\(number 2\)[.]$/),
    ]);
  });

  it('keeps credentials out of the address that messages link to', () => {
    const { jaeger } = loadConfig({ JAEGER_URL: 'https://reader:geheim@traces.example/jaeger' });
    expect(jaeger.url).toContain('geheim');
    expect(jaeger.publicUrl).toBe('https://traces.example/jaeger');
  });

  it('shows people the public address of ktrdr, without credentials', () => {
    const KTRDR_API_URL = 'http://backend:8000';
    expect(loadConfig({ KTRDR_API_URL }).ktrdr.publicUrl).toBe(KTRDR_API_URL);
    const { ktrdr } = loadConfig({
      KTRDR_API_URL,
      KTRDR_API_PUBLIC_URL: 'http://reader:geheim@localhost:8003/',
      KTRDR_DEPLOYMENT: 'local-prod',
      KTRDR_COMPOSE_PROJECT: 'slot-3',
    });
    expect(ktrdr).toMatchObject({
      apiUrl: KTRDR_API_URL,
      publicUrl: 'http://localhost:8003/',
      deployment: 'local-prod',
      composeProject: 'slot-3',
    });
  });

  it('lists every problem by name and shows no value', () => {
    const wrong = {
      SLACK_BOT_TOKEN: 'wrong-value-1',
      SLACK_APP_TOKEN: 'wrong-value-2',
      SLACK_API_URL: 'wrong-value-3',
      PORT: '65536',
      ROLES: 'wrong-value-4',
      REDIS_URL: 'http://wrong-value-5',
      WORKER_CONCURRENCY: '0',
      JAEGER_URL: 'ftp://wrong-value-6',
      JAEGER_API: 'wrong-value-7',
      JAEGER_PUBLIC_URL: '/wrong-value-8',
      JAEGER_HEADERS: '{"wrong-value-9":{}}',
      JAEGER_TIMEOUT: '10 wrong-value-10',
      JAEGER_MAX_BYTES: '0MiB',
      LOOKBACK: '48',
      KTRDR_API_URL: 'localhost:8000',
      KTRDR_API_HEADERS: 'wrong-value-11',
      KTRDR_API_PUBLIC_URL: 'localhost:8003',
      KTRDR_DEPLOYMENT: 'wrong-value-12',
      KTRDR_COMPOSE_PROJECT: 'Wrong-value-22',
      GRAFANA_URL: 'wrong-value-13',
      AUTO_REPLY_CHANNELS: '#wrong-value-14',
      ALLOWED_TEAMS: 'wrong-value-15',
      ALLOWED_CHANNELS: 'wrong-value-16',
      ALLOWED_USERS: 'wrong-value-17',
      ACTIONS: 'cancel, wrong-value-23',
      ACTION_USERS: 'wrong-value-24',
      DIGESTS: '[{"channel":"C01","cron":"0 9 * * *","tz":"wrong-value-18"}]',
      REDACT: '(wrong-value-19',
      ADMIN_TOKEN: 'wrong value-20',
      LOG_LEVEL: 'wrong-value-21',
    };
    const problems = problemsOf(wrong);
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual(Object.keys(wrong).sort());
    expect(problems.join('\n')).not.toMatch(/wrong.value|localhost/i);
  });

  it.each(['JAEGER_TIMEOUT', 'SHUTDOWN_TIMEOUT'])('refuses a %s that no timer can take', (name) => {
    for (const value of ['61m', '30d'])
      expect(problemsOf({ [name]: value })).toEqual([
        `${name} must be a duration of at most 1h, such as 500ms, 10s, or 5m.`,
      ]);
    expect(problemsOf({ [name]: '1h', LOOKBACK: '30d' })).toEqual([]);
  });

  it('does nothing in ktrdr unless it is said what, and who may', () => {
    expect(loadConfig({}).actions).toBeNull();
    const KTRDR_API_URL = 'http://ktrdr:8000';
    expect(loadConfig({ ACTION_USERS: 'U01', KTRDR_API_URL }).actions).toBeNull();
    expect(problemsOf({ ACTIONS: 'cancel', KTRDR_API_URL })).toEqual([
      expect.stringMatching(/^ACTION_USERS is missing/),
    ]);
    expect(problemsOf({ ACTIONS: 'cancel', ACTION_USERS: 'U01' })).toEqual([
      expect.stringMatching(/^KTRDR_API_URL is missing/),
    ]);
    for (const name of ['restart', 'cancel,retry', 'all', '*'])
      expect(problemsOf({ ACTIONS: name, ACTION_USERS: 'U01', KTRDR_API_URL })[0]).toMatch(/^ACTIONS must be/);
  });

  it.each([
    ['HTTP mode', HTTP_MODE, []],
    ['socket mode', { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' }, []],
    ['nothing at all', {}, ['SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET']],
    ['no signing secret', { SLACK_BOT_TOKEN: 'xoxb-1' }, ['SLACK_SIGNING_SECRET']],
    ['a worker alone, which receives nothing', { SLACK_BOT_TOKEN: 'xoxb-1', ROLES: 'worker' }, []],
    ['a worker without a token, which cannot answer', { ROLES: 'worker' }, ['SLACK_BOT_TOKEN']],
    [
      'half of OAuth',
      { ...HTTP_MODE, SLACK_CLIENT_ID: '1', SLACK_CLIENT_SECRET: '2' },
      ['SLACK_STATE_SECRET', 'TOKEN_ENCRYPTION_KEY'],
    ],
    ['all of OAuth instead of one token', OAUTH, []],
  ])('serving with %s', (_, env, names) => {
    expect(problemsOf(env, true).map((problem) => problem.split(' ')[0])).toEqual(names);
  });
});

describe('secrets that can be guessed', () => {
  const serving = { ...OAUTH, ADMIN_TOKEN: hexDigits(32) };
  const checked = ['SLACK_SIGNING_SECRET', 'SLACK_STATE_SECRET', 'TOKEN_ENCRYPTION_KEY', 'ADMIN_TOKEN'];

  it('are not those that Slack and openssl make', () => {
    for (let n = 0; n < 500; n += 1)
      expect(problemsOf({ ...OAUTH, SLACK_SIGNING_SECRET: hexDigits(16) }, true)).toEqual([]);
    expect(problemsOf({ ...serving, ADMIN_TOKEN: randomBytes(32).toString('base64url') }, true)).toEqual([]);
    expect(problemsOf(serving, true)).toEqual([]);
  });

  it.each([
    ['a letter', 'k'],
    ['a word', 'letmein'],
    ['one letter many times', 'a'.repeat(64)],
    ['a word many times', 'password'.repeat(8)],
    ['long but of few letters', 'abba'.repeat(3) + 'aabb'.repeat(4) + 'ab'.repeat(10)],
  ])('are refused at the start, by name: %s', (_what, value) => {
    for (const name of checked) {
      const problems = problemsOf({ ...serving, [name]: value }, true);
      expect(problems).toEqual([
        expect.stringMatching(new RegExp(`^${name} is too easy to guess: .*(openssl|Slack|app's page)`)),
      ]);
      expect(problems.join()).not.toContain(` ${value}`);
    }
  });

  it('don’t matter to commands that serve nobody', () => {
    expect(problemsOf({ ...serving, ADMIN_TOKEN: 'k' })).toEqual([]);
  });

  it('may be short beside a test workspace on this machine, but not a letter', () => {
    const SLACK_API_URL = 'http://127.0.0.1:9000/api/';
    expect(problemsOf({ ...serving, SLACK_API_URL, ADMIN_TOKEN: 'letmein' }, true)).toEqual([]);
    expect(problemsOf({ ...serving, SLACK_API_URL, ADMIN_TOKEN: 'k' }, true)).toHaveLength(1);
    expect(
      problemsOf({ ...serving, SLACK_API_URL: 'https://slack.example.com/', ADMIN_TOKEN: 'letmein' }, true),
    ).toHaveLength(1);
  });

  it('may be the key of before, which is to be replaced', () => {
    expect(loadConfig({ ...serving, TOKEN_ENCRYPTION_KEY_PREVIOUS: 'k' }, true).slack.oauth).toMatchObject({
      earlierEncryptionKey: 'k',
    });
    expect(problemsOf({ TOKEN_ENCRYPTION_KEY_PREVIOUS: hexDigits(32) })).toEqual([
      expect.stringContaining('TOKEN_ENCRYPTION_KEY is missing'),
    ]);
  });
});

describe('the documents made from the schema', () => {
  it('give every default in a form that loads to that default', () => {
    const defaults = describeEnvironment().flatMap(({ name, defaultText }) =>
      defaultText === null ? [] : [[name, defaultText]],
    );
    expect(loadConfig(Object.fromEntries(defaults))).toEqual(loadConfig({}));
  });

  it('say what every variable means', () => {
    for (const { name, meaning } of describeEnvironment()) {
      expect(meaning, name).toMatch(/\.$/);
      expect(renderEnvExample()).toContain(`# ${name}=`);
      expect(renderEnvironmentTable()).toContain(`| \`${name}\` |`);
    }
  });
});
