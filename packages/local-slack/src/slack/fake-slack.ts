import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { close, isForThisMachine, listen, refusesForeign } from '../local-server.ts';
import type { BotEndpoint, Delivery, Receipt } from './delivery/delivery.ts';
import { eventsOf } from './delivery/events.ts';
import { createOutbox } from './delivery/outbox.ts';
import type { InteractionContext } from './interactions/interactions.ts';
import { createPerson, type Person } from './interactions/person.ts';
import type { JsonObject } from './json.ts';
import type { Change, Channel, Message, Team, User } from './state/model.ts';
import { type ChannelSeed, seedWorkspace, type TeamSeed, type UserSeed } from './state/seed.ts';
import { createStore, type Store } from './state/store.ts';
import { until } from './until.ts';
import { type Api, createApi, type JournalEntry } from './web-api/api.ts';
import type { DrawFault, Fault, FaultRule } from './web-api/faults.ts';
import { putNewMessage } from './web-api/method.ts';
import type { OAuth } from './web-api/methods/oauth.ts';
import type { CallsPerMinute } from './web-api/rate-limits.ts';

export interface FakeSlackOptions {
  /** Default 0: any free port of 127.0.0.1. */
  readonly port?: number;
  readonly teams?: readonly TeamSeed[];
  readonly users?: readonly UserSeed[];
  readonly channels?: readonly ChannelSeed[];
  readonly signingSecret?: string;
  /** Default: the HTTP address given later by `connectBot`, or Socket Mode when an app is connected that way. */
  readonly bot?: BotEndpoint;
  readonly commands?: readonly string[];
  readonly unfurlDomains?: readonly string[];
  /** `enforce` answers 429 above Slack's limits; `measure` only counts. Default `measure`. */
  readonly rateLimits?: 'measure' | 'enforce';
  /** Instead of Slack's tiers, by method; null has no limit. */
  readonly perMinute?: CallsPerMinute;
  /** Messages in a page of a history, whatever the app asks for; default 1,000. Apps that are not of the Marketplace get 15. */
  readonly mostPerPage?: number;
  /** How many of the latest requests the journal keeps; default all. */
  readonly journalLength?: number;
  /** Milliseconds; default the real time. */
  readonly now?: () => number;
  /** How long Slack waits for an acknowledgement; default 3 s. */
  readonly ackTimeoutMs?: number;
  /** Waits before the three repetitions of an event; default Slack's own: at once, 1 min, 5 min. */
  readonly eventRetryDelaysMs?: readonly number[];
  /** How long an uploaded picture cannot be shown in a block yet; default 0. */
  readonly fileProcessingMs?: number;
  /** Default `https://<domain>.slack.com`. */
  readonly permalinkBase?: 'self' | 'slack.com';
  /** Handles requests for other paths than Slack's; true when it responds. */
  readonly otherwise?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface FakeSlack {
  /** Origin, e.g. `http://127.0.0.1:41234`. */
  readonly url: string;
  /** For `slackApiUrl`, with the final slash. */
  readonly apiUrl: string;
  readonly signingSecret: string;
  readonly appToken: string;
  /** The first team, to which the default users and channels belong. */
  readonly team: Team;
  readonly store: Store;
  /** Every request by the app, oldest first. */
  readonly journal: readonly JournalEntry[];
  calls(method: string): readonly JournalEntry[];
  /** Everything that Slack accepts but that is bad for people, e.g. `missing_text_in_message`. */
  warnings(): readonly string[];
  /** Times of the bot's posts to a channel in milliseconds. */
  postTimes(channel: string): readonly number[];
  fault(method: string, fault: Fault | DrawFault, rule?: FaultRule): void;
  clearFaults(): void;
  /** From now on the token answers `invalid_auth`. */
  revoke(token: string): void;
  /** How the app is installed in teams and what becomes of its tokens. */
  readonly oauth: OAuth;
  /** Removes the app from the team, with the events that Slack sends then. */
  uninstall(teamId: string): Promise<Receipt>;
  connectBot(bot: BotEndpoint): void;
  /** Resolves when an app has connected by Socket Mode. */
  socketConnected(): Promise<void>;
  disconnectSockets(reason: 'warning' | 'refresh_requested' | 'link_disabled'): void;
  /** Sends one thing once, for tests of odd payloads. */
  deliver(delivery: Delivery): Promise<Receipt>;
  /** Delivers an event with Slack's retries; resolves with the last receipt. */
  sendEvent(event: JsonObject): Promise<Receipt>;
  verifyUrl(): Promise<Receipt>;
  /** `teamId`: where they act, when that is a channel which another organisation shares with theirs. */
  as(userId: string, teamId?: string): Person;
  /** A message by some other app, as an alert is. */
  alert(channel: string, content: Partial<Pick<Message, 'text' | 'blocks' | 'attachments'>>): Message;
  channel(id: string): Channel;
  /** Ephemeral messages included; oldest first. */
  messages(channel: string): readonly Message[];
  /** The parent and its replies. */
  thread(channel: string, ts: string): readonly Message[];
  message(channel: string, ts: string): Message | null;
  subscribe(listener: (change: Change) => void): () => void;
  /** The first message for which the predicate holds, now or later; rejects after the time. */
  waitForMessage(predicate: (message: Message) => boolean, timeoutMs?: number): Promise<Message>;
  /** Resolves when nothing was on its way in either direction for `idleMs`. */
  waitUntilQuiet(options?: { readonly idleMs?: number; readonly timeoutMs?: number }): Promise<void>;
  close(): Promise<void>;
}

const RETRY_DELAYS_MS = [0, 60_000, 300_000];

/** A strict Slack on this machine: its Web API, its events, and the people who use it. */
export async function startFakeSlack(options: FakeSlackOptions = {}): Promise<FakeSlack> {
  const now = options.now ?? Date.now;
  const seed = seedWorkspace(options);
  const store = createStore({ ...seed, now });
  const signingSecret = options.signingSecret ?? 'fake-signing-secret';
  const server = createServer();
  const url = await listen(server, options.port ?? 0);
  const api = createApi({ store, origin: url, ...options });
  serve(server, api, options.otherwise);

  const outbox = createOutbox({
    store,
    socketMode: api.socketMode,
    signingSecret,
    bot: options.bot ?? null,
    ackTimeoutMs: options.ackTimeoutMs ?? 3_000,
    retryDelaysMs: options.eventRetryDelaysMs ?? RETRY_DELAYS_MS,
  });
  let lastChange = Date.now();

  store.subscribe((change) => {
    lastChange = Date.now();
    for (const team of store.teams) {
      for (const event of eventsOf(change, store, team, options.unfurlDomains ?? [])) outbox.announce(event, team);
    }
  });

  function context(team: Team): InteractionContext {
    const { triggers, responseUrls } = api;
    return { store, team, triggers, responseUrls, commands: options.commands ?? ['/ktrdr'], deliver: outbox.send };
  }

  const teamOf = (id: string | undefined) => teamIn(store, id);

  return {
    url,
    apiUrl: `${url}/api/`,
    signingSecret,
    ...controlsOf(api),
    team: teamOf(store.teams[0]?.id),
    store,
    async uninstall(teamId) {
      const team = teamOf(teamId);
      api.oauth.uninstall(teamId);
      await outbox.sendEvent({ type: 'tokens_revoked', tokens: { oauth: [], bot: [team.botUserId] } }, team);
      return outbox.sendEvent({ type: 'app_uninstalled' }, team);
    },
    connectBot: outbox.connect,
    deliver: outbox.send,
    sendEvent: (event) => outbox.sendEvent(event, teamOf(store.teams[0]?.id)),
    verifyUrl: () => outbox.send({ kind: 'event', payload: urlVerification() }),
    as(userId, teamId) {
      const user: User | undefined = store.users.get(userId);
      if (user === undefined) throw new Error(`There is no user ${userId}.`);
      const team = teamOf(teamId ?? user.teamId);
      return createPerson(context(team), user, (event) => outbox.announce(event, team));
    },
    ...lookups(store),
    waitUntilQuiet({ idleMs = 250, timeoutMs: wait = 60_000 } = {}) {
      const lastActivity = () => Math.max(lastChange, outbox.lastReceiptAt(), api.lastRequestAt());
      const isQuiet = () => !outbox.isBusy() && !api.isBusy() && Date.now() - lastActivity() >= idleMs;
      return until(isQuiet, wait, 'The workspace did not become quiet.');
    },
    async close() {
      outbox.close();
      api.socketMode.close();
      await close(server);
    },
  };
}

/** What tests see of the app's calls and how they disturb them. */
function controlsOf({ appToken, journal, rates, faults, revoke, oauth, socketMode }: Api) {
  return {
    appToken,
    journal,
    calls: (method: string) => journal.filter((entry) => entry.method === method),
    warnings: () => journal.flatMap((entry) => entry.warnings),
    postTimes: rates.posts,
    fault: faults.add,
    clearFaults: faults.clear,
    revoke,
    oauth,
    socketConnected: () => until(() => socketMode.connectionCount() > 0, 60_000, 'No app connected by Socket Mode.'),
    disconnectSockets: socketMode.disconnect,
  };
}

function serve(server: Server, api: Api, otherwise: FakeSlackOptions['otherwise']): void {
  server.on('request', (request, response) => {
    if (refusesForeign(request, response)) return;
    if (!api.handle(request, response) && otherwise?.(request, response) !== true) response.writeHead(404).end();
  });
  server.on('upgrade', (request, stream, head) => {
    if (isForThisMachine(request)) api.socketMode.upgrade(request, stream, head);
    else stream.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
  });
}

function urlVerification(): JsonObject {
  return { type: 'url_verification', token: 'verification-token', challenge: crypto.randomUUID() };
}

function teamIn(store: Store, id: string | undefined): Team {
  const team = store.teams.find((candidate) => candidate.id === id);
  if (team === undefined) throw new Error(`There is no team ${String(id)}.`);
  return team;
}

/** What tests read in the workspace and put into it, past the app. */
function lookups(
  store: Store,
): Pick<FakeSlack, 'alert' | 'channel' | 'messages' | 'thread' | 'message' | 'subscribe' | 'waitForMessage'> {
  const { messages, subscribe } = store;
  return {
    alert(channel, content) {
      const full = { text: '', blocks: [], attachments: [], ...content };
      const author = { user: 'UALERTS', botId: 'BALERTS', subtype: 'bot_message' };
      return putNewMessage(store, { channel, content: full, ...author });
    },
    channel(id) {
      const channel = store.channels.get(id);
      if (channel === undefined) throw new Error(`There is no channel ${id}.`);
      return channel;
    },
    messages,
    thread: (channel, ts) => messages(channel).filter((message) => message.ts === ts || message.threadTs === ts),
    message: (channel, ts) => messages(channel).find((message) => message.ts === ts) ?? null,
    subscribe,
    async waitForMessage(predicate, wait = 60_000) {
      const find = () => [...store.channels.keys()].flatMap(messages).find(predicate);
      await until(() => find() !== undefined, wait, 'No such message came.');
      const found = find();
      if (found === undefined) throw new Error('The message was gone at once.');
      return found;
    },
  };
}
