import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openQueueBackend, type QueueBackendOptions } from '../../../src/adapters/queue/open-queue-backend.ts';
import { UnusableQueue } from '../../../src/adapters/queue/queue-errors.ts';
import { DELIVERIES, type QueueBackend } from '../../../src/jobs/queue/queues.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from './redis-server.ts';
import { until } from './until.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function started(...settings: Parameters<typeof createRedisServer>): Promise<RedisServer> {
  const redis = await createRedisServer(...settings);
  ends.push(redis.remove);
  await redis.start();
  return redis;
}

async function open(redisUrl: string, more: Partial<QueueBackendOptions> = {}): Promise<QueueBackend> {
  const backend = await openQueueBackend({
    redisUrl,
    dataDir: '/nonexistent',
    log: pino({ level: 'silent' }),
    ...more,
  });
  ends.push(() => backend.close());
  return backend;
}

const doneOn = new WeakMap<QueueBackend, unknown[]>();

/** Adds a job, and waits until a worker on the same backend has done it. */
async function worksOn(backend: QueueBackend): Promise<void> {
  const done = doneOn.get(backend) ?? [];
  if (!doneOn.has(backend)) {
    doneOn.set(backend, done);
    const worker = backend.worker(DELIVERIES, async (job) => void done.push(job.data), {});
    ends.push(() => worker.close(true));
  }
  const data = `job ${done.length}`;
  const add = () => backend.front.queue(DELIVERIES).add('job', data);
  await until('a job is taken', () =>
    add()
      .then(() => true)
      .catch(() => false),
  );
  await until('it is done', () => done.includes(data));
}

const refusal = (backend: Promise<QueueBackend>) =>
  backend.then(
    () => 'opened',
    (error: unknown) => (error instanceof UnusableQueue ? error.message : error),
  );

describe.skipIf(isWithoutRedis())('a start on a Redis', () => {
  it('that has no such database is refused, and nothing is written to another', async () => {
    const { url } = await started();
    expect(await refusal(open(`${url}/99`))).toMatch(/database 99: ERR DB index is out of range/);
    const other = new Redis(url);
    expect(await other.dbsize()).toBe(0);
    other.disconnect();
  });

  it('whose password is another is refused without showing it', async () => {
    const redis = await started(() => ['--requirepass', 'right']);
    expect(await refusal(open(redis.url.replace('//', '//:hunter2@')))).toMatch(/^Redis rejects .*WRONGPASS/);
    expect(await refusal(open(redis.url))).toMatch(/^Redis rejects .*NOAUTH/);
    await worksOn(await open(redis.url.replace('//', '//:right@')));
  });

  it('for a user without INFO works, and is healthy', async () => {
    const redis = await started();
    const admin = new Redis(redis.url);
    await admin.acl('SETUSER', 'bot', 'on', '>secret', '~ktrdr-bot:*', '&*', '+@all', '-@dangerous');
    admin.disconnect();
    const backend = await open(redis.url.replace('//', '//bot:secret@'));
    await worksOn(backend);
    expect(await backend.health()).toMatchObject({ ok: true, problems: [] });
  });

  it('Cluster is refused in a sentence', async () => {
    const redis = await started(() => ['--cluster-enabled', 'yes']);
    expect(await refusal(open(redis.url))).toMatch(/Redis Cluster, which is not supported/);
  });

  it('that turns out to be a Cluster later makes the queue unusable', async () => {
    const redis = await createRedisServer(() => ['--cluster-enabled', 'yes']);
    ends.push(redis.remove);
    const backend = await open(redis.url);
    expect(backend.unusable.aborted).toBe(false);
    await redis.start();
    await until('it is noticed', () => backend.unusable.aborted);
    expect(backend.unusable.reason).toBeInstanceOf(UnusableQueue);
  });

  it('that belongs to another Slack app takes no job of it, and says which setting parts them', async () => {
    const { url } = await started();
    await (await open(url)).claim('T1-B1');
    await (await open(url)).claim('T1-B1');
    const other = await open(url);
    const refused = other.claim('T2-B2');
    const done: unknown[] = [];
    const worker = other.worker(DELIVERIES, async (job) => void done.push(job.data), {});
    ends.push(() => worker.close(true));
    await expect(refused).rejects.toThrow(/another Slack app. Set REDIS_PREFIX/);
    expect(other.unusable.aborted).toBe(true);
    await other.front.queue(DELIVERIES).add('job', 'data');
    const own = await open(url, { redisPrefix: 'staging' });
    await own.claim('T2-B2');
    await worksOn(own);
    expect(done).toEqual([]);
    expect(await own.front.queue(DELIVERIES).getJobCountByTypes('waiting')).toBe(0);
  });

  it('is claimed when it comes, before a job is taken', async () => {
    const redis = await createRedisServer();
    ends.push(redis.remove);
    const backend = await open(redis.url);
    const claimed = backend.claim('T1-B1');
    const [worker, done] = [DELIVERIES, [] as unknown[]];
    const started = backend.worker(worker, async (job) => void done.push(job.data), {});
    ends.push(() => started.close(true));
    await redis.start();
    const other = new Redis(redis.url);
    ends.push(() => other.disconnect());
    await claimed;
    expect(await other.get('ktrdr-bot:owner')).toMatch(/^[0-9a-f]{32}$/);
    await backend.front.queue(DELIVERIES).add('job', 'data');
    await until('jobs are done', () => done.length > 0);
  });
});

