/** What doctor finds. Each row is made for real; `docs/doctor.md` lists the titles. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecordedTraces, startFakeSlack, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { beat } from '../../../src/jobs/health/heartbeats.ts';
import { createRedisServer } from '../../adapters/queue/redis-server.ts';
import { SILENT } from '../../jobs/alert/watchtower.ts';
import { incidentNamed } from '../../support/incident-named.ts';
import {
  HOUR_MS,
  jaegerOf,
  ktrdrWithWorkers,
  leftPlace,
  NOWHERE,
  slackEnv,
  startFront,
  startPage,
  type World,
} from './world.ts';

export interface Misconfiguration {
  readonly title: string;
  /** The setting that the hint names first; null where it is no setting. */
  readonly variable: string | null;
  /** In the hint. */
  readonly says: RegExp;
  /** Default `error`. */
  readonly severity?: 'error' | 'warning';
  /** Changes of the environment. What it starts is closed after the test. */
  make(world: World, use: Use): Promise<Environment> | Environment;
}

type Environment = Readonly<Record<string, string>>;
type Use = <Server extends { close(): Promise<unknown> }>(server: Server) => Server;

const OAUTH = {
  SLACK_CLIENT_ID: '123.456',
  SLACK_CLIENT_SECRET: 'client secret'.replace(' ', '-'),
  SLACK_STATE_SECRET: 'a-state-of-32-characters-or-more!',
  TOKEN_ENCRYPTION_KEY: 'a-key-with-32-characters-or-more!',
};
const digest = (fields: object) => JSON.stringify([{ channel: 'C0OPS', cron: '0 9 * * *', tz: 'UTC', ...fields }]);

