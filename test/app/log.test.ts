import { startFakeSlack } from '@ktrdr-bot/local-slack';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import { createChat } from '../../src/adapters/slack/chat.ts';
import { createLog } from '../../src/app/log.ts';
import { deliver } from '../../src/jobs/deliver/wanted.ts';
import { startDeliveryWorker } from '../../src/jobs/deliver/worker.ts';
import { BACKGROUND_JOBS } from '../../src/jobs/queue/queues.ts';
import { runWorker } from '../../src/jobs/queue/run-worker.ts';
import { createRedisServer, isWithoutRedis } from '../adapters/queue/redis-server.ts';
import { plantSecrets } from '../support/secrets.ts';

const WAIT = { timeout: 40_000 };
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function errorLogged(err: unknown): Readonly<Record<string, unknown>> {
  const lines: string[] = [];
  createLog('info', { write: (line: string) => void lines.push(line) }).info({ err }, 'it failed');
  return JSON.parse(lines[0] ?? '').err;
}

describe('a logged error', () => {
  it('has its type, the first line of its message, its code, where it came from, and its cause', () => {
    const cause = Object.assign(new RangeError('too large\nsecond line'), { code: 'ERR_LARGE' });
    expect(errorLogged(new Error('it broke', { cause }))).toEqual({
      type: 'Error',
      message: 'it broke',
      stack: expect.stringMatching(/^ {4}at /),
      cause: { type: 'RangeError', message: 'too large', code: 'ERR_LARGE', stack: expect.any(String) },
    });
  });

  it('has nothing else that is attached to it', () => {
    const attached = {
      command: { name: 'set', args: ['a secret plan'] },
      body: 'a secret plan',
      query: 'a secret plan',
    };
    expect(JSON.stringify(errorLogged(Object.assign(new Error('it broke'), attached)))).not.toContain('secret');
  });

  it.each([
    ['an address', 'cannot reach https://hooks.slack.com/commands/T1/secret', 'cannot reach https://…'],
    ['a password', 'redis://bot:secret@cache:6379 is away', 'redis://… is away'],
    ['a token', `${['xox', 'b'].join('')}-secret was refused`, 'xox… was refused'],
  ])('has no secret: %s', (_what, message, shown) => {
    expect(errorLogged(new Error(message))['message']).toBe(shown);
  });

  it('quotes nothing of a text that could not be read', () => {
    let unreadable: unknown;
    try {
      JSON.parse('{"a secret plan');
      JSON.parse('a secret plan');
    } catch (error) {
      unreadable = error;
    }
    expect(JSON.stringify(errorLogged(unreadable))).not.toContain('plan');
    expect(JSON.stringify(errorLogged(new SyntaxError('Unexpected token in "a secret plan"')))).not.toContain('plan');
  });

  it('is cut, and need not be an error', () => {
    expect(String(errorLogged(new Error('x'.repeat(100_000)))['message']).length).toBeLessThan(600);
    expect(errorLogged('only a text')).toEqual({ type: 'string', message: 'only a text' });
  });
});

describe('a line', () => {
  it('has no secret in its fields, its message or its error, by the operator’s patterns as well', () => {
    const secrets = plantSecrets();
    const text = `ACCT-4711 ${secrets.text}`;
    const lines: string[] = [];
    const log = createLog('info', { write: (line: string) => void lines.push(line) }, [/ACCT-\d+/g]);
    log.info({ reason: text, audit: { about: [text] }, err: new Error(text) }, `because ${text}`);
    const [line = ''] = lines;
    expect([...secrets.values, 'ACCT-4711'].filter((value) => line.includes(value))).toEqual([]);
    expect(JSON.parse(line)).toMatchObject({
      reason: expect.stringContaining('[redacted]'),
      audit: { about: [expect.stringContaining('[redacted]')] },
      err: { type: 'Error', message: expect.stringContaining('[redacted]') },
      msg: expect.stringMatching(/^because \[redacted\]/),
    });
  });
});

describe.skipIf(isWithoutRedis())('the log of a bot whose Redis takes no writes', () => {
  it('has the errors of adding and delivering, and nothing of what was asked, said, or where', async () => {
    const redis = await createRedisServer();
    ends.push(redis.remove);
    await redis.start();
    const slack = await startFakeSlack();
    ends.push(() => slack.close());
    const lines: string[] = [];
    const log = createLog('debug', { write: (line: string) => void lines.push(line) });
    const backend = await openQueueBackend({ redisUrl: redis.url, dataDir: '/nonexistent', log });
    ends.push(() => backend.close());
    const admin = new Redis(redis.url);
    ends.push(async () => admin.disconnect());

    const responseUrl = 'https://hooks.example.com/commands/T1/secret';
    const place = {
      teamId: slack.team.id,
      channel: 'C0OPS',
      threadTs: null,
      userId: 'U0ANNA',
      responseUrl,
      messageTs: null,
    };
    const said = { summary: { text: 'The secret plan failed.', blocks: [] }, thread: [] };
    const say = (requestId: string) => deliver(backend.front, { requestId, place }, 'answer', said);
    await say('taken-before');
    await admin.config('SET', 'maxmemory', '1');
    const err: unknown = await say('refused').catch((error: unknown) => error);
    log.error({ err }, 'adding failed');
    expect(err).toMatchObject({ message: expect.stringContaining('OOM') });

    const chat = createChat({ tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl });
    const delivering = startDeliveryWorker({ backend, chat, log });
    ends.push(() => delivering.close(1));
    const failures = () =>
      lines.map((line) => JSON.parse(line)).filter((line) => /OOM/.test(line.err?.message ?? line.reason ?? ''));
    // That of adding, and one that stands for all commands of the worker until Redis works again.
    await expect.poll(() => failures().length, WAIT).toBeGreaterThan(1);
    // Until then it couldn't even take the job.
    await admin.config('SET', 'maxmemory', '0');
    await expect.poll(() => slack.messages('C0OPS').length, WAIT).toBeGreaterThan(0);

    const asking = runWorker(
      backend,
      {
        queue: BACKGROUND_JOBS,
        schema: z.object({ requestId: z.string() }),
        settings: {},
        async run({ requestId }) {
          await admin.config('SET', 'maxmemory', '1');
          await say(requestId).finally(() => admin.config('SET', 'maxmemory', '0'));
        },
      },
      log,
    );
    ends.push(() => asking.close(1));
    await backend.front.queue(BACKGROUND_JOBS).add('job', { requestId: 'tried-again' }, { attempts: 2 });
    const tries = () => failures().filter(({ requestId }) => requestId === 'tried-again');
    await expect.poll(() => tries().map(({ msg }) => msg), WAIT).toEqual(['job will be tried again', 'job failed']);
    for (const secret of ['hooks.example.com', 'secret plan', 'U0ANNA', '"args"', '"command"']) {
      expect(lines.filter((line) => line.includes(secret))).toEqual([]);
    }
  }, 90_000);
});
