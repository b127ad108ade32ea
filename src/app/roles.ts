/** The running bot: starts the parts of this process that its roles require. */
import type { Logger } from 'pino';
import { isQueueUnavailable, outcomeOfQueueError } from '../adapters/queue/queue-errors.ts';
import { createPostEphemeral } from '../adapters/slack/ephemeral.ts';
import { startRenewals } from '../adapters/slack/renewal-timer.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import { type Clean, cleanText } from '../diagnosis/clean.ts';
import { formatFailure, formatQueued, formatReading } from '../formatters/answer/placeholder.ts';
import { createOutageLog } from '../handlers/outage-log.ts';
import { createSlackApp, type SlackApp, type SlackAppOptions } from '../handlers/slack-app.ts';
import { considerOffering } from '../jobs/action/offers.ts';
import { startAlertSchedule } from '../jobs/alert/schedule.ts';
import { apologyTo, lookingAgain, replyTo } from '../jobs/answer/asked-again.ts';
import { type DiagnosisWorker, startDiagnosisWorker } from '../jobs/answer/diagnosis-worker.ts';
import { acceptsQuestion } from '../jobs/answer/personal-answer.ts';
import { createQuestions } from '../jobs/answer/requests-queue.ts';
import { startBackgroundWorker } from '../jobs/background/worker.ts';
import { startDeliveryWorker } from '../jobs/deliver/worker.ts';
import { digestOfChannel, startDigestScheduler } from '../jobs/digest/schedules.ts';
import { KTRDR_API_OFF } from '../jobs/gather/source-log.ts';
import { watchWorkers } from '../jobs/health/attendance.ts';
import { aliveWorkers } from '../jobs/health/heartbeats.ts';
import { untilAborted } from '../jobs/health/in-time.ts';
import type { RunningWorker } from '../jobs/queue/run-worker.ts';
import { createIntake } from '../jobs/register/intake.ts';
import type { OwnRequests } from '../jobs/register/own-requests.ts';
import { startReconciler } from '../jobs/register/reconciler.ts';
import { startReportWorker } from '../jobs/reports/report-worker.ts';
import type { Search } from '../jobs/search/search-operations.ts';
import { createServices, type Services } from '../jobs/services.ts';
import { createLook, isAllowedIn } from './alerts.ts';
import { startHealth } from './health.ts';
import { adminPages, checkPort, startHttp } from './http.ts';
import { diagnoserOf, openComputing } from './open-computing.ts';
import { claimQueue } from './queue.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import { buildActions, type Diagnoser } from './sources.ts';
import { endParts, type Part, type RunningParts } from './stop.ts';
import { startTracing } from './tracing.ts';

/** Part of the shutdown time that is reserved for the exit of the process itself. */
const EXIT_MS = 500;

export interface RunningApp {
  readonly port: number;
  /** Aborts with a `ConfigError` when the bot must not use its queue and has to stop. */
  readonly unusable: AbortSignal;
  /** Takes no more work, finishes running jobs or puts them back, and closes the queue, all within `SHUTDOWN_TIMEOUT`. */
  stop(): Promise<void>;
}

/** Includes the wait for its turn. */
const DRAWING_LIMIT_MS = 60_000;

export interface StartOptions {
  /** The demo's own. */
  readonly diagnoser?: Diagnoser;
  /** Ends the start. */
  readonly signal?: AbortSignal;
}

/**
 * Rejects, after closing everything, when a part can't start. When the signal ends the start, it rejects with the signal's reason,
 * and a queue that is still opening is left behind: that can't be interrupted.
 */