export const OF_SLACK: readonly Misconfiguration[] = [
  {
    title: 'A bot token that Slack doesn’t know',
    variable: 'SLACK_BOT_TOKEN',
    says: /invalid_auth\. Copy SLACK_BOT_TOKEN/,
    make: ({ env }) => ({ SLACK_BOT_TOKEN: `${env.SLACK_BOT_TOKEN}-of-another` }),
  },
  {
    title: 'A bot token that was revoked',
    variable: 'SLACK_BOT_TOKEN',
    says: /token_revoked\. The token was revoked\. Reinstall the app/,
    async make(_world, use) {
      const slack = use(await startFakeSlack());
      slack.fault('auth.test', { kind: 'error', error: 'token_revoked' }, { times: 9 });
      return slackEnv(slack);
    },
  },
  {
    title: 'An app that was removed from the workspace',
    variable: 'SLACK_BOT_TOKEN',
    says: /account_inactive\. The app was removed/,
    async make(_world, use) {
      const slack = use(await startFakeSlack());
      slack.fault('auth.test', { kind: 'error', error: 'account_inactive' }, { times: 9 });
      return slackEnv(slack);
    },
  },
  {
    title: 'Scopes that the manifest asks for and the token lacks',
    variable: 'SLACK_BOT_TOKEN',
    says: /is missing scopes from manifest\.yml: files:write, links:read\. Paste the manifest/,
    async make({ slack }, use) {
      const scopes = slack.team.scopes.filter((scope) => scope !== 'files:write' && scope !== 'links:read');
      return slackEnv(use(await startFakeSlack({ teams: [{ id: 'T0KTRDR', scopes }] })));
    },
  },
  {
    title: 'An app-level token without connections:write',
    variable: 'SLACK_APP_TOKEN',
    says: /SLACK_APP_TOKEN is missing the scope connections:write/,
    async make(_world, use) {
      const slack = use(await startFakeSlack());
      slack.fault('apps.connections.open', { kind: 'error', error: 'missing_scope' }, { times: 9 });
      return slackEnv(slack);
    },
  },
  {
    title: 'An app-level token that Slack doesn’t know',
    variable: 'SLACK_APP_TOKEN',
    says: /apps\.connections\.open returned invalid_auth\. Copy SLACK_APP_TOKEN/,
    make: ({ env }) => ({ SLACK_APP_TOKEN: `${env.SLACK_APP_TOKEN}-of-another` }),
  },
  {
    title: 'Another server at the address of Slack’s API',
    variable: 'SLACK_API_URL',
    says: /isn't Slack\. Check the network, and SLACK_API_URL/,
    make: ({ jaeger }) => ({ SLACK_API_URL: jaeger.url }),
  },
  {
    title: 'Slack can’t be reached',
    variable: 'SLACK_API_URL',
    says: /Slack didn't respond at 127\.0\.0\.1:\d+ \(connect ECONNREFUSED/,
    make: async () => ({ SLACK_API_URL: await leftPlace() }),
  },
  {
    title: 'A clock that is minutes off, so that signatures are refused',
    variable: 'SLACK_SIGNING_SECRET',
    says: /This machine's clock is 1\d min.* behind Slack's.*timedatectl/,
    make: async ({ slack }, use) => ({
      SLACK_API_URL: `${use(await startFront(slack.url, { clockMs: HOUR_MS / 5 })).url}/api/`,
    }),
  },
  {
    title: 'A clock that is a minute off',
    variable: null,
    severity: 'warning',
    says: /clock is (?:59|60|61|1 m).* ahead of Slack's/,
    make: async ({ slack }, use) => ({
      SLACK_API_URL: `${use(await startFront(slack.url, { clockMs: -60_000 })).url}/api/`,
    }),
  },
  {
    title: 'Allowed workspaces without the token’s own',
    variable: 'ALLOWED_TEAMS',
    says: /ALLOWED_TEAMS doesn't include T0KTRDR/,
    make: () => ({ ALLOWED_TEAMS: 'T0OTHER' }),
  },
  {
    title: 'A digest in a channel that the bot is not in',
    variable: 'DIGESTS',
    says: /DIGESTS has C0RANDOM, which the bot isn't in \(#random\)\. Run \/invite @ktrdr-bot there/,
    make: () => ({ DIGESTS: digest({ channel: 'C0RANDOM' }) }),
  },
  {
    title: 'A digest in a channel that doesn’t exist for the bot',
    variable: 'DIGESTS',
    says: /DIGESTS has C0NONE, which the bot can't see/,
    make: () => ({ DIGESTS: digest({ channel: 'C0NONE' }) }),
  },
  {
    title: 'Pasted ids in a channel that is archived',
    variable: 'AUTO_REPLY_CHANNELS',
    severity: 'warning',
    says: /AUTO_REPLY_CHANNELS has C0OLD, which is archived/,
    make: () => ({ AUTO_REPLY_CHANNELS: 'C0OPS,C0OLD' }),
  },
  {
    title: 'Pasted ids in a channel that the bot is not in',
    variable: 'AUTO_REPLY_CHANNELS',
    severity: 'warning',
    says: /AUTO_REPLY_CHANNELS has C0RANDOM, which the bot isn't in/,
    make: () => ({ AUTO_REPLY_CHANNELS: 'C0RANDOM' }),
  },
  {
    title: 'A bot token beside the OAuth variables',
    variable: 'SLACK_BOT_TOKEN',
    severity: 'warning',
    says: /SLACK_BOT_TOKEN isn't used when workspaces install the app with OAuth/,
    make: () => OAUTH,
  },
];

