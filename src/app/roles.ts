/** The running bot: the parts of this process that its roles name, and their end in reverse order. */
import type { Logger } from 'pino';
import { isQueueUnavailable } from '../adapters/queue/queue-errors.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import type { Diagnosis } from '../diagnosis/finding.ts';
import { formatFailure, formatQueued, formatReading } from '../formatters/answer/placeholder.ts';
import type { Answer } from '../formatters/message.ts';
import { createSlackApp, type SlackApp, type SlackAppOptions } from '../handlers/slack-app.ts';
import {
  type DiagnosisWorker,
  type DiagnosisWorkerOptions,
  startDiagnosisWorker,
} from '../jobs/answer/diagnosis-worker.ts';
import { linkToLastAnswer } from '../jobs/answer/earlier-answers.ts';
import { acceptsQuestion, personalAnswer } from '../jobs/answer/personal-answer.ts';
import { createQuestions } from '../jobs/answer/requests-queue.ts';
import { startBackgroundWorker } from '../jobs/background/worker.ts';
import { startDeliveryWorker } from '../jobs/deliver/worker.ts';
import { digestOfChannel, startDigestScheduler } from '../jobs/digest/schedules.ts';
import { KTRDR_API_OFF } from '../jobs/gather/source-log.ts';
import type { Clock } from '../jobs/ports.ts';
import { startReportWorker } from '../jobs/reports/report-worker.ts';
import type { Search } from '../jobs/search/search-operations.ts';
import { createServices, type Services } from '../jobs/services.ts';
import type { Computing } from './computing.ts';
import { BOARD_PATH, type HttpOptions, type Readiness, startHttp } from './http.ts';
import { createMetrics } from './metrics.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import type { Diagnoser } from './sources.ts';

export interface RunningApp {
  readonly port: number;
  /** Takes nothing more, ends what runs, closes the queue. */
  stop(): Promise<void>;
}

/** It waits for its turn as well. */
const DRAWING_LIMIT_MS = 60_000;

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
    const workers = has('worker') ? await startWorkers(runtime) : null;
    const scheduler = has('scheduler')
      ? startDigestScheduler({ backend: runtime.backend, configured: runtime.digests, log })
      : null;
    started.push({ close: () => Promise.all([workers?.close(), scheduler?.close()]) });
    const slack = has('slack') ? createSlack(runtime) : null;
    if (slack !== null) started.push({ close: slack.stop });
    // In HTTP mode the server takes Slack's requests, so it ends before the rest of the intake.
    const http = await startHttp({
      host: config.http.host,
      port: config.http.port,
      readiness: () => readinessOf(runtime, slack),
      admin: await adminPages(runtime, workers?.diagnosis ?? null),
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

async function startWorkers(runtime: Runtime): Promise<Part & { readonly diagnosis: DiagnosisWorker }> {
  const { config, log, clock, version, backend, chat, workspace } = runtime;
  const computing = await openComputing(runtime);
  const { diagnose, format } = diagnoserOf(computing);
  const { grafanaUrl, redact } = config;
  const tools = { store: backend.back.store, workspace, clock, grafanaUrl, redact, version };
  const linking = { client: backend.back, workspace, respond: chat.respond, log };
  const diagnosis = startDiagnosisWorker({
    backend,
    diagnose,
    format,
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
    startBackgroundWorker({
      backend,
      workspace,
      diagnose: (subject, symptom, signal) => diagnose(subject, symptom, signal, () => {}),
      textOfDetail: computing.textOfDetail,
      clock,
      redact,
      log,
    }),
    startDeliveryWorker({
      backend,
      chat,
      pictures: {
        keepPicture: workspace.keepPicture,
        draw: (chart) => computing.draw(chart, AbortSignal.timeout(DRAWING_LIMIT_MS)),
      },
      log,
    }),
    startReports({
      ...runtime,
      search: (filter, signal, shown) => computing.search({ filter, shown }, signal),
    }),
  ];
  return {
    diagnosis,
    async close() {
      await Promise.all([diagnosis, ...others].map((worker) => worker.close()));
      await computing.close();
    },
  };
}

/** In threads, so that neither an acknowledgement nor the lock of a job waits for it. A demo has its own, for its recordings. */
async function openComputing({ config, log, diagnoser, reportClock }: Runtime): Promise<Computing & Part> {
  if (diagnoser !== null) {
    const { computeHere } = await import('./computing.ts');
    return { ...(await computeHere(config, { diagnose: diagnoser, clock: reportClock })), close: async () => {} };
  }
  const { computeInThreads } = await import('./threads.ts');
  return computeInThreads(config, { log });
}

/** The answer was formatted where the diagnosis was made. */
function diagnoserOf({ diagnose }: Computing): Pick<DiagnosisWorkerOptions, 'diagnose' | 'format'> {
  const answers = new WeakMap<Diagnosis, Answer>();
  return {
    async diagnose(subject, symptom, signal, onPhase) {
      const { diagnosis, answer } = await diagnose({ subject, symptom }, signal, onPhase);
      answers.set(diagnosis, answer);
      return diagnosis;
    },
    format(diagnosis) {
      const answer = answers.get(diagnosis);
      if (answer === undefined) throw new Error('This diagnosis was not made here.');
      return answer;
    },
  };
}

/** Searches and digests. */
export function startReports(
  runtime: Pick<Runtime, 'config' | 'log' | 'backend' | 'workspace' | 'reportClock'> & { readonly search: Search },
): Part {
  const { config, log, backend, workspace, search, reportClock } = runtime;
  const { teams, channels } = config.slack.allowed;
  return startReportWorker({
    backend,
    search,
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
    probe: (signal) => Promise.all([traces.probe(signal), ktrdr?.probe(signal) ?? KTRDR_API_OFF]),
  });
}

async function readinessOf({ backend }: Runtime, slack: SlackApp | null): Promise<Readiness> {
  const { ok, problems } = await backend.health();
  const queue = { ok, problems };
  if (slack === null) return { ready: ok, parts: { queue } };
  const isReady = slack.ready();
  const isHttp = slack.receiverKind === 'http';
  const problem = isHttp ? 'It takes no requests.' : 'The socket is not connected.';
  // While a socket reconnects, no traffic needs to be kept away from this process; its state is only reported.
  return {
    ready: ok && (isReady || !isHttp),
    parts: { queue, slack: { ok: isReady, problems: isReady ? [] : [problem] } },
  };
}

/** Loads the queue's board only when there is a token to protect it with. */
async function adminPages({ config, backend }: Runtime, worker: DiagnosisWorker | null): Promise<HttpOptions['admin']> {
  const token = config.http.adminToken;
  if (token === null) return null;
  const { openBoard } = await import('../adapters/queue/board.ts');
  return { token, metrics: createMetrics(backend, worker), board: openBoard(backend, BOARD_PATH) };
}