export async function startApp(config: Config, log: Logger, options: StartOptions = {}): Promise<RunningApp> {
  const { diagnoser, signal = new AbortController().signal } = options;
  await checkPort(config.http);
  const runtime = await untilAborted(openRuntime(config, log, diagnoser), signal);
  const started: RunningParts = { intake: [], work: [], queue: runtime.backend };
  async function stop() {
    log.info('stopping: no new questions are taken');
    await endParts(started, config.shutdownMs - EXIT_MS, log);
    log.info('stopped');
  }
  const has = (role: Config['roles'][number]) => config.roles.includes(role);
  try {
    const claim = claimQueue(runtime);
    started.intake.push(claim);
    await untilAborted(claim.firstTry, signal);
    started.work.push(...(await startTracing(runtime)));
    const attendance = has('worker') ? watchWorkers(runtime.backend) : null;
    const workers = attendance === null ? null : await startWorkers({ ...runtime, backend: attendance.backend });
    started.work.push(...(workers?.parts ?? []));
    if (has('scheduler')) started.work.push(...startScheduler(runtime));
    // Also in the process that takes requests, because their promise must hold when it is the only one left.
    if (has('scheduler') || has('slack')) started.work.push(startRequestReconciler(runtime));
    const health = await startHealth(runtime, attendance);
    started.work.push(health);
    signal.throwIfAborted();
    const slack = has('slack') ? createSlack(runtime) : null;
    if (slack !== null) started.intake.push({ close: slack.stop });
    const readiness = () => health.readiness(slack);
    const admin = await adminPages(runtime, { health, readiness, worker: workers?.diagnosis ?? null });
    started.work.push({ close: async () => admin?.metrics.close() });
    // In HTTP mode the server receives Slack's requests, so it ends before the rest of the intake.
    const http = await startHttp({
      host: config.http.host,
      port: config.http.port,
      readiness,
      admin,
      slack: slack?.listener ?? null,
      log,
    });
    started.intake.push(http);
    await untilAborted(slack?.start(), signal);
    log.info({ port: http.port, roles: config.roles, slack: slack?.receiverKind }, 'started');
    return { port: http.port, unusable: claim.unusable, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface StartedWorkers {
  readonly diagnosis: DiagnosisWorker;
  readonly parts: readonly Part[];
}

async function startWorkers(runtime: Runtime): Promise<StartedWorkers> {
  const { config, log, clock, version, backend, chat, workspace, slackAccess } = runtime;
  const computing = await openComputing(runtime);
  const actions = await buildActions(config);
  const { diagnose, format } = diagnoserOf(computing);
  const { grafanaUrl, redact } = config;
  const client = backend.back;
  const tools = { client, store: client.store, chat, workspace, clock, grafanaUrl, redact, version };
  const diagnosis = startDiagnosisWorker({
    backend,
    diagnose,
    format,
    async personal(answer, diagnosed, request, isPointed) {
      const reply = await replyTo(answer, diagnosed, request, { ...tools, isPointed });
      await considerOffering(client, config.actions, { diagnosis: diagnosed, request, reply });
      return reply;
    },
    accepts: (request) => acceptsQuestion(tools.store, request),
    again: {
      looking: (request) => lookingAgain(request, tools),
      apology: (request, apology) => apologyTo(request, apology, tools),
    },
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
      follow: { ...tools, answer: computing.diagnose },
      clock,
      redact,
      installs: slackAccess.installs,
      actions: actions && { ...actions, postEphemeral: createPostEphemeral(slackAccess) },
      look: createLook(runtime, computing),
      log,
    }),
    startDeliveryWorker({
      backend,
      chat,
      workspace,
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
  // The computing processes end after the workers that use them.
  async function close(graceMs: number): Promise<void> {
    await Promise.all([diagnosis, ...others].map((worker) => worker.close(graceMs)));
    await computing.close();
  }
  return { diagnosis, parts: [{ close }] };
}

/** Searches and digests. */
export function startReports(
  runtime: Pick<Runtime, 'config' | 'log' | 'backend' | 'workspace' | 'clock'> & { readonly search: Search },
): RunningWorker {
  const { config, log, backend, workspace, search, clock } = runtime;
  return startReportWorker({
    backend,
    search,
    clock,
    lookbackMs: config.lookbackMs,
    redact: config.redact,
    ownTeam: workspace.ownTeam,
    // Since a digest was scheduled, its channel may have been excluded by the configuration, or the digest removed.
    async isWanted({ digestId, teamId, channel }) {
      const isAllowed = isAllowedIn(config, { teamId, channel });
      if (!isAllowed) log.warn({ digestId, teamId, channel }, 'a digest is not posted: its channel is not allowed');
      if (!isAllowed || !digestId.startsWith('slack-')) return isAllowed;
      return (await digestOfChannel(backend.back.store, { teamId, channel })) !== null;
    },
    log,
  });
}

function startRequestReconciler({ backend, chat, log }: Runtime): Part {
  const isAnyoneWorking = async () => (await aliveWorkers(backend.back.store)).length > 0;
  return startReconciler({ client: backend.back, chat, isAnyoneWorking, log });
}

function startScheduler({ backend, digests, alerts, slackAccess, log }: Runtime): readonly Part[] {
  return [
    ...(slackAccess.renewals === null ? [] : [startRenewals(slackAccess.renewals, log)]),
    startDigestScheduler({ backend, configured: digests, log }),
    startAlertSchedule({ client: backend.back, isConfigured: alerts.length > 0, log }),
  ];
}

function createSlack(runtime: Runtime): SlackApp {
  const { config, log, clock, backend, chat, slackAccess } = runtime;
  const isOutcomeUnknown = (error: unknown) => outcomeOfQueueError(error) === 'unknown';
  const own = createIntake({
    front: backend.front,
    isUnknown: isOutcomeUnknown,
    placeholder: ({ subject, requestId }) => formatQueued(subject, requestId),
    respond: chat.respond,
    log,
  });
  const app = createSlackApp({
    ...slackAccess,
    intake: intakeOf(config),
    context: {
      questions: createQuestions(backend.front, own),
      services: buildServices(runtime, own),
      isOutcomeUnknown,
      isQueueUnavailable,
      autoReplyChannels: config.slack.autoReplyChannels,
      jaegerHost: new URL(config.jaeger.publicUrl).host,
      access: config.slack.allowed,
      actionUsers: config.actions?.users ?? [],
      clean: cleaner(config),
      respond: chat.respond,
      clock,
      outages: createOutageLog(log),
      log,
    },
  });
  return {
    ...app,
    async stop() {
      await app.stop();
      own.close();
    },
  };
}

function intakeOf({ slack }: Config): SlackAppOptions['intake'] {
  if (slack.appToken !== null) return { kind: 'socket', appToken: slack.appToken };
  if (slack.signingSecret !== null) return { kind: 'http', signingSecret: slack.signingSecret };
  throw new ConfigError(['SLACK_SIGNING_SECRET is missing: HTTP mode checks every request with it.']);
}

function buildServices(
  { config, backend, workspace, sources, clock, digests, alerts, version, tokens }: Runtime,
  own: OwnRequests,
): Services {
  const { traces, ktrdr } = sources;
  const { grafanaUrl } = config;
  const { autoReplyChannels, allowed } = config.slack;
  return createServices({
    own,
    backend,
    workspace,
    clock,
    clean: cleaner(config),
    grafanaUrl,
    configured: digests,
    alerts,
    hasKtrdr: ktrdr !== null,
    settings: { allowedChannels: allowed.channels, autoReplyChannels, hasGrafana: grafanaUrl !== null },
    version,
    node: process.version,
    checkToken: tokens.check,
    ktrdr,
    probe: (signal) => Promise.all([traces.probe(signal), ktrdr?.probe(signal) ?? KTRDR_API_OFF]),
  });
}

function cleaner({ redact }: Config): Clean {
  return (text) => cleanText(text, redact);
}
