/** Questions in any number, and the servers around the processes that answer them: each a process of its own. */
import { Redis } from 'ioredis';
import { FIXTURES, incidentsIn } from '../test/support/incidents.ts';
import { type ServerProcess, startBot, startProgram } from './bot.ts';
import { createRedisServer, startRedis } from './redis.ts';

/** All recorded operations; the servers know each under many ids. */
const INCIDENTS = incidentsIn(FIXTURES).filter(({ expected }) => expected.operationId !== null);
const ADMIN_TOKEN = 'bench-admin';
export const LOOK_EVERY_MS = 50;
const CPU_SECONDS = ['process_cpu_seconds_total ', 'ktrdr_bot_computing_cpu_seconds_total '];
const QUEUES = ['questions', 'deliveries'] as const;
type Queue = (typeof QUEUES)[number];

let turn = 0;

/**
 * Operation ids that were never asked for, in turns of all recorded operations. Each turn has an order of its own: what the
 * bot keeps of the latest questions is of no use to questions that go round in a circle, however many ask.
 */
export function newOperations(turns: number): readonly string[] {
  return Array.from({ length: turns }, () => {
    const digits = turn.toString(16).padStart(4, '0');
    const order = INCIDENTS.map((_, index) => ({ index, rank: scattered(turn * INCIDENTS.length + index) }));
    turn += 1;
    return order
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ index }) => `${INCIDENTS[index]?.expected.operationId?.slice(0, -digits.length)}${digits}`);
  }).flat();
}

/** Looks random and is the same every time. */
function scattered(index: number): number {
  const mixed = Math.imul(index ^ (index >>> 7), 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** How long each waits before it answers. */
export interface Latencies {
  readonly jaegerMs: number;
  readonly slackMs: number;
}

/** Totals since the start; times are processor time. */
export interface Spent {
  readonly workersMs: number;
  readonly redisMs: number;
  readonly jaegerMs: number;
  readonly slackMs: number;
  readonly answers: number;
  readonly redisCommands: number;
  readonly jaegerRequests: number;
  readonly slackCalls: number;
}

export interface Load {
  readonly redisUrl: string;
  readonly jaegerUrl: string;
  /** The variables of a bot that uses these servers. */
  readonly env: Readonly<Record<string, string>>;
  spent(workers: readonly ServerProcess[]): Promise<Spent>;
  /** Jobs that wait or run in one of the queues. */
  jobsIn(queue: Queue): Promise<number>;
  /** Resolves when all questions are answered and their words delivered; throws when a job failed. */
  untilDelivered(): Promise<void>;
  stop(): Promise<void>;
}

export async function startLoad({ jaegerMs, slackMs }: Latencies): Promise<Load> {
  const dirs = INCIDENTS.map(({ dir }) => dir);
  const [jaeger, slack, redis] = await Promise.all([
    startProgram('recorded-jaeger.mjs', { INCIDENTS: JSON.stringify(dirs), LATENCY_MS: String(jaegerMs) }),
    startProgram('quick-slack.mjs', { LATENCY_MS: String(slackMs) }),
    createRedisServer(),
  ]);
  await startRedis(redis);
  const client = new Redis(redis.url);
  const jaegerUrl = `http://127.0.0.1:${jaeger.port}`;

  /** The commands of this bench itself, which are no part of an answer. */
  let ownCommands = 0;

  // What is delayed are pictures that wait for a quiet moment: their answers are complete in words.
  async function jobsIn(queue: Queue): Promise<number> {
    const key = `ktrdr-bot:${queue}`;
    ownCommands += 2;
    const [waiting, active] = await Promise.all([client.llen(`${key}:wait`), client.llen(`${key}:active`)]);
    return waiting + active;
  }

  async function isAnyLeft(): Promise<boolean> {
    return (await Promise.all(QUEUES.map(jobsIn))).some((count) => count > 0);
  }

  return {
    redisUrl: redis.url,
    jaegerUrl,
    env: {
      REDIS_URL: redis.url,
      JAEGER_URL: jaegerUrl,
      SLACK_API_URL: `http://127.0.0.1:${slack.port}/api/`,
      ADMIN_TOKEN,
    },

    async spent(workers) {
      const [metrics, info, ofJaeger, ofSlack] = await Promise.all([
        Promise.all(workers.map(({ port }) => textAt(port, '/metrics'))),
        client.info(),
        textAt(jaeger.port, '/counts').then((text) => JSON.parse(text)),
        textAt(slack.port, '/counts').then((text) => JSON.parse(text)),
      ]);
      const ofWorkers = (name: string) => metrics.reduce((sum, text) => sum + numberIn(text, name), 0);
      return {
        workersMs: CPU_SECONDS.map(ofWorkers).reduce((sum, seconds) => sum + seconds * 1000, 0),
        redisMs: (numberIn(info, 'used_cpu_user:') + numberIn(info, 'used_cpu_sys:')) * 1000,
        jaegerMs: ofJaeger.cpuMs,
        slackMs: ofSlack.cpuMs,
        answers: ofWorkers('ktrdr_bot_diagnoses_total{outcome="answered"} '),
        redisCommands: numberIn(info, 'total_commands_processed:') - ownCommands,
        jaegerRequests: ofJaeger.requests,
        slackCalls: ofSlack.calls,
      };
    },

    jobsIn,

    async untilDelivered() {
      while (await isAnyLeft()) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      const failed = await Promise.all(QUEUES.map((name) => client.zcard(`ktrdr-bot:${name}:failed`)));
      if (failed.some((count) => count > 0)) throw new Error(`Jobs failed: ${failed.join(', ')}.`);
    },

    async stop() {
      client.disconnect();
      await Promise.all([jaeger.stop(), slack.stop(), redis.remove()]);
    },
  };
}

export function startWorker(
  load: Load,
  env: Readonly<Record<string, string>> = {},
  prefix: readonly string[] = [],
): Promise<ServerProcess> {
  return startBot({ ...load.env, ROLES: 'worker', ...env }, prefix);
}

/** What one answer cost. */
export function perAnswer(before: Spent, after: Spent, answers: number): Omit<Spent, 'answers'> {
  const cost = (of: (spent: Spent) => number) => (of(after) - of(before)) / answers;
  return {
    workersMs: cost((spent) => spent.workersMs),
    redisMs: cost((spent) => spent.redisMs),
    jaegerMs: cost((spent) => spent.jaegerMs),
    slackMs: cost((spent) => spent.slackMs),
    redisCommands: cost((spent) => spent.redisCommands),
    jaegerRequests: cost((spent) => spent.jaegerRequests),
    slackCalls: cost((spent) => spent.slackCalls),
  };
}

async function textAt(port: number, path: string): Promise<string> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  return (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text();
}

function numberIn(text: string, name: string): number {
  const at = text.indexOf(`\n${name}`);
  return at < 0 ? 0 : Number.parseFloat(text.slice(at + 1 + name.length));
}
