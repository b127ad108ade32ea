/** Checks on timers what this process can do, and what it knows about the others. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { outcomeOfCode } from '../adapters/slack/post-outcome.ts';
import type { SlackApp } from '../handlers/slack-app.ts';
import type { Attendance } from '../jobs/health/attendance.ts';
import {
  aliveWorkers,
  BEAT_MS,
  beat,
  endBeats,
  type Heartbeat,
  markOfAlerts,
  sayAbsent,
  sayDifferentAlerts,
} from '../jobs/health/heartbeats.ts';
import { inTime } from '../jobs/health/in-time.ts';
import { type PartHealth, type Probe, startProbe, Unwell } from '../jobs/health/probe.ts';
import type { QueueHealth } from '../jobs/queue/queues.ts';
import { onMeasurement } from '../jobs/telemetry.ts';
import type { Readiness } from './http.ts';
import type { Runtime } from './runtime.ts';

export interface Health {
  /** Based on the last checks, so it never waits. */
  readiness(slack: SlackApp | null): Readiness;
  /** The workers of all processes that were alive at the last check. */
  workers(): readonly Heartbeat[];
  /** The jobs at the last check that reached the queue; null while the queue takes no writes. */
  jobs(): QueueHealth['queues'] | null;
  close(): Promise<void>;
}

const QUEUE_EVERY_MS = 3_000;
const LIMIT_MS = 2_000;
const TOKEN_EVERY_MS = 60_000;
const TOKEN_LIMIT_MS = 10_000;
const LAG_RESOLUTION_MS = 20;

type Parts = Readiness['parts'];

/** Resolves after the first checks. `attendance` is null in a process without workers. */
export async function startHealth(runtime: Runtime, attendance: Attendance | null): Promise<Health> {
  const queue = probeQueue(runtime);
  const present = probePresence(runtime);
  const beating = attendance === null ? null : startBeating(runtime, attendance, queue.jobs);
  const isTalking = ['slack', 'worker'].some((role) => runtime.config.roles.some((one) => one === role));
  const token = isTalking ? probeToken(runtime) : null;
  // Slack may be slow to respond, and startup shouldn't wait for it.
  void token?.check();
  await Promise.all([queue.probe.check(), beating?.probe.check()]);
  await present.probe.check();
  const opened = { queue: runtime.backend.describe(), problems: queue.probe.health().problems };
  if (queue.probe.health().ok) runtime.log.info(opened, 'queue opened');
  else runtime.log.warn(opened, 'the queue takes no writes yet; trying again until it does');

  return {
    readiness(slack) {
      const slackParts: Parts = slack === null ? {} : { slack: slackHealth(slack) };
      const needed: Parts = {
        queue: queue.probe.health(),
        ...(beating === null ? {} : { worker: beating.probe.health() }),
        ...(slack?.receiverKind === 'http' ? slackParts : {}),
      };
      // Not part of readiness, because requests can be queued even if no worker runs yet. These two are for alerts.
      const others: Parts = {
        ...slackParts,
        workers: present.probe.health(),
        ...(token === null ? {} : { 'slack-token': token.health() }),
      };
      return { ready: Object.values(needed).every(({ ok }) => ok), parts: { ...needed, ...others } };
    },
    workers: present.workers,
    jobs: () => (queue.probe.health().ok ? queue.jobs() : null),
    async close() {
      for (const probe of [queue.probe, present.probe, token, beating?.probe]) probe?.close();
      await beating?.end();
    },
  };
}

function probeQueue({ backend }: Runtime): { readonly probe: Probe; jobs(): QueueHealth['queues'] } {
  let jobs: QueueHealth['queues'] = {};
  const probe = startProbe({
    everyMs: QUEUE_EVERY_MS,
    limitMs: LIMIT_MS,
    async act() {
      const health = await backend.health();
      if (!health.ok) throw new Unwell(health.problems);
      jobs = health.queues;
      return health.problems;
    },
  });
  return { probe, jobs: () => jobs };
}

function probePresence({ backend, config, log }: Runtime): { readonly probe: Probe; workers(): readonly Heartbeat[] } {
  const { store } = backend.front;
  const own = markOfAlerts(config.alerts);
  let workers: readonly Heartbeat[] = [];
  let said: string | null = null;
  const probe = startProbe({
    everyMs: BEAT_MS,
    limitMs: LIMIT_MS,
    async act() {
      workers = await aliveWorkers(store);
      if (workers.length === 0) throw new Unwell([await sayAbsent(store)]);
      const different = sayDifferentAlerts(workers, own);
      if (different !== null && different !== said) log.warn(different);
      said = different;
      return different === null ? [] : [different];
    },
  });
  return { probe, workers: () => workers };
}

function probeToken({ tokens }: Runtime): Probe {
  const probe = startProbe({
    everyMs: TOKEN_EVERY_MS,
    limitMs: TOKEN_LIMIT_MS,
    async act() {
      const problems = await tokens.check();
      if (problems.length > 0) throw new Unwell(problems);
      return [];
    },
  });
  // Any part that meets a rejection triggers a check: a token can be rejected and fixed between two checks.
  const end = onMeasurement((measured) => {
    if (measured.kind !== 'slack-call' || measured.method === 'auth.test') return;
    if (outcomeOfCode(measured.outcome, []).kind === 'unauthorised') void probe.check();
  });
  return {
    ...probe,
    close() {
      end();
      probe.close();
    },
    // A rejected token counts immediately, even if another check found it: unlike a lost response, it doesn't go away.
    health() {
      const problems = tokens.problems();
      return problems.length > 0 ? { ok: false, problems } : probe.health();
    },
  };
}

/** A reconnecting socket doesn't make this process unready, because it gets no traffic to divert. Its state is only reported. */
function slackHealth(slack: SlackApp): PartHealth {
  if (slack.ready()) return { ok: true, problems: [] };
  return {
    ok: false,
    problems: [slack.receiverKind === 'http' ? 'It isn’t accepting requests.' : 'The socket isn’t connected.'],
  };
}

/** Writes on the workers' connection, so a heartbeat proves that they run and that their connection works. */
function startBeating(
  { config, backend, version }: Runtime,
  attendance: Attendance,
  waiting: () => QueueHealth['queues'],
): { readonly probe: Probe; end(): Promise<void> } {
  const name = `${hostname()}-${process.pid}-${randomUUID().slice(0, 4)}`;
  const startedAtMs = Date.now();
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  lag.enable();
  const probe = startProbe({
    everyMs: BEAT_MS,
    limitMs: LIMIT_MS,
    async act() {
      const problems = attendance.problems(waiting());
      if (problems.length > 0) throw new Unwell(problems);
      const eventLoopLagMs = Math.max(0, Math.round(lag.max / 1e6) - LAG_RESOLUTION_MS);
      lag.reset();
      await beat(backend.back.store, {
        name,
        roles: config.roles,
        queues: attendance.queues(),
        version,
        startedAtMs,
        atMs: Date.now(),
        lastFetchAtMs: attendance.lastFetchAtMs(),
        eventLoopLagMs,
        alerts: markOfAlerts(config.alerts),
      });
      return [];
    },
  });
  return {
    probe,
    async end() {
      lag.disable();
      // Without a queue, the heartbeat expires.
      await inTime(endBeats(backend.front.store, name), LIMIT_MS).catch(() => undefined);
    },
  };
}
