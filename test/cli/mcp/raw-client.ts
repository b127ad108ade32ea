/** A second client, written from the specification alone: JSON-RPC 2.0, one message a line, without the library of the server. */
import { createInterface } from 'node:readline';
import { startCli } from '../run-cli.ts';

const PROTOCOL = '2025-06-18';
/** Invalid parameters: what the protocol says since 2026-07-28 of a resource that doesn't exist. */
export const NOT_FOUND = -32602;

export type Json = Readonly<Record<string, unknown>>;

class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: unknown;

  constructor({ code, message }: { readonly code?: unknown; readonly message?: unknown }) {
    super(String(message));
    this.code = code;
  }
}

export type RawClient = Awaited<ReturnType<typeof openRawClient>>;

export async function openRawClient(env: Readonly<Record<string, string>>) {
  const child = startCli(['mcp'], { env });
  const waiting = new Map<unknown, (message: Json) => void>();
  createInterface(child.stdout).on('line', (line) => {
    const message: Json = JSON.parse(line);
    waiting.get(message['id'])?.(message);
    waiting.delete(message['id']);
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let lastId = 0;

  const send = (message: Json) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  async function request(method: string, params: Json = {}): Promise<Json> {
    lastId += 1;
    const id = `raw-${lastId}`;
    const reply = new Promise<Json>((resolve) => waiting.set(id, resolve));
    send({ id, method, params });
    const { result, error } = await reply;
    if (error !== undefined) throw new RpcError(Object(error));
    return Object(result);
  }

  const clientInfo = { name: 'raw', version: '1' };
  const server = await request('initialize', { protocolVersion: PROTOCOL, capabilities: {}, clientInfo });
  send({ method: 'notifications/initialized' });
  return {
    server,
    request,
    call: (name: string, given: Json) => request('tools/call', { name, arguments: given }),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
