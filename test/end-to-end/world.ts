/** Everything that the bot meets, on this machine: Slack, a queue server, Jaeger and ktrdr with recorded answers. */

import {
  type FakeSlack,
  type FakeSlackOptions,
  type Message,
  type RecordedJaeger,
  type RecordedKtrdr,
  readRecordedTraces,
  startFakeSlack,
  startRecordedJaeger,
  startRecordedKtrdr,
} from '@ktrdr-bot/local-slack';
import type { JobType } from 'bullmq';
import { pino } from 'pino';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import { DELIVERIES, DIAGNOSES, QUESTIONS, QUEUES, type QueueBackend } from '../../src/jobs/queue/queues.ts';
import { createRedisServer, type RedisServer } from '../adapters/queue/redis-server.ts';
import { until } from '../adapters/queue/until.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { type BotProcess, startBot } from './bot-process.ts';

export { isWithoutRedis } from '../adapters/queue/redis-server.ts';

export interface World {
  readonly slack: FakeSlack;
  readonly redis: RedisServer;
  readonly jaeger: RecordedJaeger;
  readonly ktrdr: RecordedKtrdr;
  /** An operation that failed for a clear reason. */
  readonly failed: string;
  /** An operation with which nothing is wrong. */
  readonly healthy: string;
  startBot(transport: 'http' | 'socket', env?: Readonly<Record<string, string>>): Promise<BotProcess>;
  /** Resolves when all that was asked for is done: the queues are empty, and nothing is on its way from or to Slack. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Delayed jobs of the other queues are due by the clock: watches and scheduled digests. */
const RETRIED_QUEUES: readonly string[] = [QUESTIONS, DIAGNOSES, DELIVERIES];
/** Slack itself waits three seconds. What the bot does within them is tested where nothing else takes the processor's time. */
const ACK_TIMEOUT_MS = 60_000;
/** The bot acknowledges what Slack sends before it queues the work. */
const BETWEEN_SLACK_AND_QUEUE_MS = 1000;

/** `more` names further recorded incidents that Jaeger and ktrdr know; `documents` are answers of Jaeger's that add to them. */
export async function openWorld(
  options: FakeSlackOptions = {},
  more: readonly string[] = [],
  documents: readonly unknown[] = [],
): Promise<World> {
  const [failed, healthy] = [incidentNamed('06a-backtest-no-data'), incidentNamed('16b-backtest-healthy-1')];
  const dirs = [failed, healthy, ...more.map(incidentNamed)].map(({ dir }) => dir);
  const [slack, redis, jaeger, ktrdr] = await Promise.all([
    startFakeSlack({ ackTimeoutMs: ACK_TIMEOUT_MS, ...options }),
    createRedisServer(),
    readRecordedTraces(dirs).then((traces) =>
      startRecordedJaeger({ version: '2.20', traces: [...traces, ...documents] }),
    ),
    startRecordedKtrdr({ fixtureDirs: dirs }),
  ]);
  await redis.start();
  const bots: BotProcess[] = [];
  let queues: Promise<QueueBackend> | null = null;

  async function isIdle(): Promise<boolean> {
    queues ??= openQueueBackend({ redisUrl: redis.url, dataDir: '/nonexistent', log: pino({ level: 'silent' }) });
    const { front } = await queues;
    const counts = await Promise.all(
      QUEUES.map((name) => {
        const states = ['waiting', 'prioritized', 'active', ...(RETRIED_QUEUES.includes(name) ? ['delayed'] : [])];
        return front.queue(name).getJobCountByTypes(...(states as JobType[]));
      }),
    );
    return counts.every((count) => count === 0);
  }

  return {
    slack,
    redis,
    jaeger,
    ktrdr,
    failed: failed.operationId,
    healthy: healthy.operationId,
    async startBot(transport, env = {}) {
      const urls = { REDIS_URL: redis.url, JAEGER_URL: jaeger.url, KTRDR_API_URL: ktrdr.url };
      const bot = await startBot(slack, transport, { ...urls, ...env });
      bots.push(bot);
      return bot;
    },
    async settled() {
      do {
        await until('the queues are empty', isIdle);
        await slack.waitUntilQuiet({ idleMs: BETWEEN_SLACK_AND_QUEUE_MS });
      } while (!(await isIdle()));
    },
    async close() {
      await (await queues)?.close();
      for (const bot of bots) bot.kill('SIGKILL');
      await Promise.all(bots.map((bot) => bot.ended()));
      await Promise.all([slack.close(), redis.remove(), jaeger.close(), ktrdr.close()]);
    },
  };
}

/** What the bot wrote into a channel for everybody, oldest first. */
export function postsIn(slack: FakeSlack, channel: string): readonly Message[] {
  return slack
    .messages(channel)
    .filter(({ botId, ephemeralFor }) => botId === slack.team.botId && ephemeralFor === null);
}

/** The living message about an operation, once it is more than a placeholder. */
export function answerTo(slack: FakeSlack, operationId: string, channel: string): Promise<Message> {
  return slack.waitForMessage(
    (message) =>
      message.channel === channel &&
      message.botId === slack.team.botId &&
      message.ephemeralFor === null &&
      message.text.includes(operationId) &&
      !/^(?:Queued|Reading)/.test(message.text),
  );
}

/** What each post is for; a value that occurs twice is a message that people see twice. */
export function markersIn(slack: FakeSlack): readonly string[] {
  return [...slack.store.channels.keys()]
    .flatMap((channel) => postsIn(slack, channel))
    .map(({ metadata }) => JSON.stringify(metadata?.event_payload ?? null));
}

/** Everything a person reads in a message. */
export function wordsOf({ text, blocks }: Message): string {
  return `${text}\n${JSON.stringify(blocks)}`;
}
