/** Many workspaces on one bot, each with an installation of its own: does it keep up with twenty questions a second? */
import { randomBytes } from 'node:crypto';
import { availableParallelism, cpus } from 'node:os';
import { pino } from 'pino';
import { openQueueBackend } from '../src/adapters/queue/open-queue-backend.ts';
import { createInstallations } from '../src/adapters/slack/installations.ts';
import { createVault } from '../src/adapters/slack/token-vault.ts';
import { type ServerProcess, startBot } from './bot.ts';
import type { Bench, Figure } from './figure.ts';
import { type Load, newOperations, perAnswer, startLoad, startWorker } from './load.ts';
import { isWithoutRedis } from './redis.ts';
import { SIGNING_SECRET, sendSteadily } from './slash-command.ts';

const WORKSPACES = 200;
const PER_SECOND = 20;
const SECONDS = 20;
const WARM_UP_SECONDS = 2;
const WORKERS = 2;

export const workspacesBench: Bench = {
  about: `${PER_SECOND} slash commands a second from ${WORKSPACES} workspaces, to one ROLES=slack process and ${WORKERS} workers on one Redis`,
  async run(workDir) {
    if (isWithoutRedis()) return 'redis-server is not installed.';
    const load = await startLoad({ jaegerMs: 20, slackMs: 20 });
    const key = randomBytes(32).toString('hex');
    await install(load, workDir, key);
    const env = {
      SLACK_BOT_TOKEN: '',
      SLACK_SIGNING_SECRET: SIGNING_SECRET,
      SLACK_CLIENT_ID: '1.2',
      SLACK_CLIENT_SECRET: randomBytes(16).toString('hex'),
      SLACK_STATE_SECRET: randomBytes(32).toString('hex'),
      TOKEN_ENCRYPTION_KEY: key,
    };
    const intake = await startBot({ ...load.env, ...env, ROLES: 'slack' });
    const workers = await Promise.all(Array.from({ length: WORKERS }, () => startWorker(load, env)));
    try {
      await round(load, intake, workers, WARM_UP_SECONDS);
      return await round(load, intake, workers, SECONDS);
    } finally {
      await Promise.all([intake, ...workers].map((server) => server.stop()));
      await load.stop();
    }
  },
};

/** As the installation pages would, with tokens that the bench's Slack takes for any workspace. */
async function install({ redisUrl }: Load, dataDir: string, key: string): Promise<void> {
  const backend = await openQueueBackend({ redisUrl, dataDir, log: pino({ level: 'silent' }) });
  const installations = createInstallations(backend.front.store, createVault(key));
  for (let index = 0; index < WORKSPACES; index += 1)
    await installations.save({
      owner: teamAt(index),
      botToken: `xoxb-bench-${index}`,
      botId: 'B0BOT',
      botUserId: 'U0BOT',
      refreshToken: null,
      expiresAtMs: null,
      installedAtMs: Date.now(),
    });
  await backend.close();
}

function teamAt(index: number): string {
  return `T0BENCH${index % WORKSPACES}`;
}

async function round(
  load: Load,
  intake: ServerProcess,
  workers: readonly ServerProcess[],
  seconds: number,
): Promise<readonly Figure[]> {
  const count = PER_SECOND * seconds;
  const ids: string[] = [];
  while (ids.length < count) ids.push(...newOperations(1));
  const before = await load.spent(workers);
  const busyBefore = coresBusyMs();
  const startedMs = performance.now();
  const tookMs = await sendSteadily(intake.port, PER_SECOND, seconds, (index) => ({
    operationId: ids[index] ?? '',
    team: teamAt(index),
    // Twice as many channels as workspaces, so that none is asked for more than it can be told.
    channel: `C0SPACE${index % (2 * WORKSPACES)}`,
  }));
  const sentMs = performance.now() - startedMs;
  const atEnd = await load.spent(workers);
  const left = { questions: await load.jobsIn('questions'), deliveries: await load.jobsIn('deliveries') };
  await load.untilDelivered();
  const allMs = performance.now() - startedMs;
  const after = await load.spent(workers);
  const cores = (coresBusyMs() - busyBefore) / allMs;
  const cost = perAnswer(before, after, after.answers - before.answers);
  const acknowledged = tookMs.toSorted((a, b) => a - b);
  const detail = [
    `${((atEnd.answers - before.answers) / (sentMs / 1000)).toFixed(1)} a second while asked; then ${left.questions} questions and ${left.deliveries} deliveries waited, done ${((allMs - sentMs) / 1000).toFixed(0)} s later`,
    `${cores.toFixed(1)} of ${availableParallelism()} cores busy`,
    `each: ${cost.workersMs.toFixed(0)} ms of the workers, ${cost.redisMs.toFixed(1)} ms and ${cost.redisCommands.toFixed(0)} commands of Redis, ${cost.jaegerMs.toFixed(0)} ms and ${cost.jaegerRequests.toFixed(1)} requests of Jaeger, ${cost.slackMs.toFixed(1)} ms and ${cost.slackCalls.toFixed(1)} calls of Slack`,
  ].join('; ');
  return [
    { name: 'answers per question', value: (after.answers - before.answers) / count, unit: '', limit: null, detail },
    {
      name: 'share answered while asked',
      value: (atEnd.answers - before.answers) / count,
      unit: '',
      limit: null,
      detail: `of ${count}`,
    },
    {
      name: 'acknowledgement, 99th percentile',
      value: acknowledged[Math.floor(acknowledged.length * 0.99)] ?? Number.NaN,
      unit: 'ms',
      limit: null,
      detail: `median ${(acknowledged[acknowledged.length >> 1] ?? Number.NaN).toFixed(1)} ms, longest ${acknowledged.at(-1)?.toFixed(0)} ms`,
    },
  ];
}

function coresBusyMs(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
}
