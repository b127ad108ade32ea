/** Alerts with everything they meet: a queue, Slack, deliveries, and recorded servers whose time moves by itself or by hand. */
import {
  type FakeSlack,
  type Message,
  type RecordedJaeger,
  startFakeSlack,
  startRecordedJaeger,
} from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { createChat } from '../../../src/adapters/slack/chat.ts';
import { createSlackWorkspace } from '../../../src/adapters/slack/workspace.ts';
import { computeHere } from '../../../src/app/computing.ts';
import { buildSources, diagnoseOptions } from '../../../src/app/sources.ts';
import { loadConfig } from '../../../src/config/environment.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { type LookMemory, type LookTools, runLook } from '../../../src/jobs/alert/run-look.ts';
import { type Subscription, saveAlerts } from '../../../src/jobs/alert/subscriptions.ts';
import { createPacing } from '../../../src/jobs/deliver/pacing.ts';
import { startDeliveryWorker } from '../../../src/jobs/deliver/worker.ts';
import { gatherCase } from '../../../src/jobs/gather/gather.ts';
import { OPEN } from '../../../src/jobs/register/open-requests.ts';
import { until } from '../../adapters/queue/until.ts';
import type { TestQueue } from '../queue-kinds.ts';

export const CHANNEL = 'C0OPS';
export const SILENT = pino({ level: 'silent' });
/** Exporters send every five seconds. */
const EXPORT_MS = 5_000;

export interface Watchtower {
  readonly slack: FakeSlack;
  readonly jaeger: RecordedJaeger;
  /** What a look is given. */
  readonly tools: LookTools;
  nowMs: number;
  /** One look, by a process of its own unless a memory is given; resolves when Slack shows what it said. */
  look(changes?: Partial<LookTools>, memory?: LookMemory): Promise<boolean>;
  alertsOn(changes?: Partial<Subscription>): Promise<void>;
  /** What the bot posted in the channel, not in a thread. */
  posts(channel?: string): readonly Message[];
  replies(root: Message): readonly Message[];
  close(): Promise<void>;
}

interface WatchtowerOptions {
  readonly documents: readonly unknown[];
  readonly startMs: number;
  readonly version?: '1.76' | '2.20' | 'main';
  readonly needsService?: boolean;
  /** Address of a ktrdr API that asks for the time. */
  ktrdr?(nowMs: () => number): Promise<{ readonly url: string; close(): Promise<void> }>;
}

export async function openWatchtower(queue: TestQueue, options: WatchtowerOptions): Promise<Watchtower> {
  const { documents, startMs, version = '2.20', needsService = false } = options;
  const time = { nowMs: startMs };
  const slack = await startFakeSlack();
  const [jaeger, ktrdr] = await Promise.all([
    startRecordedJaeger({
      version,
      traces: documents,
      needsService,
      nowMicros: () => (time.nowMs - EXPORT_MS) * 1000,
    }),
    options.ktrdr?.(() => time.nowMs) ?? null,
  ]);
  const clock = () => micros(time.nowMs * 1000);
  const config = loadConfig({ JAEGER_URL: jaeger.url, ...(ktrdr !== null && { KTRDR_API_URL: ktrdr.url }) }, false);
  const sources = await buildSources(config, clock);
  const { lookbackMs } = config;
  const wait = async (ms: number) => {
    time.nowMs += ms / 4;
  };
  const gathering = { ...sources, clock, lookbackMs, deadlineMs: 60_000, wait };
  const computing = await computeHere(config, {
    clock,
    diagnose: async (subject, symptom, signal) =>
      diagnose(await gatherCase({ subject, symptom }, gathering, signal), diagnoseOptions(config)),
  });
  const access = { tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl };
  const { backend } = queue;
  const workspace = createSlackWorkspace(access);
  const pacing = createPacing({ intervalMs: 1, burst: 1000 });
  const deliveries = startDeliveryWorker({ backend, chat: createChat(access), workspace, log: SILENT, pacing });
  const tools: LookTools = {
    client: backend.back,
    workspace,
    configured: [],
    clock,
    grafanaUrl: null,
    redact: [],
    lookbackMs,
    version: '1.0.0',
    actions: null,
    look: (input, signal) => computing.look(input, signal),
    diagnose: (subject, signal) => computing.diagnose({ subject, symptom: null }, signal),
    ownTeam: async () => slack.team.id,
    isAllowed: () => true,
    log: SILENT,
  };
  const posted = (channel: string) =>
    slack.messages(channel).filter(({ botId, ephemeralFor }) => botId === slack.team.botId && ephemeralFor === null);

  return {
    slack,
    jaeger,
    tools,
    get nowMs() {
      return time.nowMs;
    },
    set nowMs(value) {
      time.nowMs = value;
    },
    async look(changes = {}, memory = { state: null }) {
      try {
        return await runLook({ ...tools, ...changes }, memory, new AbortController().signal);
      } finally {
        const open = async () => (await backend.back.store.ranked(OPEN, { limit: 1 })).length === 0;
        if (!(await open())) await until('everything is delivered', open);
      }
    },
    async alertsOn(changes = {}) {
      const subscription = { teamId: slack.team.id, channel: CHANNEL, types: [], setBy: 'U0ANNA', since: time.nowMs };
      await saveAlerts(backend.back.store, { ...subscription, ...changes } as typeof subscription);
    },
    posts: (channel = CHANNEL) => posted(channel).filter(({ threadTs }) => threadTs === null),
    replies: ({ channel, ts }) => posted(channel).filter(({ threadTs }) => threadTs === ts),
    async close() {
      await deliveries.close(0);
      await Promise.all([slack.close(), jaeger.close(), ktrdr?.close()]);
    },
  };
}
