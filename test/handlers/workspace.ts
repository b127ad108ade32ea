import { createServer } from 'node:http';
import { type FakeSlack, type FakeSlackOptions, startFakeSlack } from '@ktrdr-bot/local-slack';
import { isQueueUnavailable, outcomeOfQueueError } from '../../src/adapters/queue/queue-errors.ts';
import { createChat } from '../../src/adapters/slack/chat.ts';
import { createSlackWorkspace } from '../../src/adapters/slack/workspace.ts';
import { createLog } from '../../src/app/log.ts';
import { cleanText } from '../../src/diagnosis/clean.ts';
import { micros } from '../../src/diagnosis/trace.ts';
import type { Access } from '../../src/handlers/access.ts';
import { createOutageLog } from '../../src/handlers/outage-log.ts';
import { createSlackApp, type SlackApp } from '../../src/handlers/slack-app.ts';
import type { Chat } from '../../src/jobs/ports.ts';
import { isInAny, isSharedOutside, maySpeak } from '../../src/jobs/readers.ts';
import type { DiagnoseRequest, Questions } from '../../src/jobs/requests.ts';
import type { Services } from '../../src/jobs/services.ts';

export type Transport = 'http' | 'socket';

export interface Workspace {
  readonly slack: FakeSlack;
  readonly app: SlackApp;
  readonly chat: Chat;
  /** What reached the queue, oldest first. */
  readonly asked: readonly DiagnoseRequest[];
  /** Where Slack posts to in HTTP mode. */
  readonly eventsUrl: string;
  /** What was logged, as pino writes it. */
  readonly logged: readonly string[];
  close(): Promise<void>;
}

/** A fake Slack with the real receivers connected to it, and a queue that only remembers. */
export async function openWorkspace(
  transport: Transport,
  options: {
    readonly access?: Partial<Access>;
    readonly actionUsers?: readonly string[];
    readonly questions?: Partial<Questions>;
    readonly services?: Partial<Services>;
    readonly autoReplyChannels?: readonly string[];
    readonly slack?: FakeSlackOptions;
    readonly tokenFor?: () => Promise<string>;
  } = {},
): Promise<Workspace> {
  const slack = await startFakeSlack(options.slack);
  const asked: DiagnoseRequest[] = [];
  const logged: string[] = [];
  const tokenFor = options.tokenFor ?? (async () => slack.team.botToken);
  const chat = createChat({ tokenFor, apiUrl: slack.apiUrl });
  const log = createLog('debug', { write: (line: string) => void logged.push(line) });
  const app = createSlackApp({
    intake:
      transport === 'socket'
        ? { kind: 'socket', appToken: slack.appToken }
        : { kind: 'http', signingSecret: slack.signingSecret },
    tokenFor,
    apiUrl: slack.apiUrl,
    context: {
      questions: {
        async diagnose(request) {
          asked.push(request);
          return { kind: 'taken' };
        },
        cancel: async () => 'over',
        ...options.questions,
      },
      isQueueUnavailable,
      isOutcomeUnknown: (error) => outcomeOfQueueError(error) === 'unknown',
      clean: cleanText,
      access: { teams: null, channels: null, users: null, ...options.access },
      actionUsers: options.actionUsers ?? [],
      respond: chat.respond,
      services: { ...idleServices(chat, checksOf(slack)), ...options.services },
      autoReplyChannels: options.autoReplyChannels ?? [],
      jaegerHost: 'jaeger.example.com',
      clock: () => micros(Date.now() * 1000),
      outages: createOutageLog(log),
      log,
    },
  });
  const server = createServer(app.listener ?? ((_request, response) => response.writeHead(404).end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const eventsUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/slack/events`;
  if (transport === 'http') slack.connectBot({ kind: 'http', eventsUrl });
  await app.start();
  return {
    slack,
    app,
    chat,
    asked,
    eventsUrl,
    logged,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await app.stop();
      server.closeAllConnections();
      await closed;
      await slack.close();
    },
  };
}

/** What is asked of Slack before somebody is let in. */
function checksOf(slack: FakeSlack) {
  const workspace = createSlackWorkspace({ tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl });
  const told = new Set<string>();
  return {
    maySpeak: maySpeak.bind(null, workspace),
    isInAny: isInAny.bind(null, workspace),
    isSharedOutside: isSharedOutside.bind(null, workspace),
    isFirst: async (what: string) => told.size < told.add(what).size,
  };
}

/** Nothing was said before, nothing is known, and what is to be said is posted at once. */
function idleServices(chat: Chat, checks: ReturnType<typeof checksOf>): Services {
  const done = async () => null;
  const message = { text: 'Done.', blocks: [] };
  return {
    async say(id, place, said) {
      await chat.post(place, said, { requestId: id.replaceAll(/[^A-Za-z0-9-]/g, ''), slot: 'summary' });
    },
    explain: () => null,
    causeNames: () => ['data-missing'],
    causeChoices: [],
    status: async () => message,
    mute: async () => message,
    unmute: async () => message,
    mutes: async () => message,
    undoMute: async () => message,
    quietChoices: async () => message,
    quiet: async () => message,
    share: async () => ({ isDone: true, message }),
    recent: async () => message,
    digestWords: async () => '',
    setDigest: async () => ({ isDone: true, message }),
    endDigest: async () => message,
    alerts: async () => message,
    endAlerts: async () => message,
    watch: done,
    modelOf: done,
    confirmAction: async () => ({ isDone: true, message }),
    stopWatching: done,
    detail: async () => message,
    feedback: async () => message,
    claim: done,
    search: done,
    failed: done,
    turnPage: done,
    digest: done,
    showAll: done,
    preview: async () => undefined,
    home: async () => [],
    homeHelp: () => message,
    ...checks,
  };
}