export const OF_REDIS: readonly Misconfiguration[] = [
  {
    title: 'Redis can’t be reached',
    variable: 'REDIS_URL',
    says: /The queue isn’t responding \(.*ECONNREFUSED.*\)\. Check REDIS_URL/,
    make: () => ({ REDIS_URL: 'redis://127.0.0.1:9' }),
  },
  {
    title: 'Redis asks for a password',
    variable: 'REDIS_URL',
    says: /NOAUTH/,
    make: async (_world, use) => ({ REDIS_URL: await redisWith(use, ['--requirepass', 'geheim']) }),
  },
  {
    title: 'A database of Redis that doesn’t exist',
    variable: 'REDIS_URL',
    says: /DB index is out of range.*REDIS_URL/,
    make: ({ redis }) => ({ REDIS_URL: `${redis.url}/99` }),
  },
  {
    title: 'TLS to a Redis that doesn’t speak it',
    variable: 'REDIS_URL',
    says: /The queue isn’t responding.*REDIS_URL/,
    make: ({ redis }) => ({ REDIS_URL: redis.url.replace('redis:', 'rediss:') }),
  },
  {
    title: 'Redis may discard jobs',
    variable: 'REDIS_URL',
    severity: 'warning',
    says: /maxmemory-policy allkeys-lru\): set it to noeviction\. Check REDIS_URL/,
    make: async (_world, use) => ({ REDIS_URL: await redisWith(use, ['--maxmemory-policy', 'allkeys-lru']) }),
  },
  {
    title: 'Redis forgets everything when it restarts',
    variable: 'REDIS_URL',
    severity: 'warning',
    says: /set appendonly yes/,
    make: async (_world, use) => ({ REDIS_URL: await redisWith(use, ['--appendonly', 'no']) }),
  },
  {
    title: 'Redis is a replica',
    variable: 'REDIS_URL',
    says: /replica.*Set REDIS_URL to the primary/,
    make: async ({ redis }, use) => ({
      REDIS_URL: await redisWith(use, ['--replicaof', '127.0.0.1', String(redis.port)]),
    }),
  },
  {
    title: 'A Redis Cluster',
    variable: 'REDIS_URL',
    says: /REDIS_URL points to a Redis Cluster, which is not supported/,
    make: async (_world, use) => ({ REDIS_URL: await redisWith(use, ['--cluster-enabled', 'yes']) }),
  },
  {
    title: 'A queue that belongs to another bot',
    variable: 'REDIS_PREFIX',
    says: /The queue belongs to another Slack app\. Set REDIS_PREFIX to another name/,
    async make(_world, use) {
      const url = await redisWith(use, []);
      const { Redis } = await import('ioredis');
      const redis = new Redis(url);
      await redis.set('ktrdr-bot:owner', 'another');
      await redis.quit();
      return { REDIS_URL: url };
    },
  },
  {
    title: 'Other `ALERTS` than a process that runs has',
    variable: 'ALERTS',
    severity: 'warning',
    says: /Processes on this queue have different ALERTS\. Set the same ALERTS everywhere/,
    async make(_world, use) {
      const url = await redisWith(use, []);
      const queue = await openQueueBackend({ redisUrl: url, dataDir: '/nonexistent', log: SILENT });
      const beats = { lastFetchAtMs: null, eventLoopLagMs: 0, alerts: 'of another' };
      const worker = { name: 'another', roles: ['worker'], queues: [], version: '0.1.0', startedAtMs: 1, atMs: 1 };
      await beat(queue.back.store, { ...worker, ...beats });
      await queue.close();
      return { REDIS_URL: url };
    },
  },
  {
    title: 'Roles in processes of their own without Redis',
    variable: 'REDIS_URL',
    says: /ROLES is worker.*set REDIS_URL/,
    make: () => ({ REDIS_URL: '', ROLES: 'worker' }),
  },
];

async function redisWith(use: Use, settings: readonly string[]): Promise<string> {
  const redis = await createRedisServer(() => settings);
  use({ close: redis.remove });
  await redis.start();
  return redis.url;
}

export const OF_DATA_DIR: readonly Misconfiguration[] = [
  {
    title: 'A data directory with a file in its place',
    variable: 'DATA_DIR',
    says: /which isn't writable \(.*file is a file\)/,
    async make({ folder }) {
      await writeFile(join(folder, 'file'), '');
      return { REDIS_URL: '', DATA_DIR: join(folder, 'file') };
    },
  },
  {
    title: 'A data directory in which nothing can be written',
    variable: 'DATA_DIR',
    says: /which isn't writable \(E[A-Z]+\)/,
    make: () => ({ REDIS_URL: '', DATA_DIR: '/proc/ktrdr-bot' }),
  },
  {
    title: 'A data directory that holds other things',
    variable: 'DATA_DIR',
    says: /DATA_DIR is .*, which contains .*\. Set it to a separate directory/,
    make: () => ({ REDIS_URL: '', DATA_DIR: '.' }),
  },
];

