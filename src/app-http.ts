/** The process's own pages beside Slack's: is it alive, is it ready, how much did it do. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';

export interface Readiness {
  readonly ready: boolean;
  /** One entry for each part that is needed. */
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly problems: readonly string[] }>>;
}

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly readiness: () => Promise<Readiness>;
  /** Prometheus text; null when there is no token to protect it with, and then the page does not exist. */
  readonly metrics: { readonly token: string; readonly contentType: string; read(): Promise<string> } | null;
  /** Everything else, which is Slack's; null without HTTP mode. */
  readonly slack: RequestListener | null;
}

export interface HttpServer {
  readonly port: number;
  /** Takes no more requests, and waits for those under way. */
  close(): Promise<void>;
}

export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path === '/healthz') return answer(response, 200, { alive: true });
    if (path === '/readyz') return void answerReadiness(options, response);
    if (path === '/metrics' && options.metrics !== null) return void answerMetrics(options.metrics, request, response);
    if (options.slack !== null) return options.slack(request, response);
    answer(response, 404, { error: 'There is nothing at this address.' });
  });
  // Slow senders of headers or bodies must not hold connections.
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  await listen(server, options);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function listen(server: Server, { host, port }: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'another program uses it' : error.message;
      reject(new Error(`Cannot listen on ${host}:${port}: ${reason}. Set HOST or PORT.`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

async function answerReadiness({ readiness }: HttpOptions, response: ServerResponse): Promise<void> {
  const state = await readiness().catch((error: unknown) => ({
    ready: false,
    parts: { readiness: { ok: false, problems: [String(error)] } },
  }));
  answer(response, state.ready ? 200 : 503, state);
}

async function answerMetrics(
  metrics: NonNullable<HttpOptions['metrics']>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isBearer(request.headers.authorization, metrics.token)) {
    return answer(response.setHeader('www-authenticate', 'Bearer'), 401, {
      error: 'Send ADMIN_TOKEN as a bearer token.',
    });
  }
  try {
    response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.read());
  } catch (error) {
    answer(response, 500, { error: `The metrics could not be read: ${String(error)}` });
  }
}

/** Compares digests, because the comparison needs equal lengths and must not tell how far it got. */
function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
