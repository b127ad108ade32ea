import { type FakeSlack, signature, startFakeSlack } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningApp, startApp } from '../../src/app/roles.ts';
import { loadConfig } from '../../src/config/environment.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from '../adapters/queue/redis-server.ts';
import { beginInstalling, comeBack, install, oauthEnvironment } from './installing.ts';

const ADMIN_TOKEN = 'let-me-in';
const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
/** No page may hang; far above what any takes, because the machine may be slow. */
const LIMIT_MS = 20_000;

const STATES = {
  'was never up': { begin: false, end: async () => undefined, repair: (redis: RedisServer) => redis.start() },
  'is gone': { begin: true, end: (redis: RedisServer) => redis.kill(), repair: (redis: RedisServer) => redis.start() },
  'is frozen': {
    begin: true,
    end: async (redis: RedisServer) => redis.freeze(),
    repair: async (redis: RedisServer) => redis.thaw(),
  },
} as const;

interface Page {
  readonly status: number;
  readonly text: string;
}

const rejections: unknown[] = [];
const noteRejection = (reason: unknown) => void rejections.push(reason);
beforeAll(() => void process.on('unhandledRejection', noteRejection));
afterAll(() => void process.off('unhandledRejection', noteRejection));
afterEach(() => expect(rejections.splice(0)).toEqual([]));

describe.skipIf(isWithoutRedis())('while Redis', () => {
  const cases = Object.keys(STATES).flatMap((state) =>
    ['slack', 'worker', 'scheduler', 'slack,worker,scheduler'].map((roles) => ({ state, roles })),
  );

  describe.each(cases)('$state, in the roles $roles', ({ state, roles }) => {
    const { begin, end, repair } = STATES[state as keyof typeof STATES];
    const isSlack = roles.includes('slack');
    let redis: RedisServer;
    let slack: FakeSlack;
    let app: RunningApp;
    let url: string;
    /** The way back from Slack of an installation that was begun before. */
    let wayBack: { readonly query: URLSearchParams; readonly cookie: string } | null = null;

    beforeAll(async () => {
      [redis, slack] = await Promise.all([createRedisServer(), startFakeSlack()]);
      if (begin) await redis.start();
      const config = loadConfig(
        {
          ...oauthEnvironment(slack),
          SLACK_SIGNING_SECRET: slack.signingSecret,
          SLACK_API_URL: slack.apiUrl,
          JAEGER_URL: 'http://127.0.0.1:9',
          REDIS_URL: redis.url,
          ROLES: roles,
          HOST: '127.0.0.1',
          PORT: '0',
          ADMIN_TOKEN,
        },
        true,
      );
      app = await startApp(config, pino({ level: 'silent' }));
      url = `http://127.0.0.1:${app.port}`;
      const [team] = slack.store.teams;
      if (isSlack && team !== undefined) {
        if (begin) expect((await install(url, slack, team.id, 'U0ANNA')).status).toBe(200);
        const { authorizeUrl, cookie } = await beginInstalling(url);
        wayBack = { query: slack.oauth.approve(authorizeUrl, team.id, 'U0ANNA'), cookie };
      }
      await end(redis);
    }, 60_000);
    afterAll(async () => {
      await app.stop();
      await Promise.all([redis.remove(), slack.close()]);
    }, 60_000);

    async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
      const response = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(LIMIT_MS) });
      return { status: response.status, text: await response.text() };
    }

    async function post(body: string, type: string): Promise<Page> {
      const headers = { 'content-type': type, ...signature(body, { secret: slack.signingSecret }) };
      const request = { method: 'POST', body, headers, signal: AbortSignal.timeout(LIMIT_MS) };
      const response = await fetch(`${url}/slack/events`, request);
      return { status: response.status, text: await response.text() };
    }

    it('/healthz says that the process lives', async () => {
      expect(await get('/healthz')).toEqual({ status: 200, text: '{"alive":true}\n' });
    });

    it('/readyz says that the queue is unreachable', async () => {
      // It says how the last checks went: two that failed make the process unready.
      await expect.poll(async () => (await get('/readyz')).status, { timeout: LIMIT_MS }).toBe(503);
      const { text } = await get('/readyz');
      expect(JSON.parse(text)).toMatchObject({
        ready: false,
        parts: { queue: { ok: false, problems: [expect.any(String)] } },
      });
    });

    it('/metrics has the process, and of the queue only that it is unreachable', async () => {
      const { status, text } = await get('/metrics', ADMIN);
      expect(status).toBe(200);
      expect(text).toContain('process_cpu_seconds_total');
      expect(text).toContain('ktrdr_bot_queue_up 0');
      expect(text).not.toMatch(/^ktrdr_bot_(?:queue_jobs|feedback)\{/m);
      expect(text.includes('ktrdr_bot_diagnoses_total{')).toBe(roles.includes('worker'));
    });

    it.each([
      '/queues',
      '/queues/',
      '/queues/queue/questions',
      '/queues/api/queues',
      '/queues/api/queues?activeQueue=questions&status=latest&page=1',
    ])('%s says that the queue is unreachable', async (path) => {
      const { status, text } = await get(path, ADMIN);
      expect(status).toBe(503);
      expect(JSON.parse(text)).toEqual({ error: 'ktrdr-bot can’t reach its queue. Try again in a minute.' });
    });

    it('/slack/events tells the asker, and has Slack deliver an event again', async () => {
      const fields = { command: '/ktrdr', text: 'status', team_id: 'T0KTRDR', user_id: 'U0ANNA', channel_id: 'C0OPS' };
      const command = await post(String(new URLSearchParams(fields)), 'application/x-www-form-urlencoded');
      const mention = { type: 'app_mention', channel: 'C0OPS', user: 'U0ANNA', text: 'last training', ts: '1.1' };
      const envelope = { type: 'event_callback', team_id: 'T0KTRDR', event: mention, event_id: 'Ev1' };
      const event = await post(JSON.stringify(envelope), 'application/json');
      if (!isSlack) return expect([command.status, event.status]).toEqual([404, 404]);
      expect([command.status, JSON.parse(command.text)]).toEqual([
        200,
        expect.objectContaining({
          response_type: 'ephemeral',
          text: expect.stringMatching(/reach its (?:store|queue)/),
        }),
      ]);
      expect(event.status).toBe(500);
    });

    it('the install pages answer, and say when an installation could not be stored', async () => {
      const page = await get('/slack/install');
      if (!isSlack || wayBack === null) return expect(page.status).toBe(404);
      expect(page.status).toBe(200);
      expect((await get('/slack/oauth_redirect?code=x&state=y')).status).toBe(400);
      const { status, text } = await comeBack(url, wayBack.query, wayBack.cookie);
      expect([status, text.includes('was not installed')]).toEqual([500, true]);
    });

    // The last one: it ends the outage.
    it('all pages are well again when Redis is', async () => {
      await repair(redis);
      await expect.poll(async () => (await get('/readyz')).status, { timeout: LIMIT_MS }).toBe(200);
      await expect
        .poll(async () => (await get('/metrics', ADMIN)).text, { timeout: LIMIT_MS })
        .toContain('ktrdr_bot_queue_up 1');
      expect((await get('/metrics', ADMIN)).text).toMatch(/^ktrdr_bot_queue_jobs\{/m);
      expect((await get('/queues/api/queues', ADMIN)).status).toBe(200);
    }, 60_000);
  });
});
