import type { FakeSlackOptions, Message } from '@ktrdr-bot/local-slack';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
    expect(installed.text).toContain('It works now in Other &amp; Co.');

    const { authorizeUrl, cookie } = await beginInstalling(url);
    const other = await beginInstalling(url);
    const granted = () => slack.oauth.approve(authorizeUrl, THERE.team, THERE.user);
    const before = slack.calls('oauth.v2.access').length;
    expect((await comeBack(url, granted(), '')).status).toBe(400);
    expect((await comeBack(url, granted(), other.cookie)).status).toBe(400);
    const forged = granted();
    forged.set('state', 'eyJhbGciOiJub25lIn0.e30.');
    expect((await comeBack(url, forged, `slack-app-oauth-state=${forged.get('state')}`)).text).toContain('Begin again');
    expect((await comeBack(url, new URLSearchParams({ error: 'access_denied' }), cookie)).text).toContain('cancelled');
    expect(slack.calls('oauth.v2.access')).toHaveLength(before);
    const unknown = granted();
    unknown.set('code', 'unknown');
    expect(await comeBack(url, unknown, cookie)).toMatchObject({ status: 500 });

    const refused = await install(url, slack, HERE.team, HERE.user);
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('ALLOWED_TEAMS') });
    expect(slack.oauth.use(slack.oauth.tokensOf(HERE.team)[0] ?? '')).toEqual({ error: 'token_revoked' });
  });

  it('have their tokens renewed once before they end, by whichever process comes first', async () => {
    const { slack } = world;
    slack.oauth.setTokenLife(60);
    const roles = [{ ROLES: 'slack' }, { ROLES: 'worker,scheduler' }, { ROLES: 'worker,scheduler' }];
    const workers = roles.slice(1).map((env) => world.startBot('http', { ...oauthEnvironment(slack), ...env }));
    await Promise.all(workers);
    const bot = await startBot(roles[0]);
    await install(bot.url, slack, HERE.team, HERE.user);
    const [first = ''] = slack.oauth.tokensOf(HERE.team);
    slack.oauth.setTokenLife(43_200);

    await Promise.all([asksAndReads(HERE), slack.as(HERE.user).command('/ktrdr', 'help')]);
    const renewals = slack.calls('oauth.v2.access').filter(({ args }) => args['grant_type'] === 'refresh_token');
    expect(renewals.map(({ answer }) => answer['ok'])).toEqual([true]);
    expect(slack.oauth.tokensOf(HERE.team)).toHaveLength(2);
    const second = slack.oauth.tokensOf(HERE.team)[1] ?? '';
    slack.oauth.expire(first);
    const used = slack.oauth.uses(first);
    const before = slack.oauth.uses(second);
    await asksAndReads(HERE, 'slow');
    expect(slack.oauth.uses(first)).toBe(used);
    expect(slack.oauth.uses(second)).toBeGreaterThan(before);
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
    const other = await startBot({ TOKEN_ENCRYPTION_KEY: 'another-text' });
    const { error, reply } = await slack.as(HERE.user).command('/ktrdr', 'help', { channel: HERE.channel });
    expect(error).toBeNull();
    expect(reply?.text).toContain('stored with another TOKEN_ENCRYPTION_KEY');
    expect(other.log.join('\n')).toContain('stored with another TOKEN_ENCRYPTION_KEY');
  });

  it('are forgotten when the app is removed, and come back when it is installed again', async () => {
    const { slack } = world;
    const bot = await startBot();
    for (const { team, user } of [HERE, THERE]) await install(bot.url, slack, team, user);
    for (const place of [HERE, THERE]) await asksAndReads(place);
    expect(await keysStored()).toEqual(expect.arrayContaining([expect.stringMatching(/outbox:.*T0KTRDR/)]));

    expect((await slack.uninstall(HERE.team)).outcome).toBe('acknowledged');
    const left = await keysStored();
    expect(left.filter((key) => key.includes(HERE.team))).toEqual([]);
    expect(left.filter((key) => key.includes(THERE.team)).length).toBeGreaterThan(1);
    await asksAndReads(THERE, 'slow');
    const { reply } = await slack.as(HERE.user).command('/ktrdr', 'help', { channel: HERE.channel });
    expect(reply?.text).toContain('/slack/install');

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
    expect((await comeBack(bot.url, query, cookie)).text).toContain('your organisation');
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
    const { slack, failed } = world;
    const known = new Set(slack.messages(place.channel).map(({ ts }) => ts));
    const anna = slack.as(place.user);
    const { error, reply } = await anna.command('/ktrdr', `diagnose ${failed} ${symptom}`, { channel: place.channel });
    expect([error, reply?.text ?? '']).toEqual([null, '']);
    await answerIn(place, known);
    await world.settled();
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
