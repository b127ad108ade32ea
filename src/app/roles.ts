/** The running bot: the parts of this process that its roles name, and their end in reverse order. */
import type { Logger } from 'pino';
import { isQueueUnavailable } from '../adapters/queue/queue-errors.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import { formatFailure, formatQueued, formatReading } from '../formatters/answer/placeholder.ts';
import { formatWithPicture } from '../formatters/picture/trace-picture.ts';
import { createSlackApp, type SlackApp, type SlackAppOptions } from '../handlers/slack-app.ts';
import { type DiagnosisWorker, startDiagnosisWorker } from '../jobs/answer/diagnosis-worker.ts';
import { linkToLastAnswer } from '../jobs/answer/earlier-answers.ts';
import { acceptsQuestion, personalAnswer } from '../jobs/answer/personal-answer.ts';
import { createQuestions } from '../jobs/answer/requests-queue.ts';
import { startBackgroundWorker } from '../jobs/background/worker.ts';
import { startDeliveryWorker } from '../jobs/deliver/worker.ts';
import { digestOfChannel, startDigestScheduler } from '../jobs/digest/schedules.ts';
import { KTRDR_API_OFF } from '../jobs/gather/source-log.ts';
import { watchWorkers } from '../jobs/health/attendance.ts';
import type { Clock } from '../jobs/ports.ts';
import { startReportWorker } from '../jobs/reports/report-worker.ts';
import { createServices, type Services } from '../jobs/services.ts';
import { startHealth } from './health.ts';
import { BOARD_PATH, startHttp } from './http.ts';
import { createMetrics, type MetricsOptions } from './metrics.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import type { Diagnoser } from './sources.ts';

export interface RunningApp {
  readonly port: number;
  /** Takes nothing more, ends what runs, closes the queue. */
  stop(): Promise<void>;
}

interface Part {
  close(): Promise<unknown>;
}

