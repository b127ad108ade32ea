/** The running bot: the parts of this process, in the order in which they need each other, and their end in reverse. */
import type { Logger } from 'pino';
import { openQueueBackend } from '../adapters/queue/open-queue-backend.ts';
import { isQueueUnavailable } from '../adapters/queue/queue-errors.ts';
import { createChat } from '../adapters/slack/chat.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import { formatFailure, formatQueued, formatReading } from '../formatters/answer/placeholder.ts';
import { formatWithPicture } from '../formatters/picture/trace-picture.ts';
import { createSlackApp, type SlackApp, type SlackAppOptions } from '../handlers/slack-app.ts';
import { type DiagnosisWorker, startDiagnosisWorker } from '../jobs/answer/diagnosis-worker.ts';
import { linkToLastAnswer } from '../jobs/answer/earlier-answers.ts';
import { acceptsQuestion, personalAnswer } from '../jobs/answer/personal-answer.ts';
import { createQuestions, type ProgressMessages } from '../jobs/answer/requests-queue.ts';
import { startBackgroundWorker } from '../jobs/background/worker.ts';
import { startDeliveryWorker } from '../jobs/deliver/worker.ts';
import type { Chat, Clock } from '../jobs/ports.ts';
import type { QueueBackend } from '../jobs/queue/queues.ts';
import type { RunningWorker } from '../jobs/queue/run-worker.ts';
import type { Services } from '../jobs/services.ts';
import type { SlackWorkspace } from '../jobs/workspace-port.ts';
import { buildServices, buildWorkspace, handlerContext, personalTools } from './conversation.ts';
import { BOARD_PATH, type HttpServer, type Readiness, startHttp } from './http.ts';
import { createMetrics } from './metrics.ts';
import { planDigests, startReports } from './reports.ts';
import { type SlackAccess, slackAccessOf } from './slack-access.ts';
import { buildDiagnoser, buildSources, clockFrom, type Diagnoser, type Sources } from './sources.ts';

export interface RunningApp {
  readonly port: number;
  /** Takes nothing more, ends what runs, closes the queue. */
  stop(): Promise<void>;
}

interface Workers {
  readonly diagnosis: DiagnosisWorker;
  readonly delivery: RunningWorker;
  readonly backgroundJobs: RunningWorker;
}

const messages: ProgressMessages = {
  placeholder: ({ subject, requestId }) => formatQueued(subject, requestId),
  phase: ({ subject, requestId }) => formatReading(subject, requestId),
  failed: ({ subject }, reference) => formatFailure(subject, reference),
};

/** Rejects, with everything closed again, when a part cannot start. The demo answers with a diagnoser and a clock of its own. */
export async function startApp(
  config: Config,
  log: Logger,
  diagnoser?: Diagnoser,
  recordedClock?: Clock,
): Promise<RunningApp> {
  const clock = clockFrom(null);
  const reportClock = recordedClock ?? clock;
  // Before anything is opened: what it says wrongly, only whoever runs the bot can mend.
  const digests = planDigests(config);
  const diagnose = diagnoser ?? (await buildDiagnoser(config));
  const backend = await openQueueBackend({ redisUrl: config.queue.redisUrl, dataDir: config.queue.dataDir, log });
  log.info({ queue: backend.describe() }, 'queue opened');
  const slackAccess = slackAccessOf(config, backend, log);
  const chat = createChat(slackAccess);
  const workspace = buildWorkspace(slackAccess);
  const sources = await buildSources(config, reportClock);
  const services = await buildServices(config, backend, workspace, sources, { clock, reportClock, digests });
  const slack = config.roles.includes('slack')
    ? createSlack(config, slackAccess, backend, chat, services, clock, log)
    : null;
  const workers = config.roles.includes('worker')
    ? await startWorkers(config, backend, chat, workspace, sources, diagnose, log)
    : null;
  const reports = startReports(config, backend, workspace, sources, { clock: reportClock, digests, log });
  const metrics = createMetrics(backend, workers?.diagnosis ?? null);
  const { adminToken } = config.http;
  const stop = (http: HttpServer | null) => stopAll(backend, http, slack, workers, reports, log);
  const http = await startHttp({
    host: config.http.host,
    port: config.http.port,
    readiness: () => readinessOf(backend, slack),
    admin:
      adminToken === null
        ? null
        : {
            token: adminToken,
            metrics,
            board: (await import('../adapters/queue/board.ts')).openBoard(backend, BOARD_PATH),
          },
    slack: slack?.listener ?? null,
    log,
  }).catch((error: unknown) => stop(null).then(() => Promise.reject(error)));
  await slack?.start().catch((error: unknown) => stop(http).then(() => Promise.reject(error)));
  log.info({ port: http.port, roles: config.roles, slack: slack?.receiverKind }, 'started');
  return { port: http.port, stop: () => stop(http) };
}

