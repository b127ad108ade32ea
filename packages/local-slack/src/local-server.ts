import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';

/** One request and its answer. */
export interface Exchange {
  /** When the request came, in milliseconds. */
  readonly at: number;
  readonly ms: number;
  /** e.g. `GET`. */
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Null when the server gave no answer. */
  readonly status: number | null;
}

/** A server for clients on this machine. */
export function createLocalServer(answer: RequestListener, onExchange?: (exchange: Exchange) => void): Server {
  return createServer((request, response) => {
    if (refusesForeign(request, response)) return;
    if (onExchange !== undefined) {
      const at = Date.now();
      const { method = '', url = '', headers } = request;
      response.once('close', () => {
        const status = response.headersSent ? response.statusCode : null;
        onExchange({ at, ms: Date.now() - at, method, path: url, headers, status });
      });
    }
    answer(request, response);
  });
}

/** Answers a request that does not come from this machine, and is true then. */
export function refusesForeign(request: IncomingMessage, response: ServerResponse): boolean {
  if (isForThisMachine(request)) return false;
  response.writeHead(403).end('This server answers to localhost and 127.0.0.1 only.');
  return true;
}

/**
 * Otherwise a page elsewhere could give this server a host name of its own and read it (DNS rebinding), or send it forms.
 */
export function isForThisMachine({ headers }: IncomingMessage): boolean {
  const { host = '', origin } = headers;
  return isThisMachine(host) && (origin === undefined || isThisMachine(origin.replace(/^https?:\/\//, '')));
}

function isThisMachine(host: string): boolean {
  return /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i.test(host);
}

/** Listens on this machine only, 0 for any free port, and gives the origin; rejects when the port is taken. */
export async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return `http://127.0.0.1:${address.port}`;
}

export function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
