import { type FakeSlack, startFakeSlack } from '@ktrdr-bot/local-slack';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChat } from '../../src/adapters/slack/chat.ts';
import { createLog } from '../../src/app/log.ts';
import { type RunningApp, startApp } from '../../src/app/roles.ts';
import { loadConfig } from '../../src/config/environment.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from '../adapters/queue/redis-server.ts';

/** Far above the intervals of the checks, because the machine may be slow. */
const WAIT = { timeout: 30_000 };

interface Ready {
  readonly status: number;
  readonly ready: boolean;
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly problems: readonly string[] }>>;
}

describe.skipIf(isWithoutRedis())('/readyz and /ktrdr status', () => {
  let redis: RedisServer;
  let admin: Redis;
  let slack: FakeSlack;
  let intake: RunningApp;
  let worker: RunningApp | null = null;
  const logged: string[] = [];
  const log = createLog('info', { write: (line: string) => void logged.push(line) });

  beforeAll(async () => {
    [redis, slack] = await Promise.all([createRedisServer(), startFakeSlack({ ackTimeoutMs: 20_000 })]);
    await redis.start();
    admin = new Redis(redis.url);
    intake = await start('slack');
    slack.connectBot({ kind: 'http', eventsUrl: `http://127.0.0.1:${intake.port}/slack/events` });
  }, 60_000);
  afterAll(async () => {
    admin.disconnect();
    await intake.stop();
    await worker?.stop();
    await Promise.all([redis.remove(), slack.close()]);
  }, 60_000);

  function start(roles: string, more: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
    const env = {
      SLACK_BOT_TOKEN: slack.team.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      JAEGER_URL: 'http://127.0.0.1:9',
      REDIS_URL: redis.url,
      ROLES: roles,
      HOST: '127.0.0.1',
      PORT: '0',
      ...more,
    };
    return startApp(loadConfig(env, true), log);
  }

  async function readyOf({ port }: RunningApp): Promise<Ready> {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    return { status: response.status, ...((await response.json()) as Omit<Ready, 'status'>) };
  }

  async function statusText(): Promise<string> {
    const { reply } = await slack.as('U0ANNA').command('/ktrdr', 'status', { channel: 'C0OPS' });
    return reply?.text ?? '';
  }

  it('name the missing workers, without which the intake still takes questions', async () => {
    const { status, parts } = await readyOf(intake);
    expect(status).toBe(200);
    expect(parts['workers']).toEqual({ ok: false, problems: [expect.stringContaining('No worker is running:')] });
    expect(await statusText()).toContain('No worker is running');
  });

  it('leave no requester without words when the process that takes requests is the only one', async () => {
    const openedMinutesAgo = Date.now() - 2 * 60_000;
    await slack.as('U0ANNA').command('/ktrdr', 'diagnose op_training_20260109_060025_4183136f', { channel: 'C0OPS' });
    const [requestId = ''] = await admin.zrange('ktrdr-bot:store:open', '0', '-1');
    await admin.zadd('ktrdr-bot:store:open', 'XX', String(openedMinutesAgo), requestId);
    const told = await slack.waitForMessage(({ text }) => text.includes(requestId), WAIT.timeout);
    expect(told.text).toContain('no ktrdr-bot worker is running');
  }, 60_000);

  it('see a worker that starts', async () => {
    worker = await start('worker');
    expect(await readyOf(worker)).toMatchObject({
      status: 200,
      parts: { worker: { ok: true }, workers: { ok: true } },
    });
    await expect.poll(async () => (await readyOf(intake)).parts['workers']?.ok, WAIT).toBe(true);
    expect(await statusText()).not.toContain('No worker');
  });

  it('say that Redis takes no writes, in every role, until it does again', async () => {
    await admin.replicaof('127.0.0.1', '9');
    for (const app of [intake, worker ?? intake]) {
      await expect.poll(async () => (await readyOf(app)).status, WAIT).toBe(503);
      // Not at every check: the bot looks for the primary on new connections.
      await expect
        .poll(async () => (await readyOf(app)).parts['queue']?.problems.join(' '), WAIT)
        .toContain('rejects writes (READONLY)');
    }
    await admin.replicaof('NO', 'ONE');
    for (const app of [intake, worker ?? intake]) {
      await expect.poll(async () => (await readyOf(app)).status, WAIT).toBe(200);
    }
  }, 90_000);

  it('say since when no worker has been running', async () => {
    await worker?.stop();
    worker = null;
    await expect
      .poll(async () => (await readyOf(intake)).parts['workers']?.problems, WAIT)
      .toEqual([expect.stringMatching(/^No worker has been running since \d{4}-\d\d-\d\dT/)]);
    expect((await readyOf(intake)).status).toBe(200);
  }, 60_000);

  it('say that Slack refuses the token, which is no reason to take no questions', async () => {
    expect((await readyOf(intake)).parts['slack-token']).toEqual({ ok: true, problems: [] });
    slack.revoke(slack.team.botToken);
    await expect.poll(statusText, WAIT).toContain('Slack rejects the bot token (invalid_auth)');
    expect(await readyOf(intake)).toMatchObject({ status: 200, parts: { 'slack-token': { ok: false } } });
    expect(logged.filter((line) => line.includes('Slack rejects the bot token'))).toHaveLength(1);
  }, 60_000);

  it('say so from the start, and the log as an error', async () => {
    logged.length = 0;
    const late = await start('worker');
    await expect.poll(async () => (await readyOf(late)).parts['slack-token']?.ok, WAIT).toBe(false);
    expect(logged.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50)).toMatchObject([
      { code: 'invalid_auth', msg: expect.stringContaining('set SLACK_BOT_TOKEN') },
    ]);
    await late.stop();
  }, 60_000);

  it('know it from whoever meets the refusal first, before the next check', async () => {
    const other = await startFakeSlack();
    const env = { SLACK_BOT_TOKEN: other.team.botToken, SLACK_API_URL: other.apiUrl };
    const late = await start('worker', env);
    await expect.poll(async () => (await readyOf(late)).parts['slack-token']?.ok, WAIT).toBe(true);
    other.revoke(other.team.botToken);
    await expect
      .poll(async () => {
        const chat = createChat({ tokenFor: async () => other.team.botToken, apiUrl: other.apiUrl });
        const person = { teamId: other.team.id, userId: 'U0ANNA' };
        await chat.direct(person, { text: 'x', blocks: [] }, { requestId: 'r', slot: 'summary' });
        return (await readyOf(late)).parts['slack-token']?.ok;
      }, WAIT)
      .toBe(false);
    await late.stop();
    await other.close();
  }, 60_000);
});
