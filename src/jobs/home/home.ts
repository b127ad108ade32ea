/** The Home tab and the command `status`: the health of the bot, and what one person can see of it. */
import type { SourceReport } from '../../diagnosis/case.ts';
import type { Message } from '../../formatters/message.ts';
import { formatHome, formatHomeHelp, type HomeSettings, type RunningOperation } from '../../formatters/reports/home.ts';
import { formatStatus, type HealthNow } from '../../formatters/reports/status.ts';
import { allAlerts, type Subscription } from '../alert/subscriptions.ts';
import { type AnswerList, hurried, linkedAnswers } from '../answer/earlier-answers.ts';
import { countFeedbackFor, summaryOf } from '../answer/feedback.ts';
import { digestsOf, nextOf, type PlannedDigest } from '../digest/schedules.ts';
import { aliveWorkers, sayAbsent, sayDifferentAlerts } from '../health/heartbeats.ts';
import { inTime } from '../health/in-time.ts';
import { mutesOf, muteWordsOf } from '../mute/mutes.ts';
import type { Clock, KtrdrApi } from '../ports.ts';
import type { QueueBackend } from '../queue/queues.ts';
import { type Reader, readable, readerOfReply } from '../readers.ts';
import type { PersonRef, Place } from '../requests.ts';
import { watchesOf } from '../watch/watch.ts';
import type { SlackWorkspace } from '../workspace-port.ts';

export interface HomeOptions {
  readonly backend: Pick<QueueBackend, 'front' | 'health' | 'kind'>;
  readonly workspace: SlackWorkspace;
  readonly clock: Clock;
  readonly settings: HomeSettings;
  readonly configured: readonly PlannedDigest[];
  /** Null when no ktrdr API is configured. */
  readonly ktrdr: KtrdrApi | null;
  readonly alerts: readonly Subscription[];
  probe(signal: AbortSignal): Promise<readonly SourceReport[]>;
  /** Asks Slack whether it accepts the bot's tokens. Resolves to one sentence per problem. */
  checkToken(): Promise<readonly string[]>;
  readonly version: string;
  readonly node: string;
}

const MAX_ANSWERS = 3;
const MAX_RUNNING = 5;
/** Slack waits three seconds for a response. */
const PROBE_TIMEOUT_MS = 1500;

export function createHome(options: HomeOptions) {
  const { workspace, configured, settings, version } = options;
  const { store } = options.backend.front;

  return {
    /** `reply` is the reply to a click on the tab, and comes first. */
    async home({ teamId, userId }: PersonRef, reply: Message | null): Promise<Message['blocks']> {
      const reader: Reader = { kind: 'person', teamId, userId, channel: null };
      const reading = { reader, nowMs: Math.round(options.clock() / 1000) };
      const latest = (list: AnswerList) => linkedAnswers({ store, workspace }, { ...reading, list, most: MAX_ANSWERS });
      const [recent, running, watches, ownDigests, allMutes, setAlerts, health] = await Promise.all([
        latest({ kind: 'person', userId }),
        readRunning(options.ktrdr),
        watchesOf(store, teamId, userId),
        digestsOf(store, teamId),
        mutesOf(store, teamId),
        allAlerts(store),
        readHealth(options),
      ]);
      const allDigests = [...ownDigests, ...configured.filter((one) => one.teamId === '' || one.teamId === teamId)];
      const allAlertsHere = [...setAlerts, ...options.alerts.map((one) => ({ ...one, teamId: one.teamId || teamId }))];
      const [ownPlans, ownMutes, alerts] = await Promise.all([
        // A configured digest doesn't have to name the workspace of its channel when there is only one.
        readable(workspace, reader, allDigests, ({ channel }) => ({ teamId, channel })),
        readable(workspace, reader, allMutes, (one) => one),
        readable(workspace, reader, allAlertsHere, ({ channel, teamId: team }) => ({ teamId: team, channel })),
      ]);
      const digests = ownPlans.map((one) => ({ ...one, next: nextOf(one) }));
      const mutes = ownMutes.map(muteWordsOf);
      const checkedAt = new Date().toISOString();
      return formatHome({ recent, running, watches, digests, alerts, mutes, health, checkedAt, version }, reply);
    },

    homeHelp: (): Message => formatHomeHelp(settings),

    async status(place: Place): Promise<Message> {
      const [health, feedback] = await Promise.all([
        readHealth(options),
        countFeedbackFor({ store, workspace: hurried(workspace) }, readerOfReply(place)),
      ]);
      const { version, node } = options;
      return formatStatus({ version, node, ...health, feedback: summaryOf(feedback) });
    },
  };
}

/** Null when the ktrdr API doesn't respond quickly; the health section shows why. */
async function readRunning(ktrdr: KtrdrApi | null): Promise<readonly RunningOperation[] | null> {
  if (ktrdr === null) return null;
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  try {
    const found = await ktrdr.operations({ status: 'running', limit: MAX_RUNNING }, signal);
    if (found.kind === 'unavailable') return null;
    const answers = await Promise.all(found.operationIds.map((id) => ktrdr.operation(id, signal)));
    return answers.flatMap((answer) => {
      if (answer.kind !== 'record') return [];
      const { operationId, operationType: type, symbol, timeframe, progress } = answer.record;
      return { operationId, type, symbol, timeframe, percent: progress.percentage };
    });
  } catch {
    return null;
  }
}

async function readHealth({ backend, probe, checkToken }: HomeOptions): Promise<HealthNow> {
  const { store } = backend.front;
  const [health, sources, slack, workers] = await Promise.all([
    backend.health(),
    probe(AbortSignal.timeout(PROBE_TIMEOUT_MS)),
    inTime(checkToken(), PROBE_TIMEOUT_MS).catch(() => [`Slack didn’t respond within ${PROBE_TIMEOUT_MS} ms.`]),
    aliveWorkers(store),
  ]);
  const open = Object.entries(health.queues).map(([name, counts]) => [name, openJobs(counts)] as const);
  return {
    queue: { kind: backend.kind, problems: health.problems, open: Object.fromEntries(open) },
    sources,
    slack: { problems: slack },
    workers: {
      alive: workers.length,
      problems:
        workers.length === 0 ? [await sayAbsent(store)] : [sayDifferentAlerts(workers)].filter((one) => one !== null),
    },
  };
}

function openJobs(counts: Readonly<Record<string, number>>): number {
  return ['waiting', 'active', 'delayed', 'prioritized'].reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}
