/** One GET of JSON. What can go wrong on a network comes back as a value; anything else is a bug and is thrown. */
import { errors, request } from 'undici';
import type { SourceFailure } from '../../jobs/ports.ts';

export interface HttpOptions {
  /** Base URL, with any path prefix; credentials in it become basic authorization. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export type JsonAnswer =
  | { readonly kind: 'json'; readonly httpStatus: number; readonly body: unknown }
  | { readonly kind: 'unavailable'; readonly failure: SourceFailure };

const MOST_BYTES = 16 * 1024 * 1024;

export async function getJson(options: HttpOptions, path: string, signal: AbortSignal): Promise<JsonAnswer> {
  const { timeoutMs } = options;
  const base = new URL(options.url);
  const host = hostOf(base);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await request(`${base.origin}${base.pathname.replace(/(?<!\/)\/+$/, '')}${path}`, {
      headers: { accept: 'application/json', ...authorization(base), ...options.headers },
      signal: AbortSignal.any([signal, timeout]),
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const text = await readText(response.body);
    if (text === null) return unavailable({ code: 'too-large', host, limitBytes: MOST_BYTES });
    return readJson(host, response.statusCode, text);
  } catch (error) {
    if (signal.aborted || timeout.aborted) return unavailable({ code: 'timed-out', host, afterMs: timeoutMs });
    const reason = networkReason(error);
    if (reason === null) throw error;
    return unavailable({ code: 'unreachable', host, reason });
  }
}

/** `host:port`, the only part of an address that may be shown. */
export function hostOf(base: URL): string {
  return `${base.hostname}:${base.port || (base.protocol === 'https:' ? '443' : '80')}`;
}

async function readText(body: AsyncIterable<Buffer>): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MOST_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readJson(host: string, httpStatus: number, text: string): JsonAnswer {
  try {
    return { kind: 'json', httpStatus, body: JSON.parse(text) };
  } catch {
    const what = /^\s*<(?:!doctype|html|head|body)/i.test(text) ? 'an HTML page' : 'text that is not JSON';
    if (httpStatus >= 400) return unavailable({ code: 'refused', host, httpStatus, reason: `${what} instead of JSON` });
    return unavailable({ code: 'unreadable', host, reason: `with ${what}; is this the address of the ktrdr backend?` });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name could not be looked up',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ECONNRESET: 'connection reset',
  UND_ERR_SOCKET: 'connection closed before the answer was complete',
};

/** Null for an error that is not the network's. With several addresses for one name, Node wraps one error for each. */
function networkReason(error: unknown): string | null {
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(inner instanceof Error) || inner instanceof errors.InvalidArgumentError) return null;
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : null;
  if (code === null || code.startsWith('ERR_INVALID')) return null;
  return REASONS[code] ?? inner.message;
}

function authorization(base: URL): Readonly<Record<string, string>> {
  if (base.username === '') return {};
  const pair = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function unavailable(failure: SourceFailure): JsonAnswer {
  return { kind: 'unavailable', failure };
}