describe.skipIf(isWithoutRedis())('Sentinels', () => {
  it('lead to the master, and to the next one after a failover', async () => {
    const [master, replica] = [await started(), await started()];
    const onReplica = new Redis(replica.url);
    ends.push(() => onReplica.disconnect());
    await onReplica.replicaof('127.0.0.1', master.port);
    await until('the replica is in sync', async () => (await onReplica.info()).includes('master_link_status:up'));
    const sentinel = await startSentinel(master.port);
    const backend = await open(`redis+sentinel://127.0.0.1:${sentinel.port}/main/0`);
    await worksOn(backend);
    const asked = new Redis(sentinel.port, '127.0.0.1');
    ends.push(() => asked.disconnect());
    await until(
      'the Sentinel knows the replica',
      async () => String(await asked.call('SENTINEL', 'REPLICAS', 'main')) !== '',
    );
    await master.kill();
    await until('the replica is promoted', async () => (await onReplica.info('replication')).includes('role:master'));
    await worksOn(backend);
  }, 90_000);

  it('are named in the refusal of a redis:// that leads to one', async () => {
    const { port } = await startSentinel((await started()).port);
    expect(await refusal(open(`redis://127.0.0.1:${port}`))).toMatch(/redis\+sentinel:\/\//);
  });

  async function startSentinel(masterPort: number): Promise<{ readonly port: number }> {
    const directory = mkdtempSync(join(tmpdir(), 'ktrdr-sentinel-'));
    const port = masterPort + 1;
    const file = join(directory, 'sentinel.conf');
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${directory}`,
      `sentinel monitor main 127.0.0.1 ${masterPort} 1`,
      'sentinel down-after-milliseconds main 1000',
      'sentinel failover-timeout main 5000',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const process = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
    ends.push(() => {
      process.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    });
    const probe = new Redis(port, '127.0.0.1');
    ends.push(() => probe.disconnect());
    probe.on('error', () => undefined);
    await probe.ping();
    return { port };
  }
});

/** Whether the suite must be left out; with REQUIRE_ALL=1 it fails instead. */
function isWithoutTls(): boolean {
  // With TLS it ends because the certificate is missing; without, because it doesn't know the setting.
  const { stdout } = spawnSync('redis-server', ['--port', '0', '--tls-port', '1'], { encoding: 'utf8' });
  if (stdout.includes('tls-cert-file') && spawnSync('openssl', ['version']).status === 0) return false;
  const why = 'redis-server was built without TLS, or openssl is not installed';
  if (process.env['REQUIRE_ALL'] === '1') throw new Error(`${why}, and REQUIRE_ALL is set.`);
  process.stderr.write(`Left out: tests of rediss://, because ${why}.\n`);
  return true;
}

describe.skipIf(isWithoutRedis() || isWithoutTls())('rediss://', () => {
  let directory: string;
  const pem = (name: string) => readFileSync(join(directory, name), 'utf8');

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ktrdr-tls-'));
    const openssl = (...args: string[]) => {
      const { status, stderr } = spawnSync('openssl', args, { cwd: directory, encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    };
    const subject = (name: string) => [
      '-subj',
      `/CN=${name}`,
      '-nodes',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
    ];
    openssl('req', '-x509', ...subject('authority'), '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2');
    writeFileSync(join(directory, 'names.txt'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    for (const name of ['server', 'client']) {
      openssl('req', ...subject(name), '-keyout', `${name}.key`, '-out', `${name}.csr`);
      openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
        ...['-days', '2', '-extfile', 'names.txt', '-out', `${name}.crt`],
      );
    }
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const file = (name: string) => join(directory, name);
  const tlsServer = () =>
    started((port) => [
      ...['--port', '0', '--tls-port', String(port), '--tls-cert-file', file('server.crt')],
      ...['--tls-key-file', file('server.key'), '--tls-ca-cert-file', file('ca.crt'), '--tls-auth-clients', 'yes'],
    ]);

  it('works with a private authority and a client certificate', async () => {
    const { port } = await tlsServer();
    const redisTls = { ca: pem('ca.crt'), cert: pem('client.crt'), key: pem('client.key') };
    const backend = await open(`rediss://localhost:${port}`, { redisTls });
    await worksOn(backend);
    expect(await (await open(`rediss://127.0.0.1:${port}`, { redisTls })).health()).toMatchObject({ ok: true });
  });

  it('says in its health why it does not work', async () => {
    const { port } = await tlsServer();
    const backend = await open(`rediss://localhost:${port}`);
    await until('the reason is told', async () =>
      /certificate|self-signed/.test((await backend.health()).problems[0] ?? ''),
    );
  });
});
