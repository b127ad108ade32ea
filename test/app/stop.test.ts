/** The end of the process: one limit, whatever its parts and the queue do. */
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import { endParts, type Part } from '../../src/app/stop.ts';
import type { QueueBackend } from '../../src/jobs/queue/queues.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from '../adapters/queue/redis-server.ts';

const logged: { readonly msg: string; readonly part?: string }[] = [];
const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
const LIMIT_MS = 6000;
vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(isWithoutRedis())('stopping', () => {
  let redis: RedisServer;
  let queue: QueueBackend;
  beforeEach(async () => {
    logged.length = 0;
    redis = await createRedisServer();
    await redis.start();
    queue = await openQueueBackend({ redisUrl: redis.url, dataDir: '/nonexistent', log: pino({ level: 'silent' }) });
  });
  afterEach(() => redis.remove());

  const ended: string[] = [];
  const graces: number[] = [];
  beforeEach(() => {
    ended.length = 0;
    graces.length = 0;
  });
  const part = (name: string): Part => ({
    async close(graceMs) {
      graces.push(graceMs);
      ended.push(name);
    },
  });
  const stuck: Part = { close: () => new Promise(() => undefined) };

  it('ends the intake first, its last part before the others, then the work', async () => {
    await endParts({ intake: [part('slack'), part('http')], work: [part('worker')], queue }, LIMIT_MS, log);
    expect(ended).toEqual(['http', 'slack', 'worker']);
    expect(logged).toEqual([]);
  });

  it('leaves behind what does not end, after giving the rest its time', async () => {
    await endParts({ intake: [stuck], work: [stuck, part('worker')], queue }, LIMIT_MS, log);
    expect(ended).toEqual(['worker']);
    expect(logged.map((line) => line.part)).toEqual(['intake', 'work']);
  });

  it('gives jobs less than the whole time, so that there is some left to put them back', async () => {
    await endParts({ intake: [], work: [part('a'), part('b')], queue }, LIMIT_MS, log);
    expect(graces).toHaveLength(2);
    for (const graceMs of graces) {
      expect(graceMs).toBeGreaterThan(0);
      expect(graceMs).toBeLessThanOrEqual(LIMIT_MS - 3000);
    }
  });

  it.each([
    ['frozen', () => redis.freeze()],
    ['away', () => redis.kill()],
  ])('waits for nothing while the queue is %s', async (_state, disturb) => {
    await disturb();
    await endParts({ intake: [], work: [part('worker'), stuck], queue }, LIMIT_MS, log);
    expect(graces).toEqual([0]);
    expect(logged[0]).toMatchObject({ part: 'work' });
  });

  it('goes on when a part fails', async () => {
    const broken: Part = { close: () => Promise.reject(new Error('broken')) };
    await endParts({ intake: [broken], work: [part('worker')], queue }, LIMIT_MS, log);
    expect(ended).toEqual(['worker']);
    expect(logged).toMatchObject([{ part: 'intake', err: { message: 'broken' } }]);
  });
});