const INCIDENT = incidentNamed('06a-');
const LOGIN = '<!DOCTYPE html><title>Sign in</title>';

export const OF_JAEGER: readonly Misconfiguration[] = [
  {
    title: 'Jaeger can’t be reached',
    variable: 'JAEGER_URL',
    says: /connection refused\. Nothing is listening there\. Start Jaeger, or check JAEGER_URL/,
    make: () => ({ JAEGER_URL: NOWHERE }),
  },
  {
    title: 'A login page in front of Jaeger',
    variable: 'JAEGER_URL',
    says: /login page, or JAEGER_URL lacks the base path/,
    make: async (_world, use) => ({ JAEGER_URL: (await faultyJaeger(use, 'login-page')).url }),
  },
  {
    title: 'Jaeger wants credentials',
    variable: 'JAEGER_URL',
    says: /401.*Check the credentials in JAEGER_HEADERS/,
    make: async (_world, use) => ({ JAEGER_URL: (await faultyJaeger(use, 'unauthorised')).url }),
  },
  {
    title: 'The query API of a newer Jaeger',
    variable: 'JAEGER_API',
    says: /JAEGER_API is v3, but Jaeger v1\.76.* speaks v1.* Set it to auto/,
    make: async (_world, use) => ({
      JAEGER_URL: use(await jaegerOf(HOUR_MS, { version: '1.76' })).url,
      JAEGER_API: 'v3',
    }),
  },
  {
    title: 'The query API of an older Jaeger',
    variable: 'JAEGER_API',
    says: /JAEGER_API is v1, but Jaeger .* speaks v3.* Set it to auto/,
    make: async (_world, use) => ({
      JAEGER_URL: use(await jaegerOf(HOUR_MS, { version: 'main' })).url,
      JAEGER_API: 'v1',
    }),
  },
  {
    title: 'A Jaeger that is older than any that was tried',
    variable: 'JAEGER_URL',
    severity: 'warning',
    says: /is version 1\.35; 1\.53 is the oldest/,
    async make(_world, use) {
      const jaeger = use(await jaegerOf(30 * HOUR_MS, { version: '1.53' }));
      const { version } = await versionOf(jaeger.url);
      return { JAEGER_URL: use(await startFront(jaeger.url, { replace: [version, 'v1.35.0'] })).url };
    },
  },
  {
    title: 'A Jaeger without any service',
    variable: 'JAEGER_URL',
    severity: 'warning',
    says: /Nothing has been exported to this Jaeger yet, or ktrdr exports to a different one/,
    make: async (_world, use) => ({ JAEGER_URL: use(await startRecordedJaeger({ version: '2.20', traces: [] })).url }),
  },
  {
    title: 'A Jaeger without ktrdr’s services',
    variable: 'JAEGER_URL',
    severity: 'warning',
    says: /The Jaeger at JAEGER_URL has no ktrdr services, only checkout/,
    async make(_world, use) {
      const [document] = await readRecordedTraces([INCIDENT.dir]);
      const other = JSON.stringify(document).replaceAll(
        /"stringValue":"(?:ktrdr|training|backtest)[^"]*"/g,
        '"stringValue":"checkout"',
      );
      return { JAEGER_URL: use(await startRecordedJaeger({ version: '2.20', traces: [JSON.parse(other)] })).url };
    },
  },
  {
    title: 'Services to search first that Jaeger doesn’t list',
    variable: 'JAEGER_SERVICES',
    severity: 'warning',
    says: /JAEGER_SERVICES has services that Jaeger doesn't list: ktrdr-apo\./,
    make: () => ({ JAEGER_SERVICES: 'ktrdr-api,ktrdr-apo' }),
  },
  {
    title: 'Traces that are kept for less than is searched',
    variable: 'LOOKBACK',
    severity: 'warning',
    says: /LOOKBACK is 2 d, but the oldest trace of ktrdr-api is newer than 6 h/,
    make: async (_world, use) => ({ JAEGER_URL: use(await jaegerOf(4 * HOUR_MS)).url }),
  },
  {
    title: 'No trace in all the time that is searched',
    variable: 'LOOKBACK',
    severity: 'warning',
    says: /ktrdr-api has no traces from the last 2 d/,
    make: async (_world, use) => ({ JAEGER_URL: use(await jaegerOf(90 * HOUR_MS)).url }),
  },
  {
    title: 'Links to Jaeger that lead to the reader’s own machine',
    variable: 'JAEGER_PUBLIC_URL',
    severity: 'warning',
    says: /JAEGER_PUBLIC_URL is not set, and JAEGER_URL points to this machine/,
    make: () => ({ JAEGER_PUBLIC_URL: '' }),
  },
  {
    title: 'Links to Jaeger with the name of a container',
    variable: 'JAEGER_PUBLIC_URL',
    severity: 'warning',
    says: /JAEGER_PUBLIC_URL has the host name jaeger, which people's browsers probably can't resolve/,
    make: () => ({ JAEGER_PUBLIC_URL: 'http://jaeger:16686' }),
  },
];

