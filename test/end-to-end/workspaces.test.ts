import type { FakeSlackOptions, Message } from '@ktrdr-bot/local-slack';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import { createTokenSource } from '../../src/adapters/slack/token-source.ts';
import { createVault } from '../../src/adapters/slack/token-vault.ts';
import { QUESTIONS, QUEUES, type QueueBackend } from '../../src/jobs/queue/queues.ts';
import { until } from '../adapters/queue/until.ts';
import { deferred } from '../support/deferred.ts';
import { beginInstalling, comeBack, install, oauthEnvironment } from './installing.ts';
import { isWithoutRedis, openWorld, type World, wordsOf } from './world.ts';

const HERE = { team: 'T0KTRDR', user: 'U0ANNA', channel: 'C0OPS', bot: 'U0KTRDRBOT' };
const THERE = { team: 'T0OTHER', user: 'U0OLGA', channel: 'C0OTHER', bot: 'U0KTRDRBOT2' };
const SLACK: FakeSlackOptions = {
  teams: [{ id: HERE.team }, { id: THERE.team, name: 'Other & Co', domain: 'other-local' }],
  users: [
    { id: HERE.user, name: 'anna' },
    { id: THERE.user, teamId: THERE.team, name: 'olga' },
  ],
  channels: [
    { id: HERE.channel, members: [HERE.user, HERE.bot] },
    { id: THERE.channel, teamId: THERE.team, members: [THERE.user, THERE.bot] },
  ],
  eventRetryDelaysMs: [0, 0, 0],
};

const isRenewal = (args: Readonly<Record<string, unknown>>) => args['grant_type'] === 'refresh_token';

