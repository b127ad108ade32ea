/** The limit on requests to Jaeger that processes share in Redis. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Reserve } from '../../../src/adapters/http/pace.ts';
import { openRedisSlots } from '../../../src/adapters/queue/redis/slots.ts';
import { TSX } from '../../support/program.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from './redis-server.ts';

const PROCESS = new URL('slots-process.ts', import.meta.url).pathname;
// Starting a process takes long where much else runs.
vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(isWithoutRedis())('slots in Redis', () => {
  let server: RedisServer;
  let redis: Redis;
  beforeAll(async () => {
    server = await createRedisServer();
    await server.start();
    redis = new Redis(server.url);
    redis.on('error', () => undefined);
  });
  beforeEach(() => redis.flushall());
  afterAll(async () => {
    redis.disconnect();
    await server.remove();
  });

  const open = (requestsPerSecond: number, otherwise: Reserve = () => Promise.reject(new Error('not shared'))) =>
    openRedisSlots({
      address: { host: '127.0.0.1', port: server.port, db: 0 },
      redisPrefix: 'slots-test',
      redisTls: { ca: null, cert: null, key: null },
      requestsPerSecond,
      otherwise,
    });

  it('are shared by two clients: those of a second at once, then one after the other', async () => {
    const [one, other] = [await open(2), await open(2)];
    try {
      expect(await one.reserve(2)).toMatchObject({ count: 2, firstInMs: -500 });
      expect(await other.reserve(20)).toMatchObject({ count: 20 });
      const { count, firstInMs } = await one.reserve(1);
      expect(count).toBe(1);
      expect(firstInMs).toBeGreaterThan(7000);
      expect(await other.reserve(100)).toMatchObject({ count: expect.toSatisfy((given) => given > 20 && given < 60) });
      expect(await one.reserve(1)).toMatchObject({ count: 0 });
      expect(await redis.keys('*')).toEqual(['slots-test:jaeger-slots']);
      expect(await redis.pttl('slots-test:jaeger-slots')).toBeGreaterThan(0);
    } finally {
      one.close();
      other.close();
    }
  });

  it('gives more than was wanted while nobody else wants any', async () => {
    const slots = await open(100);
    try {
      const counts: number[] = [];
      for (let i = 0; i < 12; i += 1) counts.push((await slots.reserve(1)).count);
      expect(counts[0]).toBe(9);
      expect(counts.at(-1)).toBe(1);
    } finally {
      slots.close();
    }
  });

  it('keeps two processes to one limit', async () => {
    const [requests, perSecond] = [15, 10];
    const processes = [startProcess(requests, perSecond), startProcess(requests, perSecond)];
    await Promise.all(processes.map(({ ready }) => ready));
    const before = await redis.time();
    const answers = await Promise.all(processes.map(({ go }) => go()));
    expect(answers).toEqual([requests, requests]);
    // The next slot is thirty after that of a full bucket, which holds ten.
    const fullMicros = Number(before[0]) * 1e6 + Number(before[1]) - 900_000;
    expect(Number(await redis.get('slots-test:jaeger-slots'))).toBeGreaterThanOrEqual(fullMicros + 30 * 100_000);
  });

  it('leaves the limit to the process while Redis is away, and takes it back', async () => {
    const otherwise = vi.fn<Reserve>(async (count) => ({ count, firstInMs: 0 }));
    const slots = await open(2, otherwise);
    try {
      expect(await slots.reserve(1)).toMatchObject({ count: 1 });
      expect(otherwise).not.toHaveBeenCalled();
      server.freeze();
      expect(await slots.reserve(3)).toEqual({ count: 3, firstInMs: 0 });
      server.thaw();
      await vi.waitFor(
        async () => {
          otherwise.mockClear();
          await slots.reserve(1);
          expect(otherwise).not.toHaveBeenCalled();
        },
        { timeout: 30_000, interval: 500 },
      );
    } finally {
      slots.close();
    }
  });

  function startProcess(requests: number, perSecond: number) {
    const args = ['--import', TSX, PROCESS, server.url];
    const child = spawn(process.execPath, [...args, String(requests), String(perSecond)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface(child.stdout);
    return {
      ready: once(lines, 'line'),
      async go(): Promise<number> {
        const answer = once(lines, 'line');
        child.stdin.write('go\n');
        const [line] = await answer;
        return Number(line);
      },
    };
  }
});