async function startWorkers(
  config: Config,
  backend: QueueBackend,
  chat: Chat,
  workspace: SlackWorkspace,
  { traces }: Sources,
  diagnose: Diagnoser,
  log: Logger,
): Promise<Workers> {
  const clock = clockFrom(null);
  const tools = await personalTools(config, backend, workspace, clock);
  const linkTools = { client: backend.back, workspace, respond: chat.respond, log };
  const diagnosis = startDiagnosisWorker({
    backend,
    diagnose,
    format: (diagnosed, asked) =>
      formatWithPicture(diagnosed, {
        ...asked,
        jaegerPublicUrl: config.jaeger.publicUrl,
        grafanaUrl: config.grafanaUrl,
        redact: config.redact,
        now: clock(),
      }),
    personal: (answer, diagnosed, request) => personalAnswer(answer, diagnosed, request, tools),
    accepts: async (request) =>
      (await acceptsQuestion(tools.store, request)) && !(await linkToLastAnswer(request, linkTools)),
    messages,
    concurrency: config.queue.concurrency,
    log,
  });
  const backgroundJobs = startBackgroundWorker({
    backend,
    workspace,
    traces,
    diagnose,
    clock,
    redact: config.redact,
    log,
  });
  return { diagnosis, delivery: startDeliveryWorker({ backend, chat, workspace, log }), backgroundJobs };
}

function createSlack(
  config: Config,
  slackAccess: SlackAccess,
  backend: QueueBackend,
  chat: Chat,
  services: Services,
  clock: Clock,
  log: Logger,
): SlackApp {
  return createSlackApp({
    ...slackAccess,
    intake: intakeOf(config),
    context: {
      questions: createQuestions(backend),
      isQueueUnavailable,
      access: config.slack.allowed,
      respond: chat.respond,
      clock,
      log,
      ...handlerContext(config, services),
    },
  });
}

function intakeOf({ slack }: Config): SlackAppOptions['intake'] {
  if (slack.appToken !== null) return { kind: 'socket', appToken: slack.appToken };
  if (slack.signingSecret !== null) return { kind: 'http', signingSecret: slack.signingSecret };
  throw new ConfigError(['SLACK_SIGNING_SECRET is missing: HTTP mode checks every request with it.']);
}

async function readinessOf(backend: QueueBackend, slack: SlackApp | null): Promise<Readiness> {
  const { ok, problems } = await backend.health();
  const parts: Record<string, Readiness['parts'][string]> = { queue: { ok, problems } };
  if (slack !== null) {
    const isReady = slack.ready();
    const problem = slack.receiverKind === 'http' ? 'It takes no requests.' : 'The socket is not connected.';
    parts['slack'] = { ok: isReady, problems: isReady ? [] : [problem] };
  }
  // A socket that reconnects needs no traffic kept away from it; its state is told all the same.
  const receives = slack === null || slack.receiverKind === 'socket' || slack.ready();
  return { ready: ok && receives, parts };
}

async function stopAll(
  backend: QueueBackend,
  http: HttpServer | null,
  slack: SlackApp | null,
  workers: Workers | null,
  reports: { close(): Promise<void> },
  log: Logger,
): Promise<void> {
  log.info('stopping: no new questions are taken');
  // In HTTP mode the server is the intake; the socket has its own end.
  await http?.close();
  await slack?.stop();
  await Promise.all([
    workers?.diagnosis.close(),
    workers?.delivery.close(),
    workers?.backgroundJobs.close(),
    reports.close(),
  ]);
  await backend.close();
  log.info('stopped');
}
