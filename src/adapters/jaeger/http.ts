/** The one file that talks to the network: a GET with a deadline, a size limit, and failures as values. */
import { setMaxListeners } from 'node:events';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Agent, type Dispatcher, request } from 'undici';
import type { SourceFailure } from '../../jobs/ports.ts';
import { networkReason } from './network.ts';

export interface HttpOptions {
  /** Base URL with any path prefix, which is kept; credentials in it become basic authorization. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Contents of a PEM file. */
  readonly caFile: string | null;
  /** Per request, from connecting to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface Reply {
  readonly status: number;
  readonly location: string | null;
  readonly body: Buffer;
}

export type Outcome =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'failed'; readonly failure: SourceFailure };

export interface Http {
  /** `host:port`, the only part of the address that may be shown. */
  readonly host: string;
  /** `path` is relative to the base, e.g. `api/traces`. Redirects are not followed: they lead to login pages. */
  get(path: string, signal: AbortSignal): Promise<Outcome>;
}

const CONNECTIONS = 8;
/** Longer text than this does not fit one JavaScript string. */
const LONGEST_TEXT_BYTES = 500 * 1024 * 1024;

export function createHttp(options: HttpOptions): Http {
  const base = new URL(options.url);
  const host = `${base.hostname}:${base.port || (base.protocol === 'https:' ? '443' : '80')}`;
  const root = `${base.origin}${base.pathname.replace(/(?<!\/)\/+$/, '')}/`;
  const headers = { accept: 'application/json', 'accept-encoding': 'identity', ...basicAuth(base), ...options.headers };
  const limitBytes = Math.min(options.maxBytes, LONGEST_TEXT_BYTES);
  const connect = options.caFile === null ? {} : { ca: options.caFile };
  const dispatcher = new Agent({ connect, connections: CONNECTIONS, keepAliveTimeout: 10_000 });

  async function get(path: string, signal: AbortSignal): Promise<Outcome> {
    const limit = new AbortController();
    const abort = () => limit.abort();
    const timer = setTimeout(abort, options.timeoutMs);
    // Not AbortSignal.any: each of its signals costs as much as a small answer, and there are twenty requests to a diagnosis.
    // Many of them wait under the same signal, which is no leak.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    const started = performance.now();
    try {
      const response = await patiently(() =>
        request(root + path, {
          dispatcher,
          headers,
          signal: limit.signal,
          headersTimeout: 0,
          bodyTimeout: 0,
        }),
      );
      const body = await readBody(response, limitBytes);
      if (body === 'too-large') return failed({ code: 'too-large', host, limitBytes });
      const location = response.headers['location'];
      return reply(response.statusCode, typeof location === 'string' ? location : null, body);
    } catch (error) {
      if (limit.signal.aborted) {
        const afterMs = signal.aborted ? Math.round(performance.now() - started) : options.timeoutMs;
        return failed({ code: 'timed-out', host, afterMs });
      }
      const reason = networkReason(error);
      if (reason === null) throw error;
      return failed({ code: 'unreachable', host, reason });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  return { host, get };
}

/** A kept connection may have been closed from the other side meanwhile; a GET may simply be sent again. */
async function patiently(send: () => Promise<Dispatcher.ResponseData>): Promise<Dispatcher.ResponseData> {
  try {
    return await send();
  } catch (error) {
    if (isClosedConnection(error)) return send();
    throw error;
  }
}

function isClosedConnection(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

function reply(status: number, location: string | null, body: Buffer): Outcome {
  return { kind: 'reply', reply: { status, location, body } };
}

function failed(failure: SourceFailure): Outcome {
  return { kind: 'failed', failure };
}

async function readBody(response: Dispatcher.ResponseData, limitBytes: number): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop closes the connection, so the rest is not transferred.
    if (size > limitBytes) return 'too-large';
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return response.headers['content-encoding'] === 'gzip' ? unzip(body, limitBytes) : body;
}

/** Some proxies compress although nobody asked. */
async function unzip(body: Buffer, limitBytes: number): Promise<Buffer | 'too-large'> {
  try {
    return await promisify(gunzip)(body, { maxOutputLength: limitBytes });
  } catch (error) {
    if (error instanceof RangeError) return 'too-large';
    return body;
  }
}

function basicAuth(base: URL): Readonly<Record<string, string>> {
  if (base.username === '') return {};
  const pair = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