async function faultyJaeger(use: Use, fault: 'login-page' | 'unauthorised') {
  const jaeger = use(await startRecordedJaeger({ version: '2.20', traces: [] }));
  jaeger.setFault(fault);
  return jaeger;
}

async function versionOf(url: string): Promise<{ readonly version: string }> {
  const page = await (await fetch(url)).text();
  return { version: /"gitVersion":"([^"]+)"/.exec(page)?.[1] ?? '' };
}

export const OF_KTRDR: readonly Misconfiguration[] = [
  {
    title: 'The ktrdr API can’t be reached',
    variable: 'KTRDR_API_URL',
    says: /connection refused\. .*check KTRDR_API_URL/,
    make: () => ({ KTRDR_API_URL: NOWHERE }),
  },
  {
    title: 'The ktrdr API wants credentials',
    variable: 'KTRDR_API_URL',
    says: /401.*Check the credentials in KTRDR_API_HEADERS/,
    make: async (_world, use) => ({
      KTRDR_API_URL: use(await startPage({ status: 401, body: '{"detail":"no"}' })).url,
    }),
  },
  {
    title: 'A login in front of the ktrdr API',
    variable: 'KTRDR_API_URL',
    says: /302.*Set credentials in KTRDR_API_HEADERS/,
    make: async (_world, use) => ({
      KTRDR_API_URL: use(await startPage({ status: 302, headers: { location: 'https://login.example.com/' } })).url,
    }),
  },
  {
    title: 'Another server at the address of the ktrdr API',
    variable: 'KTRDR_API_URL',
    says: /KTRDR_API_URL/,
    make: ({ jaeger }) => ({ KTRDR_API_URL: jaeger.url }),
  },
  {
    title: 'Workers of another deployment than the one that is set',
    variable: 'KTRDR_DEPLOYMENT',
    severity: 'warning',
    says: /KTRDR_DEPLOYMENT is local, but workers-b\.ktrdr\.home\.mynerd\.place belongs to homelab/,
    make: async ({ folder }, use) => ({
      KTRDR_API_URL: use(await ktrdrWithWorkers(folder, ['http://workers-b.ktrdr.home.mynerd.place:5003'])).url,
    }),
  },
  {
    title: 'The API of a sandbox, and another deployment set',
    variable: 'KTRDR_DEPLOYMENT',
    severity: 'warning',
    says: /KTRDR_DEPLOYMENT is homelab, but localhost:8003 belongs to sandbox/,
    make: () => ({ KTRDR_API_PUBLIC_URL: 'http://localhost:8003', KTRDR_DEPLOYMENT: 'homelab' }),
  },
];