/** Rejects, with everything closed again, when a part cannot start. The demo passes its own diagnoser and clock. */
export async function startApp(
  config: Config,
  log: Logger,
  diagnoser?: Diagnoser,
  recordedClock?: Clock,
): Promise<RunningApp> {
  const runtime = await openRuntime(config, log, diagnoser, recordedClock);
  const started: Part[] = [runtime.backend];
  async function stop() {
    log.info('stopping: no new questions are taken');
    for (const part of started.toReversed()) await part.close();
    log.info('stopped');
  }
  const has = (role: Config['roles'][number]) => config.roles.includes(role);
  try {
    const attendance = has('worker') ? watchWorkers(runtime.backend) : null;
    const workers = attendance === null ? null : startWorkers({ ...runtime, backend: attendance.backend });
    const scheduler = has('scheduler')
      ? startDigestScheduler({ backend: runtime.backend, configured: runtime.digests, log })
      : null;
    started.push({ close: () => Promise.all([workers?.close(), scheduler?.close()]) });
    const health = await startHealth(runtime, attendance);
    started.push(health);
    const slack = has('slack') ? createSlack(runtime) : null;
    if (slack !== null) started.push({ close: slack.stop });
    const readiness = () => health.readiness(slack);
    const admin = await adminPages(runtime, { health, readiness, worker: workers?.diagnosis ?? null });
    started.push({ close: async () => admin?.metrics.close() });
    // In HTTP mode the server takes Slack's requests, so it ends before the rest of the intake.
    const http = await startHttp({
      host: config.http.host,
      port: config.http.port,
      readiness,
      admin,
      slack: slack?.listener ?? null,
      log,
    });
    started.push(http);
    await slack?.start();
    log.info({ port: http.port, roles: config.roles, slack: slack?.receiverKind }, 'started');
    return { port: http.port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startWorkers(runtime: Runtime): Part & { readonly diagnosis: DiagnosisWorker } {
  const { config, log, clock, version, backend, chat, workspace, sources, diagnose } = runtime;
  const { grafanaUrl, redact } = config;
  const tools = { store: backend.back.store, workspace, clock, grafanaUrl, redact, version };
  const linking = { client: backend.back, workspace, respond: chat.respond, log };
  const diagnosis = startDiagnosisWorker({
    backend,
    diagnose,
    format: (diagnosed, asked) =>
      formatWithPicture(diagnosed, {
        ...asked,
        jaegerPublicUrl: config.jaeger.publicUrl,
        grafanaUrl,
        redact,
        now: clock(),
      }),
    personal: (answer, diagnosed, request) => personalAnswer(answer, diagnosed, request, tools),
    accepts: async (request) =>
      (await acceptsQuestion(tools.store, request)) && !(await linkToLastAnswer(request, linking)),
    messages: {
      placeholder: ({ subject, requestId }) => formatQueued(subject, requestId),
      phase: ({ subject, requestId }) => formatReading(subject, requestId),
      failed: ({ subject }, reference) => formatFailure(subject, reference),
    },
    concurrency: config.queue.concurrency,
    log,
  });
  const others = [
    startBackgroundWorker({ backend, workspace, traces: sources.traces, diagnose, clock, redact, log }),
    startDeliveryWorker({ backend, chat, workspace, log }),
    startReports(runtime),
  ];
  return { diagnosis, close: () => Promise.all([diagnosis, ...others].map((worker) => worker.close())) };
}

/** Searches and digests. */
export function startReports(
  runtime: Pick<Runtime, 'config' | 'log' | 'backend' | 'workspace' | 'sources' | 'reportClock'>,
): Part {
  const { config, log, backend, workspace, sources, reportClock } = runtime;
  const { teams, channels } = config.slack.allowed;
  return startReportWorker({
    ...sources,
    backend,
    clock: reportClock,
    lookbackMs: config.lookbackMs,
    redact: config.redact,
    ownTeam: workspace.ownTeam,
    // Since a digest was scheduled, its channel may have been excluded by the configuration, or the digest removed.
    async isWanted({ digestId, teamId, channel }) {
      const isAllowed =
        (channels === null || channels.includes(channel)) &&
        (teams === null || teamId === '' || teams.includes(teamId));
      if (!isAllowed) log.warn({ digestId, teamId, channel }, 'a digest is not posted: its channel is not allowed');
      if (!isAllowed || !digestId.startsWith('slack-')) return isAllowed;
      return (await digestOfChannel(backend.back.store, { teamId, channel })) !== null;
    },
    log,
  });
}

function createSlack(runtime: Runtime): SlackApp {
  const { config, log, clock, backend, chat, slackAccess } = runtime;
  return createSlackApp({
    ...slackAccess,
    intake: intakeOf(config),
    context: {
      questions: createQuestions(backend),
      services: buildServices(runtime),
      isQueueUnavailable,
      autoReplyChannels: config.slack.autoReplyChannels,
      jaegerHost: new URL(config.jaeger.publicUrl).host,
      access: config.slack.allowed,
      respond: chat.respond,
      clock,
      log,
    },
  });
}

function intakeOf({ slack }: Config): SlackAppOptions['intake'] {
  if (slack.appToken !== null) return { kind: 'socket', appToken: slack.appToken };
  if (slack.signingSecret !== null) return { kind: 'http', signingSecret: slack.signingSecret };
  throw new ConfigError(['SLACK_SIGNING_SECRET is missing: HTTP mode checks every request with it.']);
}

function buildServices({
  config,
  backend,
  workspace,
  sources,
  clock,
  reportClock,
  digests,
  version,
  tokens,
}: Runtime): Services {
  const { traces, ktrdr } = sources;
  const { grafanaUrl } = config;
  const { autoReplyChannels, allowed } = config.slack;
  return createServices({
    backend,
    workspace,
    clock,
    reportClock,
    grafanaUrl,
    configured: digests,
    settings: { allowedChannels: allowed.channels, autoReplyChannels, hasGrafana: grafanaUrl !== null },
    version,
    node: process.version,
    checkToken: tokens.check,
    probe: (signal) => Promise.all([traces.probe(signal), ktrdr?.probe(signal) ?? KTRDR_API_OFF]),
  });
}

/** Loads the queue's board only when there is a token to protect it with. */
async function adminPages({ config, backend }: Runtime, measured: Omit<MetricsOptions, 'store'>) {
  const token = config.http.adminToken;
  if (token === null) return null;
  const { openBoard } = await import('../adapters/queue/board.ts');
  return {
    token,
    metrics: createMetrics({ store: backend.front.store, ...measured }),
    board: openBoard(backend, BOARD_PATH),
  };
}
