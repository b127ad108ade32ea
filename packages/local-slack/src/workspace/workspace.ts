import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { type FakeSlack, type FakeSlackOptions, startFakeSlack } from '../slack/fake-slack.ts';
import { isObject, type JsonObject, parseJson } from '../slack/json.ts';
import type { Message, SlackFile } from '../slack/state/model.ts';
import { answerJson, readBytes } from '../slack/web-api/body.ts';
import { act } from './actions.ts';
import { type BotStart, createBotStart } from './bot-start.ts';
import { changeFor, snapshotFor } from './snapshot.ts';
import { answerTrace, MOST_TRACE_MB, type TakeTrace } from './trace-file.ts';

export interface WorkspaceOptions
  extends Pick<FakeSlackOptions, 'teams' | 'users' | 'channels' | 'signingSecret' | 'bot' | 'unfurlDomains'> {
  /** 0 for any free port. */
  readonly port: number;
  /** The user at the browser; default: the first. */
  readonly person?: string;
  readonly commands: readonly CommandHelp[];
  readonly shortcuts: readonly Shortcut[];
  /** What the panel “Try these” offers. */
  readonly incidents: readonly Incident[];
  /** How a message of the app came about, for the panel “What just happened”; empty when that isn't known. */
  readonly whatHappened?: (message: Message) => readonly Step[];
  /** Takes a trace file that was dropped on the page, and gives the messages that ask about it, or a sentence on what is wrong. */
  readonly takeTrace?: TakeTrace;
  /** A story that a button above “Try these” plays. */
  readonly story?: Story;
}

export interface Story {
  readonly title: string;
  readonly about: string;
  /** Begins it in this channel; resolves to the channel in which it happens. Rejects with a sentence when it can't begin. */
  play(): Promise<string>;
}

export interface Step {
  /** What took it, e.g. `Queue`. */
  readonly part: string;
  /** Milliseconds. */
  readonly at: number;
  readonly text: string;
}

interface CommandHelp {
  /** With its slash. */
  readonly command: string;
  readonly about: string;
  /** Completions after the command, e.g. `diagnose <op-id>`. */
  readonly usages: readonly { readonly text: string; readonly about: string }[];
}

interface Shortcut {
  readonly type: 'message' | 'global';
  readonly callbackId: string;
  readonly name: string;
}

interface Incident {
  readonly title: string;
  /** Put into the composer as it is, e.g. `/ktrdr diagnose op_training_…`. */
  readonly command: string;
  readonly about: string;
}

export interface Workspace {
  /** The page; the Web API is at `slack.apiUrl`. */
  readonly url: string;
  readonly slack: FakeSlack;
  /**
   * Shows in the page that the bot is starting, and why when it could not. What people do until then waits for it.
   * Without a start to follow the bot counts as running.
   */
  followStart(start: Promise<unknown>): void;
  close(): Promise<void>;
}

/** The page is not compiled, so it is read from the package, both in `src` and in `dist`. */
const PAGE = new URL('../../page/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Messages hold text from anywhere; nothing in them may load or run anything. */
const SECURITY = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** A Slack workspace on this machine, with a browser page to use it. */
export async function startWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { port, person, commands, shortcuts, incidents, whatHappened, takeTrace, story, ...slackOptions } = options;
  const features = {
    hasSteps: whatHappened !== undefined,
    mostTraceMb: takeTrace === undefined ? 0 : MOST_TRACE_MB,
    story: story === undefined ? null : { title: story.title, about: story.about },
  };
  const slack = await startFakeSlack({
    ...slackOptions,
    port,
    commands: commands.map(({ command }) => command),
    permalinkBase: 'self',
    otherwise: (request, response) => route(request, response),
  });
  const me = person ?? [...slack.store.users.keys()][0] ?? '';
  slack.as(me).dm();
  const bot = createBotStart();

  function route(request: IncomingMessage, response: ServerResponse): boolean {
    const url = new URL(request.url ?? '/', slack.url);
    if (request.method === 'POST' && url.pathname === '/workspace/act') {
      void answerAct(request, response);
    } else if (request.method === 'POST' && url.pathname === '/workspace/trace') {
      void answerTrace(request, response, { bot, takeTrace });
    } else if (request.method !== 'GET') {
      return false;
    } else if (url.pathname === '/workspace/state') {
      answerJson(response, 200, {
        ...snapshotFor(slack, me),
        bot: bot.state(),
        commands,
        shortcuts,
        incidents,
        features,
      });
    } else if (url.pathname === '/workspace/steps') {
      const { channel = '', ts = '' } = Object.fromEntries(url.searchParams);
      const message = slack.message(channel, ts);
      answerJson(response, 200, { steps: message === null ? [] : (whatHappened?.(message) ?? []) });
    } else if (url.pathname === '/workspace/events') {
      streamChanges(response, slack, me, bot);
    } else if (url.pathname.startsWith('/files/')) {
      answerFile(response, slack.store.files.get(url.pathname.split('/')[2] ?? ''));
    } else if (url.pathname.startsWith('/archives/')) {
      response.writeHead(302, { location: `/#${url.pathname.slice('/archives/'.length)}` }).end();
    } else {
      void answerPage(response, url.pathname === '/' ? 'index.html' : url.pathname.slice(1));
    }
    return true;
  }

  async function answerAct(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = parseJson((await readBytes(request)).toString('utf8'));
    // A page elsewhere cannot send this type without being asked first.
    const isJson = request.headers['content-type'] === 'application/json';
    if (!isJson || !isObject(action)) return answerJson(response, 400, { error: 'expected a JSON object' });
    const start = await bot.settled();
    if (start.state === 'failed') return answerJson(response, 422, { error: `The bot did not start: ${start.reason}` });
    try {
      const isPlay = action['act'] === 'play' && story !== undefined;
      answerJson(response, 200, isPlay ? { channel: await story.play() } : await act(slack, me, action));
    } catch (error) {
      answerJson(response, 422, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  return { url: `${slack.url}/`, slack, followStart: bot.follow, close: slack.close };
}

function streamChanges(response: ServerResponse, slack: FakeSlack, me: string, bot: BotStart): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': connected\n\n');
  const send = (change: JsonObject) => void response.write(`data: ${JSON.stringify(change)}\n\n`);
  const unsubscribe = slack.subscribe((change) => {
    const seen = changeFor(slack, me, change);
    if (seen !== null) send(seen);
  });
  response.on('close', unsubscribe);
  response.on(
    'close',
    bot.subscribe((state) => send({ bot: state })),
  );
}

function answerFile(response: ServerResponse, file: SlackFile | undefined): void {
  const type = TYPES[extname(file?.name ?? '')] ?? 'text/plain; charset=utf-8';
  if (file === undefined) response.writeHead(404).end();
  else response.writeHead(200, { ...SECURITY, 'content-type': type }).end(file.bytes);
}

async function answerPage(response: ServerResponse, name: string): Promise<void> {
  const type = /^[a-z-]+\.(html|css|js|svg)$/.test(name) ? TYPES[extname(name)] : undefined;
  const body = type === undefined ? null : await readFile(new URL(name, PAGE)).catch(() => null);
  if (body === null || type === undefined) response.writeHead(404).end();
  else response.writeHead(200, { ...SECURITY, 'content-type': type }).end(body);
}
