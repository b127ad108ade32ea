import { availableParallelism, cpus } from 'node:os';
import { type ServerProcess, startBot } from './bot.ts';
import { atLeast, type Bench, type Figure } from './figure.ts';
import { type Latencies, type Load, newOperations, perAnswer, startLoad, startWorker } from './load.ts';
import { isWithoutRedis } from './redis.ts';
import { SIGNING_SECRET, sendCommand } from './slash-command.ts';

/** As a Jaeger with a disk and Slack on the internet answer: a worker waits most of its time. */
const WAITING: Latencies = { jaegerMs: 200, slackMs: 100 };
const AT_ONCE: Latencies = { jaegerMs: 0, slackMs: 0 };
const MOST_WORKERS = 3;
/** Per worker, so that every measurement takes about as long. */
const TURNS = 2;

export const scalingBench: Bench = {
  about:
    'slash commands to one ROLES=slack process, answered by one, two and three ROLES=worker processes on one Redis',
  async run() {
    if (isWithoutRedis()) return 'redis-server is not installed.';
    const waiting = await ratesOf(MOST_WORKERS, WAITING, { WORKER_CONCURRENCY: '4' });
    const busy = await ratesOf(2, AT_ONCE, {});
    return [...figuresOf('waiting for Jaeger', waiting, true), ...figuresOf('nothing to wait for', busy, false)];
  },
};

interface Rate {
  readonly workers: number;
  readonly perSecond: number;
  /** Processor time of all workers for one answer. */
  readonly cpuMs: number;
  /** To Jaeger, for one answer. */
  readonly requests: number;
  /** Cores that were busy meanwhile, with whatever. */
  readonly busyCores: number;
}

async function ratesOf(
  most: number,
  latencies: Latencies,
  env: Readonly<Record<string, string>>,
): Promise<readonly Rate[]> {
  const load = await startLoad(latencies);
  const intake = await startBot({ ...load.env, ROLES: 'slack', SLACK_SIGNING_SECRET: SIGNING_SECRET });
  const workers: ServerProcess[] = [];
  const rates: Rate[] = [];
  try {
    while (workers.length < most) {
      workers.push(await startWorker(load, env));
      // What a new process does for the first time is not what is compared.
      await answered(load, intake, workers, 1);
      rates.push(await answered(load, intake, workers, TURNS * workers.length));
    }
    return rates;
  } finally {
    await Promise.all([intake, ...workers].map((server) => server.stop()));
    await load.stop();
  }
}

async function answered(
  load: Load,
  intake: ServerProcess,
  workers: readonly ServerProcess[],
  turns: number,
): Promise<Rate> {
  const ids = newOperations(turns);
  const before = await load.spent(workers);
  const cores = coreTimes();
  const startedMs = performance.now();
  await Promise.all(ids.map((id, index) => sendCommand(intake.port, { operationId: id, channel: `C0LOAD${index}` })));
  await load.untilDelivered();
  const tookMs = performance.now() - startedMs;
  const busyCores = (coreTimes().busyMs - cores.busyMs) / tookMs;
  const after = await load.spent(workers);
  const answers = after.answers - before.answers;
  if (answers !== ids.length) throw new Error(`${ids.length} questions were asked and ${answers} answered.`);
  const { workersMs, jaegerRequests } = perAnswer(before, after, answers);
  return {
    workers: workers.length,
    perSecond: (answers / tookMs) * 1000,
    cpuMs: workersMs,
    requests: jaegerRequests,
    busyCores,
  };
}

function figuresOf(name: string, rates: readonly Rate[], isLimited: boolean): readonly Figure[] {
  const alone = rates[0]?.perSecond ?? Number.NaN;
  return rates.slice(1).map(({ workers, perSecond, cpuMs, requests, busyCores }) => ({
    name: `${workers} workers, ${name}`,
    value: perSecond / alone / workers,
    unit: '×',
    limit: isLimited ? atLeast(0.8) : null,
    detail: [
      `${perSecond.toFixed(1)} answers a second against ${workers} times ${alone.toFixed(1)}`,
      `${cpuMs.toFixed(0)} ms of the workers and ${requests.toFixed(1)} requests to Jaeger each (one alone: ${rates[0]?.requests.toFixed(1)})`,
      `${busyCores.toFixed(1)} of ${availableParallelism()} cores busy`,
    ].join('; '),
  }));
}

function coreTimes(): { readonly busyMs: number } {
  const times = cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq);
  return { busyMs: times.reduce((sum, time) => sum + time, 0) };
}
