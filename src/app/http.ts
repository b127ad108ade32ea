/** The HTTP server of this process: its own pages (alive, ready, metrics, queues) and, in HTTP mode, Slack's requests. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createPlainServer, type Server } from 'node:net';
import type { Logger } from 'pino';
import { createCache } from '../jobs/cache.ts';
import { inTime } from '../jobs/health/in-time.ts';
import type { PartHealth } from '../jobs/health/probe.ts';
import { createMetrics, type MetricsOptions } from './metrics.ts';
import type { Runtime } from './runtime.ts';

export interface Readiness {
  /** Whether this process can currently do its part. */
  readonly ready: boolean;
  /** Includes parts that don't affect `ready`: Slack's token, and the workers of all processes. */
  readonly parts: Readonly<Record<string, PartHealth>>;
}

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  /** Based on the last checks, so it never waits. */
  readonly readiness: () => Readiness;
  /** Pages for administrators; null, so that they don't exist, when there is no token to protect them. */
  readonly admin: {
    readonly token: string;
    readonly metrics: { readonly contentType: string; read(): Promise<string> };
    /** Serves everything below `BOARD_PATH`; rejects while the queue is unreachable. */
    board(...request: Parameters<RequestListener>): Promise<void>;
  } | null;
  /** Serves all other paths, which are Slack's; null outside HTTP mode. */
  readonly slack: RequestListener | null;
  readonly log: Logger;
}

type Admin = NonNullable<HttpOptions['admin']>;

const BOARD_PATH = '/queues';
/** Shorter than the timeout of monitors, which give up after 5 to 10 s. */
const PAGE_LIMIT_MS = 4_000;

export async function startHttp(options: HttpOptions) {
  const isAdmin = createAdminCheck(options.admin?.token ?? '');
  const server = createServer((request, response) => {
    // An error that isn't caught here would end the process.
    route({ ...options, isAdmin }, request, response).catch((err: unknown) => {
      options.log.error({ err, path: pathOf(request) }, 'an HTTP page failed');
      if (response.headersSent) response.destroy();
      else answer(response, 500, { error: 'ktrdr-bot couldn’t serve this page. Its log shows why.' });
    });
  });
  // Keeps slow senders of headers or bodies from holding connections.
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  await listen(server, options);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    /** Accepts no more requests, and waits for those in progress. */
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

/**
 * Rejects where `startHttp` would, before the parts that are slow to open. Doesn't keep the port: until they are open, a request
 * is better refused than accepted.
 */
export async function checkPort(options: Pick<HttpOptions, 'host' | 'port'>): Promise<void> {
  const server = createPlainServer((socket) => socket.destroy());
  await listen(server, options);
  await new Promise((resolve) => server.close(resolve));
}

/** Loads the queue's board only when there is a token to protect it with. */
export async function adminPages({ config, backend }: Runtime, measured: Omit<MetricsOptions, 'store'>) {
  const token = config.http.adminToken;
  if (token === null) return null;
  const { openBoard } = await import('../adapters/queue/board.ts');
  return {
    token,
    metrics: createMetrics({ store: backend.front.store, ...measured }),
    board: openBoard(backend, BOARD_PATH),
  };
}

async function route(
  options: HttpOptions & { readonly isAdmin: AdminCheck },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = pathOf(request);
  if (path === '/healthz') return answer(response, 200, { alive: true });
  if (path === '/readyz') return answerReadiness(options, response);
  const isBoard = path === BOARD_PATH || path.startsWith(`${BOARD_PATH}/`);
  if (options.admin !== null && (path === '/metrics' || isBoard)) {
    const check = options.isAdmin(request);
    if (check !== 'yes') return refuse(response, check);
    return isBoard ? answerBoard(options.admin, request, response) : answerMetrics(options.admin, response);
  }
  if (options.slack !== null) return options.slack(request, response);
  answer(response, 404, { error: 'Page not found.' });
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

function listen(server: Server, { host, port }: Pick<HttpOptions, 'host' | 'port'>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'another program is using it' : error.message;
      reject(new Error(`Cannot listen on ${host}:${port}: ${reason}. Set HOST or PORT.`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

function answerReadiness({ readiness }: HttpOptions, response: ServerResponse): void {
  const state = readiness();
  answer(response, state.ready ? 200 : 503, state);
}

type AdminCheck = (request: IncomingMessage) => 'yes' | 'no' | 'too often';

/** Wrong tokens allowed per address: enough for typos, too few for guessing. */
const MOST_WRONG_TOKENS = 10;
const FORGOTTEN_AFTER_MS = 60_000;
const MOST_ADDRESSES = 10_000;

/** After too many wrong tokens, no token of that address counts for a minute. */
function createAdminCheck(token: string): AdminCheck {
  const wrong = createCache<number>({ maxEntries: MOST_ADDRESSES, ttlMs: FORGOTTEN_AFTER_MS });
  return ({ headers, socket }) => {
    const address = socket.remoteAddress ?? '';
    const count = wrong.get(address) ?? 0;
    if (count >= MOST_WRONG_TOKENS) return 'too often';
    if (isBearer(headers.authorization, token)) return 'yes';
    // A request without a token isn't a guess.
    if (headers.authorization !== undefined) wrong.set(address, count + 1);
    return 'no';
  };
}

function refuse(response: ServerResponse, check: 'no' | 'too often'): void {
  if (check === 'too often') {
    const seconds = FORGOTTEN_AFTER_MS / 1000;
    const error = `Too many wrong tokens from your address. Wait ${seconds} seconds.`;
    answer(response.setHeader('retry-after', seconds), 429, { error });
  } else {
    answer(response.setHeader('www-authenticate', 'Bearer'), 401, { error: 'Send ADMIN_TOKEN as a bearer token.' });
  }
}

async function answerMetrics({ metrics }: Admin, response: ServerResponse): Promise<void> {
  const text = await inTime(metrics.read(), PAGE_LIMIT_MS);
  response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
}

async function answerBoard({ board }: Admin, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await inTime(board(request, response), PAGE_LIMIT_MS);
  } catch {
    if (response.headersSent) response.destroy();
    else answer(response, 503, { error: 'ktrdr-bot can’t reach its queue. Try again in a minute.' });
  }
}

/** Compares digests: the comparison needs equal lengths, and its duration must not depend on the token. */
function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
