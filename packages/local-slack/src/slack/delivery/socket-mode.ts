import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { isObject, type JsonObject, parseJson, stringOf } from '../json.ts';

const PING_INTERVAL_MS = 5_000;

export type EnvelopeType = 'slash_commands' | 'interactive' | 'events_api';

export interface SocketMode {
  /** Path of a new connection, good once; for `apps.connections.open`. */
  ticket(): string;
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  connectionCount(): number;
  /** The payload of the acknowledgement, or null when none came in time or no app is connected. */
  send(type: EnvelopeType, payload: JsonObject, options: SendOptions): Promise<JsonObject | null>;
  /** Slack asks every connected app to come back by another connection. */
  disconnect(reason: 'warning' | 'refresh_requested' | 'link_disabled'): void;
  close(): void;
}

interface SendOptions {
  readonly timeoutMs: number;
  readonly retry?: { readonly attempt: number; readonly reason: string };
}

export function createSocketMode(appId: string): SocketMode {
  const server = new WebSocketServer({ noServer: true });
  const { clients: sockets } = server;
  const tickets = new Set<string>();
  const waiting = new Map<string, (payload: JsonObject) => void>();
  let turn = 0;

  function receive(text: string): void {
    const message = parseJson(text);
    if (!isObject(message)) return;
    const payload = message['payload'];
    waiting.get(stringOf(message['envelope_id']))?.(isObject(payload) ? payload : {});
  }

  server.on('connection', (socket) => {
    socket.on('message', (data) => receive(data.toString()));
    socket.on('error', () => socket.terminate());
    const hello = { type: 'hello', num_connections: sockets.size, connection_info: { app_id: appId } };
    socket.send(JSON.stringify({ ...hello, debug_info: { host: 'applink', approximate_connection_time: 18_060 } }));
  });

  const pings = setInterval(() => {
    for (const socket of sockets) socket.ping();
  }, PING_INTERVAL_MS);
  pings.unref();

  return {
    ticket() {
      const ticket = crypto.randomUUID();
      tickets.add(ticket);
      return `/link?ticket=${ticket}&app_id=${appId}`;
    },
    upgrade(request, stream, head) {
      const ticket = new URL(request.url ?? '', 'http://localhost').searchParams.get('ticket') ?? '';
      if (!tickets.delete(ticket)) {
        stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, stream, head, (socket) => server.emit('connection', socket));
    },
    connectionCount: () => sockets.size,
    send(type, payload, { timeoutMs, retry }) {
      // Each delivery goes to one connection only, whichever comes next.
      const socket = [...sockets][turn++ % Math.max(1, sockets.size)];
      if (socket === undefined) return Promise.resolve(null);
      const envelopeId = crypto.randomUUID();
      return new Promise((resolve) => {
        const timer = setTimeout(() => settle(null), timeoutMs);
        function settle(answer: JsonObject | null): void {
          clearTimeout(timer);
          waiting.delete(envelopeId);
          resolve(answer);
        }
        waiting.set(envelopeId, settle);
        const retryFields =
          type === 'events_api' ? { retry_attempt: retry?.attempt ?? 0, retry_reason: retry?.reason ?? '' } : {};
        const envelope = { envelope_id: envelopeId, type, payload, accepts_response_payload: type !== 'events_api' };
        socket.send(JSON.stringify({ ...envelope, ...retryFields }));
      });
    },
    disconnect(reason) {
      const notice = JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'applink' } });
      for (const socket of sockets) socket.send(notice);
    },
    close() {
      clearInterval(pings);
      for (const socket of sockets) socket.terminate();
    },
  };
}