describe.skipIf(isWithoutRedis())('several workspaces', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld(SLACK);
  });
  afterEach(() => world.close());

  it('are installed by OAuth and answered each with its own token', async () => {
    const { slack } = world;
    const bot = await startBot();
    for (const { team, user } of [HERE, THERE]) {
      expect(slack.oauth.tokensOf(team)).toEqual([]);
      expect(await install(bot.url, slack, team, user)).toMatchObject({ status: 200 });
    }
    for (const place of [HERE, THERE]) await asksAndReads(place);
    const posts = slack.calls('chat.postMessage');
    const teamOf = ({ args }: (typeof posts)[number]) => (args['channel'] === HERE.channel ? HERE.team : THERE.team);
    expect(posts.map(({ teamId }) => teamId)).toEqual(posts.map(teamOf));
    expect(slack.journal.filter(({ answer }) => answer['error'] === 'invalid_auth')).toEqual([]);
  });

  it('tell the person in the browser how it went, and take no one else’s way back', async () => {
    const { slack } = world;
    const { url } = await startBot({ ALLOWED_TEAMS: THERE.team });
    const installed = await install(url, slack, THERE.team, THERE.user);
    expect(installed.text).toContain('available in Other &amp; Co.');
    expect(installed.cookies).toEqual([expect.stringContaining('slack-app-oauth-state=deleted')]);

    const { authorizeUrl, cookie } = await beginInstalling(url);
    const other = await beginInstalling(url);
    const granted = () => slack.oauth.approve(authorizeUrl, THERE.team, THERE.user);
    const before = slack.calls('oauth.v2.access').length;
    expect((await comeBack(url, granted(), '')).status).toBe(400);
    expect((await comeBack(url, granted(), other.cookie)).status).toBe(400);
    const forged = granted();
    forged.set('state', 'eyJhbGciOiJub25lIn0.e30.');
    expect((await comeBack(url, forged, `slack-app-oauth-state=${forged.get('state')}`)).text).toContain('Start again');
    expect((await comeBack(url, new URLSearchParams({ error: 'access_denied' }), cookie)).text).toContain('cancelled');
    expect(slack.calls('oauth.v2.access')).toHaveLength(before);
    const unknown = granted();
    unknown.set('code', 'unknown');
    const refusedCode = await comeBack(url, unknown, cookie);
    expect(refusedCode).toMatchObject({
      status: 400,
      text: expect.stringContaining('was already used or has expired'),
    });
    expect(refusedCode.cookies).toEqual([expect.stringContaining('slack-app-oauth-state=deleted')]);
    // The state is used up, also with a new code.
    const exchanges = slack.calls('oauth.v2.access').length;
    expect((await comeBack(url, granted(), cookie)).text).toContain('Start again');
    expect(slack.calls('oauth.v2.access')).toHaveLength(exchanges);
    const statusOf = async (path: string) => (await fetch(`${url}${path}`, { method: 'HEAD' })).status;
    expect(await Promise.all(['/slack/install', '/slack/oauth_redirect'].map(statusOf))).toEqual([200, 405]);

    const refused = await install(url, slack, HERE.team, HERE.user);
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('ALLOWED_TEAMS') });
    expect(slack.oauth.use(slack.oauth.tokensOf(HERE.team)[0] ?? '')).toEqual({ error: 'token_revoked' });
  });

  it('have their tokens renewed by a scheduler before they end, in processes that answer', async () => {
    const { slack } = world;
    slack.oauth.setTokenLife(3_600);
    const roles = [{ ROLES: 'slack' }, { ROLES: 'worker,scheduler' }, { ROLES: 'worker,scheduler' }];
    const workers = await Promise.all(roles.slice(1).map(startBot));
    const bot = await startBot(roles[0]);
    const answer = deferred<void>();
    slack.fault('oauth.v2.access', { kind: 'held', until: answer.promise }, { where: isRenewal });
    await install(bot.url, slack, HERE.team, HERE.user);
    const [first = ''] = slack.oauth.tokensOf(HERE.team);
    slack.oauth.setTokenLife(43_200);

    // While Slack keeps the answer to the renewal, people are acknowledged and answered with the token that they have.
    await until('a scheduler renews the token', () => slack.oauth.tokensOf(HERE.team).length === 2);
    await asks(HERE);
    await answerIn(HERE);
    answer.resolve();
    await world.settled();
    const second = slack.oauth.tokensOf(HERE.team)[1] ?? '';
    await until('the renewed token is stored', () => workersLog().includes('bot token renewed'));
    slack.oauth.expire(first);
    const [used, before] = [first, second].map((token) => slack.oauth.uses(token));
    await asksAndReads(HERE, 'slow');
    expect(slack.oauth.uses(first)).toBe(used);
    expect(slack.oauth.uses(second)).toBeGreaterThan(before ?? 0);
    const renewals = slack.calls('oauth.v2.access').filter(({ args }) => isRenewal(args));
    expect(renewals.map(({ answer: { ok } }) => ok)).toEqual([true]);
    expect(bot.log.join('\n')).not.toContain('bot token renewed');

    function workersLog(): string {
      return workers.flatMap(({ log }) => log).join('\n');
    }
  });

  it('whose token has expired are told so at once, while Slack keeps the new one back', async () => {
    const { slack } = world;
    const answer = deferred<void>();
    slack.fault('oauth.v2.access', { kind: 'held', until: answer.promise }, { where: isRenewal });
    await storeExpired();
    slack.oauth.setTokenLife(43_200);
    await startBot();
    await until('the scheduler renews the token', () => slack.oauth.tokensOf(HERE.team).length === 2);
    const { error, reply } = await slack.as(HERE.user).command('/ktrdr', 'help', { channel: HERE.channel });
    expect([error, reply?.text]).toEqual([null, expect.stringContaining('has expired and is being renewed')]);
    answer.resolve();
    await until('the bot answers again', async () => {
      const { reply: next } = await slack.as(HERE.user).command('/ktrdr', 'help', { channel: HERE.channel });
      return next?.text?.includes('expired') === false;
    });
    await asksAndReads(HERE);
  });

  it('whose token Slack refuses to renew are told where to install the app again', async () => {
    const { slack } = world;
    await storeExpired();
    slack.oauth.uninstall(HERE.team);
    await startBot({ PUBLIC_URL: 'https://bot.example.com/ops/' });
    const words = await until('the scheduler has tried', async () => {
      const { reply } = await slack.as(HERE.user).command('/ktrdr', 'help', { channel: HERE.channel });
      return reply?.text?.includes('rejected') === true && reply.text;
    });
    expect(words).toBe(
      'Slack rejected the renewal of this workspace’s token (invalid_refresh_token): reinstall the app. Install the app here: https://bot.example.com/ops/slack/install',
    );
  });

  it('keep no token in the store that can be read, and say so when the key is another', async () => {
    const { slack } = world;
    const bot = await startBot();
    await install(bot.url, slack, HERE.team, HERE.user);
    await asksAndReads(HERE);
    const content = await everythingStored();
    expect(content).toContain(`installation:${HERE.team}`);
    // What is not secret can be read, so a token would be found.
    expect(content).toContain(world.failed);
    for (const secret of [...slack.oauth.tokensOf(HERE.team), 'xoxe', 'xoxb', slack.oauth.clientSecret]) {
      expect(content).not.toContain(secret);
    }
    for (const line of bot.log) expect(line).not.toMatch(/xox[be]/);

    bot.kill('SIGTERM');
    await bot.ended();
    const other = await startBot({ TOKEN_ENCRYPTION_KEY: 'another-long-random-text-for-tokens' });
    const { error, reply } = await slack.as(HERE.user).command('/ktrdr', 'help', { channel: HERE.channel });
    expect(error).toBeNull();
    expect(reply?.text).toContain('stored with another TOKEN_ENCRYPTION_KEY');
    await until('the log says it too', () => other.log.join('\n').includes('stored with another TOKEN_ENCRYPTION_KEY'));
    // Every role compares its key at the start, before anybody asks.
    for (const ROLES of ['worker', 'scheduler']) {
      const part = await startBot({ TOKEN_ENCRYPTION_KEY: 'another-long-random-text-for-tokens', ROLES });
      await until('it says so', () => part.log.join('\n').includes('TOKEN_ENCRYPTION_KEY is not the key'));
    }
    expect(bot.log.join('\n')).not.toContain('TOKEN_ENCRYPTION_KEY');
  });

  it('are forgotten when the app is removed, and come back when it is installed again', async () => {
    const { slack } = world;
    const bot = await startBot();
    for (const { team, user } of [HERE, THERE]) await install(bot.url, slack, team, user);
    for (const place of [HERE, THERE]) await asksAndReads(place);
    expect(await keysStored()).toEqual(expect.arrayContaining([expect.stringMatching(/outbox:.*T0KTRDR/)]));
    // A job that is done is not kept, so one is put off for each.
    for (const { team } of [HERE, THERE]) await putOffJob(team);
    expect(await jobsKept()).toHaveLength(2);

    expect((await slack.uninstall(HERE.team)).outcome).toBe('acknowledged');
    const { reply } = await slack.as(HERE.user).command('/ktrdr', 'help', { channel: HERE.channel });
    expect(reply?.text).toBe(
      'ktrdr-bot isn’t installed in this workspace. To install the app, ask your ktrdr-bot admin for its install page.',
    );
    const refused = await until(
      'it is logged',
      () => bot.log.find((line) => line.includes('bot isn’t installed')) ?? null,
    );
    expect(JSON.parse(refused)).toMatchObject({ level: pino.levels.values['info'] });
    const left = await until('nothing of it is stored any more', async () => {
      const keys = await keysStored();
      return !keys.some((key) => key.includes(HERE.team)) && keys;
    });
    expect(left.filter((key) => key.includes(THERE.team)).length).toBeGreaterThan(1);
    await until('no job names it', async () => !(await jobsKept()).some((job) => job.includes(HERE.team)));
    expect((await jobsKept()).filter((job) => job.includes(THERE.team))).toHaveLength(1);
    await withQueue(async ({ front }) => {
      for (const job of await front.queue(QUESTIONS).getDelayed()) await job.remove();
    });
    await asksAndReads(THERE, 'slow');

    await install(bot.url, slack, HERE.team, HERE.user);
    const late = { type: 'app_uninstalled', event_ts: '1.1' };
    const longAgo = Math.floor(Date.now() / 1000) - 300;
    const payload = { type: 'event_callback', team_id: HERE.team, event_id: 'Ev1', event_time: longAgo, event: late };
    await slack.deliver({ kind: 'event', payload });
    await asksAndReads(HERE, 'stuck');
  });

  it('of an organisation share the one installation', async () => {
    const { slack } = world;
    const bot = await startBot();
    const { authorizeUrl, cookie } = await beginInstalling(bot.url);
    const query = slack.oauth.approve(authorizeUrl, HERE.team, HERE.user, { forOrganisation: 'E0ORG' });
    expect((await comeBack(bot.url, query, cookie)).text).toContain('your organization');
    const anna = slack.as(HERE.user);
    const { payload } = await anna.command('/ktrdr', 'help', { channel: HERE.channel });
    const fields = Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, String(value)]));
    const text = `diagnose ${world.failed}`;
    const inOrganisation = { ...fields, enterprise_id: 'E0ORG', is_enterprise_install: 'true', text };
    const receipt = await slack.deliver({ kind: 'command', fields: { ...inOrganisation, trigger_id: 'another' } });
    expect(receipt).toMatchObject({ outcome: 'acknowledged', body: '' });
    await answerIn(HERE);
  });

  function startBot(env: Readonly<Record<string, string>> = {}) {
    return world.startBot('http', { ...oauthEnvironment(world.slack), ...env });
  }

  async function asksAndReads(place: typeof HERE, symptom = ''): Promise<void> {
    const known = new Set(world.slack.messages(place.channel).map(({ ts }) => ts));
    await asks(place, symptom);
    await answerIn(place, known);
    await world.settled();
  }

  async function asks({ user, channel }: typeof HERE, symptom = ''): Promise<void> {
    const { slack, failed } = world;
    const { error, reply } = await slack.as(user).command('/ktrdr', `diagnose ${failed} ${symptom}`, { channel });
    expect([error, reply?.text ?? '']).toEqual([null, '']);
  }

  function answerIn({ channel, bot }: typeof HERE, known: ReadonlySet<string> = new Set()): Promise<Message> {
    return world.slack.waitForMessage(
      (message) =>
        message.channel === channel &&
        message.user === bot &&
        !known.has(message.ts) &&
        message.threadTs === null &&
        wordsOf(message).includes('AUDUSD'),
    );
  }

  /** As if the workspace had been installed some time ago. */
  async function storeExpired(): Promise<void> {
    const { slack, redis } = world;
    const {
      SLACK_CLIENT_ID: clientId,
      SLACK_CLIENT_SECRET: clientSecret,
      TOKEN_ENCRYPTION_KEY: key,
    } = oauthEnvironment(slack);
    const authorizeUrl = `${slack.url}/oauth/v2/authorize?client_id=${clientId}&scope=commands`;
    const code = slack.oauth.approve(authorizeUrl, HERE.team, HERE.user).get('code');
    const granted = slack.oauth.access({ client_id: clientId, client_secret: clientSecret, code });
    const silent = pino({ level: 'silent' });
    const backend = await openQueueBackend({ redisUrl: redis.url, dataDir: '/nonexistent', log: silent });
    const { store } = backend.front;
    const app = { clientId, clientSecret, apiUrl: slack.apiUrl, installUrl: null, log: silent };
    await createTokenSource({ ...app, store, vault: createVault(key) }).save({
      owner: HERE.team,
      botToken: String(granted['access_token']),
      botId: slack.team.botId,
      botUserId: HERE.bot,
      refreshToken: String(granted['refresh_token']),
      expiresAtMs: Date.now() - 1,
      installedAtMs: Date.now() - 86_400_000,
    });
    await backend.close();
  }

  /** What the queues hold, but for the job that looks for more to delete. */
  async function jobsKept(): Promise<readonly string[]> {
    const jobs = await withQueue(({ front }) => Promise.all(QUEUES.map((name) => front.queue(name).getJobs())));
    return jobs.flat().flatMap(({ name, data }) => (name === 'forget' ? [] : [JSON.stringify(data)]));
  }

  async function putOffJob(teamId: string): Promise<void> {
    const data = { requestId: `${teamId}-put-off`, place: { teamId } };
    await withQueue(({ front }) => front.queue(QUESTIONS).add('diagnose', data, { delay: 3_600_000 }));
  }

  async function withQueue<Value>(use: (backend: QueueBackend) => Promise<Value>): Promise<Value> {
    const log = pino({ level: 'silent' });
    const backend = await openQueueBackend({ redisUrl: world.redis.url, dataDir: '/nonexistent', log });
    try {
      return await use(backend);
    } finally {
      await backend.close();
    }
  }

  async function keysStored(): Promise<readonly string[]> {
    return withRedis((redis) => redis.keys('*:store:*'));
  }

  /** Names and values of everything, queues included, as Redis would hand them to a thief. */
  async function everythingStored(): Promise<string> {
    return withRedis(async (redis) => {
      await redis.config('SET', 'rdbcompression', 'no');
      const keys = await redis.keys('*');
      const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
      return [...keys, ...values.map((value) => value.toString('latin1'))].join('\n');
    });
  }

  async function withRedis<Result>(use: (redis: Redis) => Promise<Result>): Promise<Result> {
    const redis = new Redis(world.redis.url);
    try {
      return await use(redis);
    } finally {
      redis.disconnect();
    }
  }
});