export const OF_GRAFANA: readonly Misconfiguration[] = [
  {
    title: 'Grafana can’t be reached',
    variable: 'GRAFANA_URL',
    severity: 'warning',
    says: /Grafana didn't respond at .*Check GRAFANA_URL/,
    make: async () => ({ GRAFANA_URL: await leftPlace() }),
  },
  {
    title: 'Another server at the address of Grafana',
    variable: 'GRAFANA_URL',
    says: /isn.t Grafana\. Set GRAFANA_URL/,
    make: async (_world, use) => ({ GRAFANA_URL: use(await startPage({ body: LOGIN })).url }),
  },
  {
    title: 'Links to Grafana that lead to the reader’s own machine',
    variable: 'GRAFANA_URL',
    severity: 'warning',
    says: /GRAFANA_URL points to this machine/,
    make: async (_world, use) => ({ GRAFANA_URL: use(await startPage({ body: '{"database":"ok"}' })).url }),
  },
];

export const OF_SETTINGS: readonly Misconfiguration[] = [
  {
    title: 'A mistake in the file of causes',
    variable: 'CAUSES_FILE',
    says: /CAUSES_FILE, line 2: "databse" isn't the ID of a built-in cause; did you mean "database"\?/,
    async make() {
      const path = join(await mkdtemp(join(tmpdir(), 'causes-')), 'causes.yml');
      await writeFile(path, 'off:\n  - databse\n');
      return { CAUSES_FILE: path };
    },
  },
  {
    title: 'A file of causes that isn’t there',
    variable: 'CAUSES_FILE',
    says: /CAUSES_FILE is a file that can't be read/,
    make: () => ({ CAUSES_FILE: '/nowhere/causes.yml' }),
  },
  {
    title: 'HTTP mode without the signing secret',
    variable: 'SLACK_SIGNING_SECRET',
    says: /SLACK_SIGNING_SECRET is missing/,
    make: () => ({ SLACK_APP_TOKEN: '' }),
  },
  {
    title: 'A token for the metrics that can be guessed',
    variable: 'ADMIN_TOKEN',
    says: /ADMIN_TOKEN is too easy to guess/,
    make: () => ({ ADMIN_TOKEN: 'aa' }),
  },
  {
    title: 'A key for the stored tokens that can be guessed',
    variable: 'TOKEN_ENCRYPTION_KEY',
    says: /TOKEN_ENCRYPTION_KEY is too easy to guess/,
    make: () => ({ ...OAUTH, TOKEN_ENCRYPTION_KEY: 'aa' }),
  },
  {
    title: 'Installation by OAuth at an address without TLS',
    variable: 'PUBLIC_URL',
    says: /PUBLIC_URL must start with https:\/\//,
    make: () => ({ ...OAUTH, PUBLIC_URL: 'http://bot.example.com' }),
  },
  {
    title: 'A cron pattern that never comes',
    variable: 'DIGESTS',
    says: /DIGESTS entry 1 has a cron pattern that never matches/,
    make: () => ({ DIGESTS: digest({ cron: '99 9 * * *' }) }),
  },
  {
    title: 'A digest of a type that no operation has',
    variable: 'DIGESTS',
    says: /DIGESTS entry 1 has an unknown type: use /,
    make: () => ({ DIGESTS: digest({ type: 'trades' }) }),
  },
  {
    title: 'A port that another program uses',
    variable: 'PORT',
    says: /PORT is \d+, which another program is using/,
    make: async (_world, use) => ({ HOST: '127.0.0.1', PORT: String(use(await startPage({ body: 'x' })).port) }),
  },
  {
    title: 'The port that Grafana uses',
    variable: 'PORT',
    says: /PORT is \d+, which Grafana is using/,
    make: async (_world, use) => ({
      HOST: '127.0.0.1',
      PORT: String(use(await startPage({ body: '{"database":"ok"}' })).port),
    }),
  },
  {
    title: 'The port of a Grafana that is not running now',
    variable: 'PORT',
    severity: 'warning',
    says: /PORT is (\d+), the port of ktrdr's Grafana on this machine/,
    async make(_world, use) {
      const page = use(await startPage({}));
      await page.close();
      return { HOST: '127.0.0.1', PORT: String(page.port), GRAFANA_URL: `http://localhost:${page.port}` };
    },
  },
  {
    title: 'An address that this machine doesn’t have',
    variable: 'HOST',
    says: /HOST isn't an address of this machine/,
    make: () => ({ HOST: '192.0.2.1' }),
  },
];
