/** Everything that a scenario runs in: a Slack, a Jaeger, a queue, and the processes of the bot. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type FakeSlack, type FakeSlackOptions, startFakeSlack } from '@ktrdr-bot/local-slack';
import { startProgram } from '../bench/bot.ts';
import { type BotProcess, createBotProcess } from './bot-process.ts';
import { keepLedger, type Ledger } from './ledger.ts';
import { createOperations, INCIDENT_DIRS } from './operations.ts';
import type { Random } from './random.ts';
import { type RedisPair, startRedisPair } from './redis-pair.ts';

export interface WorldOptions {
  /** `redis-pair` has a replica; `pglite` is the embedded database on a machine without Redis. */
  readonly queue: 'redis' | 'redis-pair' | 'pglite';
  /** The roles of each process. */
  readonly processes: readonly string[];
  readonly channels: number;
  readonly people: number;
  readonly jaegerMs: number;
  readonly slack: FakeSlackOptions;
}

export interface Disturbance {
  readonly at: number;
  readonly what: string;
}

export interface World {
  readonly slack: FakeSlack;
  readonly ledger: Ledger;
  /** Null with PGlite. */
  readonly redis: RedisPair | null;
  readonly bots: readonly BotProcess[];
  readonly channels: readonly string[];
  readonly people: readonly string[];
  readonly random: Random;
  nextOperation(): string;
  /** What has been disturbed, and when in milliseconds. */
  readonly disturbances: readonly Disturbance[];
  note(what: string): void;
  close(): Promise<void>;
}

const BOT_USER = 'U0KTRDRBOT';
const NO_PROGRAMS = '/nowhere';
/** Uploaded pictures are looked at by nobody. */
const EMPTY_FILES_EVERY_MS = 30_000;

export async function createWorld(options: WorldOptions, random: Random, workDir: string): Promise<World> {
  const people = names('U0P', options.people);
  const channels = names('C0C', options.channels);
  const [slack, jaeger, redis] = await Promise.all([
    startFakeSlack({
      users: people.map((id) => ({ id })),
      channels: channels.map((id) => ({ id, members: [...people, BOT_USER] })),
      rateLimits: 'enforce',
      // Those of a workspace, which would make a run of thousands of questions last a day.
      perMinute: { 'chat.update': null, 'conversations.history': null, 'conversations.replies': null },
      journalLength: 1_000,
      ...options.slack,
    }),
    startProgram('recorded-jaeger.mjs', {
      INCIDENTS: JSON.stringify(INCIDENT_DIRS),
      LATENCY_MS: String(options.jaegerMs),
    }),
    options.queue === 'pglite' ? null : startRedisPair({ hasReplica: options.queue === 'redis-pair' }),
  ]);
  const env = {
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: slack.team.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    JAEGER_URL: `http://127.0.0.1:${jaeger.port}`,
    // Without a redis-server to be found, the embedded queue is PGlite.
    ...(redis === null ? { PATH: NO_PROGRAMS } : { REDIS_URL: redis.url }),
  };
  const bots = await startBots(options.processes, env, workDir);
  const intake = bots.find((_, index) => options.processes[index]?.includes('slack'));
  slack.connectBot({ kind: 'http', eventsUrl: `${intake?.url}/slack/events` });
  const ledger = keepLedger(slack);
  const disturbances: Disturbance[] = [];
  const emptying = setInterval(() => emptyFiles(slack), EMPTY_FILES_EVERY_MS);

  return {
    slack,
    ledger,
    redis,
    bots,
    channels,
    people,
    random,
    nextOperation: createOperations(random.fork()),
    disturbances,
    note: (what) => void disturbances.push({ at: Date.now(), what }),
    async close() {
      clearInterval(emptying);
      ledger.stop();
      await Promise.all(bots.map((bot) => bot.kill()));
      await Promise.all([slack.close(), jaeger.stop(), redis?.remove()]);
    },
  };
}

async function startBots(
  processes: readonly string[],
  env: Readonly<Record<string, string>>,
  workDir: string,
): Promise<readonly BotProcess[]> {
  const bots = await Promise.all(
    processes.map(async (roles, index) => {
      const ofKind = processes.slice(0, index).filter((other) => other === roles).length;
      const name = `${roles.replaceAll(',', '+')}-${ofKind + 1}`;
      const dataDir = join(workDir, name);
      await mkdir(dataDir);
      return createBotProcess(name, { ...env, ROLES: roles, DATA_DIR: dataDir }, workDir);
    }),
  );
  await Promise.all(bots.map((bot) => bot.start()));
  return bots;
}

function names(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(4, '0')}`);
}

function emptyFiles({ store }: FakeSlack): void {
  for (const file of store.files.values()) {
    if (file.processedAt !== null && file.bytes.length > 1)
      store.files.set(file.id, { ...file, bytes: new Uint8Array(1) });
  }
}
