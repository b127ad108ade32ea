import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { openQueueBackend } from '../src/adapters/queue/open-queue-backend.ts';
import { createQuestions } from '../src/jobs/answer/requests-queue.ts';
import type { Questions } from '../src/jobs/requests.ts';
import { type ServerProcess, startProgram } from './bot.ts';
import { reserveCore } from './cores.ts';
import { atLeast, type Bench, type Figure } from './figure.ts';
import { LOOK_EVERY_MS, type Load, newOperations, perAnswer, type Spent, startLoad, startWorker } from './load.ts';
import { isWithoutRedis } from './redis.ts';
import { inTurns, median } from './samples.ts';

/** Each of so many takes all recorded operations in turn. */
const BARE_TURNS = 16;
/** More than one process takes at once: it never waits for questions. */
const BACKLOG = 60;
/** Longer than the first answers take to be delivered at Slack's pace: from then on as many are delivered as are asked for. */
const FILL_MS = 6_000;
const MEASURED_MS = 12_000;
const WARM_UP_MS = 20_000;
const ROUNDS = 5;
/** A channel takes some four seconds for an answer's messages: so many never have to wait for the answer before. */
const CHANNELS = 600;
/** Of one person there is a list of the latest questions. */
const PEOPLE = 20;

interface Round {
  readonly perSecond: number;
  /** Of the measured process, for one operation. */
  readonly cpuMs: number;
}

interface WorkerRound extends Round {
  /** For one answer. */
  readonly cost: Omit<Spent, 'answers'>;
}

export const throughputBench: Bench = {
  about: 'operations a second of one process, from its queue to Slack, against a bare loop of gathering and diagnosing',
  async run(workDir) {
    if (isWithoutRedis()) return 'redis-server is not installed.';
    const { alone, release } = reserveCore();
    const load = await startLoad({ jaegerMs: 0, slackMs: 0 });
    const log = pino({ level: 'silent' });
    const backend = await openQueueBackend({ redisUrl: load.redisUrl, dataDir: workDir, log });
    // Asked at once, the last of many would be refused by the connection that does not wait.
    const own = {
      take: (_request: unknown, add: () => Promise<void>) => add(),
      countOf: () => 0,
      close: () => undefined,
    };
    const questions = createQuestions(backend.back, own);
    const bare = await startProgram('bare-loop.mjs', { JAEGER_URL: load.jaegerUrl }, alone);
    const worker = await startWorker(load, {}, alone);
    try {
      await bareRound(bare);
      await workerRound(load, questions, worker, WARM_UP_MS);
      const rounds: { worker: WorkerRound[]; bare: Round[] } = { worker: [], bare: [] };
      const { ratio, ours, theirs } = await inTurns(
        ROUNDS,
        async () => kept(rounds.worker, await workerRound(load, questions, worker, FILL_MS)),
        async () => kept(rounds.bare, await bareRound(bare)),
      );
      const [own, other] = [rounds.worker, rounds.bare].map((all) => median(all.map(({ cpuMs }) => cpuMs)));
      return [
        {
          name: 'answers per second',
          value: ratio,
          unit: '×',
          limit: atLeast(0.5),
          detail: `${ours.toFixed(0)} against ${theirs.toFixed(0)} a second; medians of ${ROUNDS} rounds; ${alone.length === 0 ? 'all processes on all cores' : 'each alone on a core'}`,
        },
        {
          name: 'the same by processor time',
          value: median(rounds.bare.map(({ cpuMs }, round) => cpuMs / (rounds.worker[round]?.cpuMs ?? Number.NaN))),
          unit: '×',
          limit: null,
          detail: `${other?.toFixed(1)} against ${own?.toFixed(1)} ms an operation`,
        },
        ...costs(rounds.worker),
      ];
    } finally {
      await Promise.all([bare.stop(), worker.stop(), backend.close()]);
      await load.stop();
      release();
    }
  },
};

function kept<Kind extends Round>(rounds: Kind[], round: Kind): number {
  rounds.push(round);
  return round.perSecond;
}

async function bareRound({ port }: ServerProcess): Promise<Round> {
  const ids = newOperations(BARE_TURNS);
  const response = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    // A kept connection would be closed from the other side between two rounds.
    headers: { connection: 'close' },
    body: JSON.stringify(ids),
  });
  const { tookMs, cpuMs }: { tookMs: number; cpuMs: number } = JSON.parse(await response.text());
  return { perSecond: (ids.length / tookMs) * 1000, cpuMs: cpuMs / ids.length };
}

/** Asks as fast as is answered, and counts what is delivered from one moment to another. */
async function workerRound(
  load: Load,
  questions: Questions,
  worker: ServerProcess,
  fillMs: number,
): Promise<WorkerRound> {
  let isOver = false;
  const asking = keepAsking(load, questions, () => isOver);
  await setTimeout(fillMs);
  const before = await reading(load, worker);
  await setTimeout(MEASURED_MS);
  const after = await reading(load, worker);
  isOver = true;
  await asking;
  await load.untilDelivered();
  const delivered = after.spent.answers - after.underWay - (before.spent.answers - before.underWay);
  const cost = perAnswer(before.spent, after.spent, delivered);
  return { perSecond: (delivered / (after.atMs - before.atMs)) * 1000, cpuMs: cost.workersMs, cost };
}

async function reading(load: Load, worker: ServerProcess) {
  const [spent, underWay] = await Promise.all([load.spent([worker]), load.jobsIn('deliveries')]);
  return { atMs: performance.now(), spent, underWay };
}

async function keepAsking(load: Load, questions: Questions, isOver: () => boolean): Promise<void> {
  let asked = 0;
  let next: readonly string[] = [];
  while (!isOver()) {
    for (let missing = BACKLOG - (await load.jobsIn('questions')); missing > 0; missing -= 1) {
      if (next.length === 0) next = newOperations(1);
      const [operationId = '', ...others] = next;
      next = others;
      await questions.diagnose(requestFor(operationId, asked));
      asked += 1;
    }
    await setTimeout(LOOK_EVERY_MS);
  }
}

function requestFor(operationId: string, index: number): Parameters<Questions['diagnose']>[0] {
  return {
    requestId: `bench-${operationId}`,
    subject: { kind: 'operation', operationId },
    symptom: null,
    askedAt: Date.now(),
    place: {
      teamId: 'T0BENCH',
      channel: `C0BENCH${index % CHANNELS}`,
      threadTs: null,
      userId: `U0BENCH${index % PEOPLE}`,
      responseUrl: null,
      messageTs: null,
    },
  };
}

function costs(rounds: readonly WorkerRound[]): readonly Figure[] {
  const cost = (name: keyof WorkerRound['cost']) => median(rounds.map((round) => round.cost[name]));
  const figure = (name: string, of: keyof WorkerRound['cost'], detail: string): Figure => {
    return { name, value: cost(of), unit: '', limit: null, detail };
  };
  const [jaegerMs, slackMs, redisMs] = [cost('jaegerMs'), cost('slackMs'), cost('redisMs')].map((ms) => ms.toFixed(1));
  return [
    figure('requests to Jaeger per answer', 'jaegerRequests', `the recorded one takes ${jaegerMs} ms for them`),
    figure('calls of Slack per answer', 'slackCalls', `the one that only says yes takes ${slackMs} ms for them`),
    figure(
      'commands of Redis per answer',
      'redisCommands',
      `with those of scripts; ${redisMs} ms of its processor time`,
    ),
  ];
}
