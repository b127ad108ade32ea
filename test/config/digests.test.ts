/** Digests that the configuration asks for: what is wrong stops the start, and what is no longer allowed is not posted. */
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import { createSlackWorkspace } from '../../src/adapters/slack/workspace.ts';
import { startReports } from '../../src/app/roles.ts';
import { planDigests } from '../../src/app/settings.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/environment.ts';
import { micros } from '../../src/diagnosis/trace.ts';
import { DELIVERIES, type QueueBackend, REPORTS } from '../../src/jobs/queue/queues.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from '../adapters/queue/redis-server.ts';
import { until } from '../adapters/queue/until.ts';
import { runHere } from '../cli/run-cli.ts';

const GOOD = { channel: 'C0OPS', cron: '0 9 * * 1-5', tz: 'Europe/Berlin' };
const OAUTH = {
  SLACK_CLIENT_ID: '1.2',
  SLACK_CLIENT_SECRET: 'client-secret',
  SLACK_STATE_SECRET: 'state-secret',
  TOKEN_ENCRYPTION_KEY: 'encryption-key',
};

function problemsOf(entries: readonly object[], env: Readonly<Record<string, string>> = {}): string {
  try {
    planDigests(loadConfig({ ...env, DIGESTS: JSON.stringify(entries) }));
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('DIGESTS', () => {
  it.each<[string, object, string]>([
    ['a time zone that does not exist', { tz: 'Mars/Olympus' }, 'DIGESTS entry 2: tz must be a time zone'],
    ['no time zone', { tz: undefined }, 'DIGESTS entry 2: tz must be a time zone'],
    ['a pattern of three fields', { cron: '0 9 *' }, 'DIGESTS entry 2: cron must be a five-field cron pattern'],
    ['an hour that no day has', { cron: '0 99 * * *' }, 'DIGESTS entry 2 has a cron pattern that never matches'],
    ['a name instead of an id', { channel: '#ops' }, 'DIGESTS entry 2: channel must be an ID such as C0123456789'],
    ['no duration', { since: 'yesterday' }, 'DIGESTS entry 2: since must be a duration such as 24h or 7d'],
    ['an unknown type', { type: 'gardening' }, 'DIGESTS entry 2 has an unknown type'],
    ['a name of a workspace', { team: 'ktrdr' }, 'DIGESTS entry 2: team must be an ID such as T0123456789'],
    ['feedback that is no choice', { feedback: 'yes' }, 'DIGESTS entry 2: feedback must be true or false'],
    ['a field that is misspelt', { chanel: 'C0OPS' }, 'DIGESTS entry 2 has unknown fields'],
  ])('%s is named with its entry', (_name, wrong, sentence) => {
    const said = problemsOf([GOOD, { ...GOOD, ...wrong }]);
    expect(said).toContain(sentence);
    expect(said).not.toMatch(/Mars|#ops|yesterday|gardening|entry 1/);
  });

  it('is good when everything is', () => {
    expect(problemsOf([GOOD, { ...GOOD, team: 'T0KTRDR', since: '7d', type: 'backtest', feedback: true }])).toBe('');
  });

  it('says in which workspace its channel is when several can be installed, unless only one is allowed', () => {
    expect(problemsOf([GOOD], OAUTH)).toContain("DIGESTS entry 1 doesn't say which workspace its channel is in");
    expect(problemsOf([{ ...GOOD, team: 'T0KTRDR' }], OAUTH)).toBe('');
    expect(problemsOf([GOOD], { ...OAUTH, ALLOWED_TEAMS: 'T0KTRDR' })).toBe('');
    expect(problemsOf([GOOD], { ...OAUTH, ALLOWED_TEAMS: 'T0KTRDR,T0OTHER' })).toContain('say which workspace');
    expect(problemsOf([{ ...GOOD, team: 'T0X' }], { ALLOWED_TEAMS: 'T0KTRDR' })).toContain(
      "that isn't in ALLOWED_TEAMS",
    );
    expect(problemsOf([GOOD], { ALLOWED_CHANNELS: 'C0OTHER' })).toContain("that isn't in ALLOWED_CHANNELS");
  });

  it('gives a digest the workspace that is named, or the only one', () => {
    const teams = (env: Readonly<Record<string, string>>) =>
      planDigests(loadConfig({ ...env, DIGESTS: JSON.stringify([GOOD, { ...GOOD, team: 'T0NAMED' }]) })).map(
        ({ teamId }) => teamId,
      );
    expect(teams({})).toEqual(['', 'T0NAMED']);
    expect(teams({ ALLOWED_TEAMS: 'T0NAMED' })).toEqual(['T0NAMED', 'T0NAMED']);
  });

  it('stops the start with that sentence, before anything is opened', async () => {
    const env = {
      SLACK_BOT_TOKEN: 'xoxb-1',
      SLACK_SIGNING_SECRET: 'a-signing-secret-for-tests',
      REDIS_URL: 'redis://127.0.0.1:9',
      DIGESTS: JSON.stringify([{ ...GOOD, cron: '0 99 * * *' }]),
    };
    const { status, stderr } = await runHere(['start'], { env });
    expect(status).toBe(2);
    expect(stderr).toContain('DIGESTS entry 1 has a cron pattern that never matches');
  });
});

describe.skipIf(isWithoutRedis())('a digest whose channel is no longer allowed', () => {
  let redis: RedisServer;
  let backend: QueueBackend;
  const logged: { msg: string; channel?: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  beforeEach(async () => {
    redis = await createRedisServer();
    await redis.start();
    backend = await openQueueBackend({ redisUrl: redis.url, dataDir: '/nonexistent', log });
  });
  afterEach(async () => {
    await backend.close();
    await redis.remove();
  });

  it.each([
    ['channel', { ALLOWED_CHANNELS: 'C0OTHER' }],
    ['workspace', { ALLOWED_TEAMS: 'T0OTHER' }],
  ])('by its %s is not posted when its time comes, which the log says', async (_what, env) => {
    const config = loadConfig({ ...env, ROLES: 'worker' });
    const clock = () => micros(Date.now() * 1000);
    let searches = 0;
    const search = async () => {
      searches += 1;
      throw new Error('a digest is made');
    };
    const workspace = createSlackWorkspace({ tokenFor: async () => 'xoxb-1', apiUrl: 'http://127.0.0.1:9/api/' });
    const reports = startReports({ config, log, backend, workspace, search, clock });
    const queue = backend.front.queue(REPORTS);
    const where = { teamId: 'T0KTRDR', channel: 'C0OPS', sinceMs: 86_400_000, type: null };
    const job = await queue.add(
      'digest',
      { kind: 'scheduled', digestId: 'slack-T0KTRDR-C0OPS', ...where },
      { attempts: 1 },
    );
    await until('the digest is done', async () => (await queue.getJobState(job.id ?? '')) === 'completed');
    expect(searches).toBe(0);
    await reports.close();
    expect(logged.at(-1)).toMatchObject({
      msg: 'a digest is not posted: its channel is not allowed',
      channel: 'C0OPS',
    });
    expect(await backend.front.queue(DELIVERIES).count()).toBe(0);
  });
});
