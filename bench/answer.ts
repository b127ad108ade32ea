import {
  type FakeSlack,
  readRecordedTraces,
  startFakeSlack,
  startRecordedJaeger,
  startRecordedKtrdr,
} from '@ktrdr-bot/local-slack';
import { SLACK_PACE } from '../src/jobs/deliver/pacing.ts';
import { incidentNamed, type NamedIncident } from '../test/support/incident-named.ts';
import { startBot } from './bot.ts';
import { type BusyServers, type Interval, watchServers } from './busy-servers.ts';
import { atMost, type Bench, type Figure } from './figure.ts';
import { createRedisServer, isWithoutRedis, startRedis } from './redis.ts';
import { median, ms, percentile } from './samples.ts';

/** Ended operations: of one that runs the bot takes a second reading two seconds later. */
const INCIDENTS = [
  '06a-backtest-no-data',
  '05a-backtest-model-dir-missing',
  '16b-backtest-healthy-1',
  '09-download-no-ib-host',
];
const ROUNDS = 3;
const PERSON = 'U0ANNA';
const BOT = 'U0KTRDRBOT';
/** Longer than any pause within one answer: of a channel's fourth message and the next ones the bot sends one a second. */
const QUIET_MS = SLACK_PACE.intervalMs + 300;

export const answerBench: Bench = {
  about: 'from a slash command to its complete answer, with recorded servers: what the bot itself and its queue add',
  async run() {
    if (isWithoutRedis()) return 'redis-server is not installed.';
    const incidents = INCIDENTS.map(incidentNamed);
    const dirs = incidents.map(({ dir }) => dir);
    const rounds = Array.from({ length: ROUNDS + 1 }, (_, round) => round);
    // A channel for each question, so that none waits for the messages of another.
    const channels = rounds.flatMap((round) =>
      incidents.map((_, index) => ({ id: channelOf(round, index), members: [PERSON, BOT] })),
    );
    const [slack, redis, jaeger, ktrdr] = await Promise.all([
      startFakeSlack({ channels }),
      createRedisServer(),
      readRecordedTraces(dirs).then((traces) => startRecordedJaeger({ version: '2.20', traces })),
      startRecordedKtrdr({ fixtureDirs: dirs }),
    ]);
    await startRedis(redis);
    const urls = {
      REDIS_URL: redis.url,
      JAEGER_URL: jaeger.url,
      KTRDR_API_URL: ktrdr.url,
      SLACK_API_URL: slack.apiUrl,
    };
    const bot = await startBot({
      ...urls,
      SLACK_BOT_TOKEN: slack.team.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
    });
    slack.connectBot({ kind: 'http', eventsUrl: `http://127.0.0.1:${bot.port}/slack/events` });
    const servers = watchServers();
    try {
      const answers: Answered[] = [];
      for (const round of rounds) {
        for (const [index, incident] of incidents.entries()) {
          const answered = await ask(slack, servers, incident, channelOf(round, index));
          if (round > 0) answers.push(answered);
        }
      }
      return figuresOf(answers);
    } finally {
      servers.stop();
      await bot.stop();
      await Promise.all([slack.close(), redis.remove(), jaeger.close(), ktrdr.close()]);
    }
  },
};

interface Answered {
  /** Posts, the first of which becomes the answer. */
  readonly messages: number;
  readonly totalMs: number;
  /** Of these, waiting for the moment at which Slack's pace allows the next message. */
  readonly paceMs: number;
  /** Of these, waiting for Jaeger, ktrdr or Slack, or for Slack's pace. */
  readonly busyMs: number;
}

function figuresOf(answers: readonly Answered[]): readonly Figure[] {
  const own = answers.map(({ totalMs, busyMs }) => totalMs - busyMs);
  const total = median(answers.map(({ totalMs }) => totalMs));
  const pace = median(answers.map(({ paceMs }) => paceMs));
  return [
    {
      name: 'Slack messages',
      value: Math.max(...answers.map(({ messages }) => messages)),
      unit: '',
      limit: atMost(3),
      detail: `the most of ${answers.length} answers to ${INCIDENTS.length} operations`,
    },
    {
      name: 'complete, beyond Slack’s pace',
      value: median(answers.map(({ totalMs, paceMs }) => totalMs - paceMs)),
      unit: 'ms',
      limit: atMost(1000),
      detail: `of ${ms(total)} in all, of which ${ms(pace)} for Slack’s pace`,
    },
    {
      name: 'queue and own work',
      value: median(own),
      unit: 'ms',
      limit: atMost(100),
      detail: `of ${ms(total)} in all; p90 ${ms(percentile(own, 0.9))}`,
    },
  ];
}

async function ask(
  slack: FakeSlack,
  servers: BusyServers,
  incident: NamedIncident,
  channel: string,
): Promise<Answered> {
  const startedMs = performance.now();
  const { error, reply } = await slack.as(PERSON).command('/ktrdr', `diagnose ${incident.operationId}`, { channel });
  if (error !== null) throw new Error(`The command failed: ${error}. ${reply?.text ?? ''}`);
  await slack.waitForMessage((message) => message.channel === channel && message.threadTs !== null, 20_000);
  await slack.waitUntilQuiet({ idleMs: QUIET_MS });
  const endedMs = servers.lastAnswerMs();
  const within = { from: startedMs, to: endedMs };
  const posts = slack.postTimes(channel);
  const waits = pauses(posts);
  return {
    messages: posts.length,
    totalMs: endedMs - startedMs,
    paceMs: waits.reduce((sum, { from, to }) => sum + to - from, 0),
    busyMs: servers.busyMs(within, waits),
  };
}

/** From each post to the moment at which Slack's pace allows the next one, counted from the first. */
function pauses(postTimes: readonly number[]): readonly Interval[] {
  const { intervalMs, burst } = SLACK_PACE;
  const times = postTimes.map((time) => time - performance.timeOrigin);
  return times.slice(burst).map((time, index) => {
    const allowed = (times[0] ?? 0) + (index + 1) * intervalMs;
    return { from: times[index + burst - 1] ?? 0, to: Math.min(time, allowed) };
  });
}

function channelOf(round: number, index: number): string {
  return `C0BENCH${round}${index}`;
}
