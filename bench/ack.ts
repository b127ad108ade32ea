import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { type ServerProcess, startBot, startProgram } from './bot.ts';
import { atMost, type Bench, type Figure } from './figure.ts';
import { createRedisServer, isWithoutRedis, type RedisServer, startRedis } from './redis.ts';
import { median, ms, percentile } from './samples.ts';
import {
  type Acknowledged,
  NOT_KNOWN,
  NOT_QUEUED,
  SIGNING_SECRET,
  sendCommand,
  sendSteadily,
} from './slash-command.ts';

const PER_SECOND = 50;
const ROUNDS = 4;
const ROUND_S = 4;
const WARM_UP_S = 2;
/** Slack waits 3 s; the rest is for the way there and back. */
const VISIBLE_MS = 2500;
const COMMANDS_IN_OUTAGE = 3;

export const ackBench: Bench = {
  about: `the acknowledgement of a slash command at ${PER_SECOND} a second, against a bare Bolt app with one bare job; and without Redis`,
  async run() {
    if (isWithoutRedis()) return 'redis-server is not installed.';
    const redis = await createRedisServer();
    try {
      return [await neverUp(redis), ...(await latency(redis)), ...(await outages(redis))];
    } finally {
      await redis.remove();
    }
  },
};

/** Only what acknowledges: workers are processes of their own where so many questions come. */
function botOn(redis: RedisServer, env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  return startBot({ SLACK_SIGNING_SECRET: SIGNING_SECRET, REDIS_URL: redis.url, ROLES: 'slack', ...env });
}

function workerOn(redis: RedisServer, queue: string, prefix: string): Promise<ServerProcess> {
  return startProgram('quick-worker.mjs', { REDIS_URL: redis.url, QUEUE: queue, PREFIX: prefix });
}

async function latency(redis: RedisServer): Promise<readonly Figure[]> {
  await startRedis(redis);
  const bot = await botOn(redis);
  const bare = await startProgram('bare-app.mjs', { REDIS_URL: redis.url, SLACK_SIGNING_SECRET: SIGNING_SECRET });
  const workers = [await workerOn(redis, 'questions', 'ktrdr-bot'), await workerOn(redis, 'bare', 'bull')];
  const times: Record<'bot' | 'bare', (readonly number[])[]> = { bot: [], bare: [] };
  for (const { port } of [bot, bare]) await sendSteadily(port, PER_SECOND, WARM_UP_S);
  for (let round = 0; round < ROUNDS; round += 1) {
    times.bot.push(await sendSteadily(bot.port, PER_SECOND, ROUND_S));
    times.bare.push(await sendSteadily(bare.port, PER_SECOND, ROUND_S));
  }
  await Promise.all([bot, bare, ...workers].map((server) => server.stop()));
  return [
    ['p50', 0.5],
    ['p99', 0.99],
  ].map(([name, share]) => {
    const of = (rounds: readonly (readonly number[])[]) =>
      median(rounds.map((round) => percentile(round, Number(share))));
    const [own, other] = [of(times.bot), of(times.bare)];
    const detail = `${ms(own)} against ${ms(other)}; medians of ${ROUNDS} rounds of ${PER_SECOND * ROUND_S} commands`;
    return { name: `acknowledgement, ${name}`, value: own / other, unit: '×', limit: atMost(2), detail };
  });
}

async function neverUp(redis: RedisServer): Promise<Figure> {
  const bot = await botOn(redis);
  const figure = await visibleError('never up', bot);
  await bot.stop();
  return figure;
}

async function outages(redis: RedisServer): Promise<readonly Figure[]> {
  const told = await startTold();
  const bot = await botOn(redis, { SLACK_API_URL: `${told.url}/api/` });
  redis.freeze();
  const frozen = await visibleDoubt('frozen', bot, told);
  redis.thaw();
  await setTimeout(1000);
  await redis.kill();
  const killed = await visibleError('killed', bot);
  await bot.stop();
  told.close();
  return [killed, frozen];
}

/** The slowest answer; none when one came without the sentence that says what is wrong. */
async function visibleError(how: string, bot: ServerProcess): Promise<Figure> {
  const answers: Acknowledged[] = [];
  for (let index = 0; index < COMMANDS_IN_OUTAGE; index += 1) answers.push(await sendCommand(bot.port));
  const isTold = answers.every(
    ({ status, body }) => status === 200 && body.includes('ephemeral') && body.includes(NOT_QUEUED),
  );
  return shown(how, isTold ? answers.map(({ tookMs }) => tookMs) : [Number.NaN]);
}

/** A Redis that is silent may still take the question: then the acknowledgement is empty, and words come beside it. */
async function visibleDoubt(how: string, bot: ServerProcess, told: Told): Promise<Figure> {
  const times: number[] = [];
  for (let index = 0; index < COMMANDS_IN_OUTAGE; index += 1) {
    const startedMs = performance.now();
    const words = told.next();
    const { status } = await sendCommand(bot.port, { responseUrl: `${told.url}/commands/${index}` });
    const said = await Promise.race([words, setTimeout(2 * VISIBLE_MS, '')]);
    times.push(status === 200 && said.includes(NOT_KNOWN) ? performance.now() - startedMs : Number.NaN);
  }
  return shown(how, times);
}

function shown(how: string, times: readonly number[]): Figure {
  return {
    name: `error shown, Redis ${how}`,
    value: Math.max(...times),
    unit: 'ms',
    limit: atMost(VISIBLE_MS),
    detail: `the slowest of ${COMMANDS_IN_OUTAGE} commands; none would mean silence`,
  };
}

interface Told {
  readonly url: string;
  /** What is posted to a `response_url` next. */
  next(): Promise<string>;
  close(): void;
}

async function startTold(): Promise<Told> {
  const waiting: ((words: string) => void)[] = [];
  const server = createServer(async (request, response) => {
    const words = await text(request);
    response.setHeader('content-type', 'application/json').end('{"ok":true,"team_id":"T0BENCH","user_id":"U0BOT"}');
    if (request.url?.startsWith('/commands/')) waiting.shift()?.(words);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => void server.close(),
  };
}
