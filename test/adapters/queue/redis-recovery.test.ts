import { Writable } from 'node:stream';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { outcomeOfQueueError } from '../../../src/adapters/queue/queue-errors.ts';
import { BACKGROUND_JOBS, DELIVERIES, type QueueBackend } from '../../../src/jobs/queue/queues.ts';
import { startProxy, type TcpProxy } from './proxy.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from './redis-server.ts';
import { until } from './until.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function started(): Promise<RedisServer> {
  const redis = await createRedisServer();
  ends.push(redis.remove);
  await redis.start();
  return redis;
}

function adminOf(redis: RedisServer): Redis {
  const admin = new Redis(redis.url);
  ends.push(() => admin.disconnect());
  return admin;
}

interface Bot {
  readonly backend: QueueBackend;
  readonly done: unknown[];
  readonly lines: string[];
  /** Adds a job and waits until a worker has done it. */
  works(): Promise<void>;
}

/** A process with a front, and two workers with a connection each. */
async function open(redisUrl: string): Promise<Bot> {
  const lines: string[] = [];
  const stream = new Writable({ write: (line, _encoding, next) => next(void lines.push(String(line))) });
  const backend = await openQueueBackend({ redisUrl, dataDir: '/nonexistent', log: pino({ level: 'info' }, stream) });
  ends.push(() => backend.close());
  const done: unknown[] = [];
  const workers = [DELIVERIES, BACKGROUND_JOBS].map((name) => {
    return backend.worker(name, async (job) => void done.push(job.data), {});
  });
  ends.push(() => Promise.all(workers.map((worker) => worker.close(true))));
  let n = 0;
  async function works(): Promise<void> {
    for (const name of [DELIVERIES, BACKGROUND_JOBS]) {
      const data = `${name} ${n++}`;
      const add = () => backend.front.queue(name).add('job', data);
      await until('a job is taken', () =>
        add()
          .then(() => true)
          .catch(() => false),
      );
      await until('it is done', () => done.includes(data));
    }
    await backend.back.store.set('key', 'value', 60_000);
  }
  await works();
  return { backend, done, lines, works };
}

const add = (backend: QueueBackend) => backend.front.queue(DELIVERIES).add('job', { response_url: 'not-for-the-log' });
const outcomeOf = (added: Promise<unknown>) => added.then(() => 'added', outcomeOfQueueError);

async function behindProxy(redis: RedisServer): Promise<{ readonly bot: Bot; readonly proxy: TcpProxy }> {
  const proxy = await startProxy(redis.port);
  ends.push(proxy.close);
  return { proxy, bot: await open(proxy.url) };
}

describe.skipIf(isWithoutRedis())('a Redis that', () => {
  it('goes silent is left for a new connection, and nobody knows what became of the command', async () => {
    const { bot, proxy } = await behindProxy(await started());
    proxy.silence();
    expect(await outcomeOf(add(bot.backend))).toBe('unknown');
    await bot.works();
    await until('the log says that it is over', () => bot.lines.some((line) => line.includes('Redis is back')));
    expect(bot.lines.length).toBeLessThan(5);
  }, 60_000);

  it('was demoted is left for the new master at the same address', async () => {
    const [master, replica] = [await started(), await started()];
    const { bot, proxy } = await behindProxy(master);
    const [onMaster, onReplica] = [adminOf(master), adminOf(replica)];
    await onReplica.replicaof('127.0.0.1', master.port);
    await until('the replica is in sync', async () => (await onReplica.info()).includes('master_link_status:up'));
    await onReplica.replicaof('NO', 'ONE');
    proxy.target = replica.port;
    await onMaster.replicaof('127.0.0.1', replica.port);
    expect(await outcomeOf(add(bot.backend))).toBe('not-added');
    await bot.works();
    expect(await onReplica.get('ktrdr-bot:store:key')).toBe('value');
    expect(bot.lines.length).toBeLessThan(5);
  }, 60_000);

  it('stays a replica is unready, and takes few lines of the log', async () => {
    const redis = await started();
    const bot = await open(redis.url);
    const admin = adminOf(redis);
    await admin.replicaof('127.0.0.1', 1);
    await until('it is unready for that', async () =>
      /READONLY|connection/.test((await bot.backend.health()).problems[0] ?? ''),
    );
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect(bot.lines.length).toBeLessThan(5);
    await admin.replicaof('NO', 'ONE');
    await bot.works();
    expect(await bot.backend.health()).toMatchObject({ ok: true });
  }, 60_000);

  it('is full refuses jobs for certain, is unready, and is not asked again and again', async () => {
    const redis = await started();
    const bot = await open(redis.url);
    const admin = adminOf(redis);
    await admin.config('SET', 'maxmemory', '1mb');
    expect(await outcomeOf(add(bot.backend))).toBe('not-added');
    const { ok, problems } = await bot.backend.health();
    const advice = expect.stringMatching(/^Redis has used up its memory \(\d+ of 1 MiB\): raise maxmemory[.]$/);
    expect({ ok, problems }).toEqual({ ok: false, problems: [expect.stringContaining('OOM'), advice] });
    const before = Number(/total_commands_processed:(\d+)/.exec(await admin.info('stats'))?.[1]);
    const patient = bot.backend.back.store.append('list', 'waited', 60_000);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const after = Number(/total_commands_processed:(\d+)/.exec(await admin.info('stats'))?.[1]);
    expect(after - before).toBeLessThan(500);
    expect(bot.lines.length).toBeLessThan(5);
    await admin.config('SET', 'maxmemory', '0');
    await patient;
    expect(await bot.backend.front.store.list('list')).toEqual(['waited']);
    await bot.works();
    expect(bot.lines.join('')).not.toContain('not-for-the-log');
  }, 60_000);

  it('is frozen leaves the outcome open, and may add the job later', async () => {
    const redis = await started();
    const bot = await open(redis.url);
    redis.freeze();
    const added = outcomeOf(add(bot.backend));
    expect(await added).toBe('unknown');
    expect(await outcomeOf(add(bot.backend))).toBe('not-added');
    redis.thaw();
    await bot.works();
    // What the frozen server had in its buffer is executed when it runs on.
    expect(bot.done).toContainEqual({ response_url: 'not-for-the-log' });
  }, 60_000);

  it('is killed leaves the outcome of a command under way open, and refuses later ones at once', async () => {
    const redis = await started();
    const bot = await open(redis.url);
    redis.freeze();
    const added = outcomeOf(add(bot.backend));
    await redis.kill();
    expect(await added).toBe('unknown');
    expect(await outcomeOf(add(bot.backend))).toBe('not-added');
    const problem = async () => (await bot.backend.health()).problems[0] ?? '';
    await until('the reason is told', async () => (await problem()).includes('ECONNREFUSED'));
    await redis.start();
    await bot.works();
  }, 60_000);
});
