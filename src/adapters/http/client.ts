/**
 * The one HTTP client: requests with a deadline and a size limit, whose failures are values.
 *
 * None of undici's interceptors fits. `retry` resumes a broken body with a Range request, which hides the first error, and
 * waits before it retries. `decompress` prints an ExperimentalWarning in every command. `redirect` stays off, because redirects
 * lead to login pages. `dump` is for bodies that are not read.
 */
import { setMaxListeners } from 'node:events';
import { Agent, type Dispatcher, request } from 'undici';
import type { SourceFailure } from '../../jobs/ports.ts';
import { record } from '../../jobs/telemetry.ts';
import { asUtf8 } from '../../language/unicode.ts';
import { ACCEPT_ENCODING, decode } from './decode.ts';
import { networkTrouble } from './network.ts';

export interface HttpOptions {
  /** Base URL. A path prefix is kept; credentials become basic authorization. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Contents of a PEM file with the certificates of a private authority. */
  readonly caFile: string | null;
  /** Time limit per request, from connecting to the last byte. */
  readonly timeoutMs: number;
  /** Limit of a response body, both as sent and decompressed. */
  readonly maxBytes: number;
  /** Whether a body beyond the limit throws `BodyTooLarge`, so that another process can read it, instead of being a failure. */
  readonly throwsWhenTooLarge?: boolean;
}

class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** The API behind the client: its name, and the environment variables that advice mentions. */
export interface Service {
  readonly name: string;
  readonly urlVariable: string;
  readonly headersVariable: string;
  readonly caFileVariable: string;
  /** Null where the limit is fixed. */
  readonly maxBytesVariable: string | null;
}

export interface Reply {
  /** The requested URL, without credentials. */
  readonly url: URL;
  readonly status: number;
  readonly location: string | null;
  readonly retryAfter: string | null;
  /** Decompressed, in UTF-8. */
  readonly body: Buffer;
}

export type HttpOutcome =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'failed'; readonly failure: SourceFailure };

export interface Http {
  /** `host:port`, the only part of the URL that may be shown. */
  readonly host: string;
  /** `path` is relative to the base, e.g. `api/traces`. */
  get(path: string, signal: AbortSignal): Promise<HttpOutcome>;
}

export interface SendingHttp extends Http {
  /** For requests that change something: sent at most once. `body` is sent as JSON. */
  send(method: 'POST' | 'DELETE', path: string, body: object | null, signal: AbortSignal): Promise<SendOutcome>;
}

/** `isSent` is false when there was no connection, so the request can't have had an effect. */
type SendOutcome =
  | Extract<HttpOutcome, { kind: 'reply' }>
  | (Extract<HttpOutcome, { kind: 'failed' }> & { readonly isSent: boolean });

const CONNECTIONS = 8;
const KEEP_ALIVE_MS = 10_000;
/** Longer text doesn’t fit in one JavaScript string. */
const LONGEST_TEXT_BYTES = 500 * 1024 * 1024;

export function createHttp(options: HttpOptions, service: Service): SendingHttp {
  const base = new URL(options.url);
  const host = `${base.hostname}:${base.port || (base.protocol === 'https:' ? '443' : '80')}`;
  const root = `${base.origin}${base.pathname.replace(/(?<!\/)\/+$/, '')}/`;
  const headers = headersFor(base, options.headers);
  const limitBytes = Math.min(options.maxBytes, LONGEST_TEXT_BYTES);
  const connection = { isTls: base.protocol === 'https:', hasCa: options.caFile !== null };
  const dispatcher = new Agent({
    connect: options.caFile === null ? {} : { ca: options.caFile },
    connections: CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxResponseSize: limitBytes,
    // The deadline below covers everything.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  /** Every error that undici throws is a failure of the network or the other side; see `networkTrouble`. */
  async function receive(
    path: string,
    signal: AbortSignal,
    sent: Sent | null,
  ): Promise<Response | { readonly error: unknown }> {
    try {
      const response =
        sent === null
          ? await againWhenClosed(() => request(root + path, { dispatcher, headers, signal }))
          : await request(root + path, { dispatcher, signal, ...withBody(sent, headers) });
      return { response, body: Buffer.from(await response.body.arrayBuffer()) };
    } catch (error) {
      return { error };
    }
  }

  function tooLarge(): SourceFailure {
    if (options.throwsWhenTooLarge === true) throw new BodyTooLarge(`${host} sent more than ${limitBytes} bytes`);
    return { code: 'too-large', host, limitBytes, ...adviceOnSize(service) };
  }

  function networkFailure(error: unknown): SourceFailure {
    if (codeOf(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return tooLarge();
    return { code: 'unreachable', host, ...networkTrouble(error, service, connection) };
  }

  async function exchange(path: string, signal: AbortSignal, sent: Sent | null = null): Promise<SendOutcome> {
    const deadline = startDeadline(options.timeoutMs, signal);
    try {
      const received = await receive(path, deadline.signal, sent);
      if (deadline.signal.aborted) return failed({ code: 'timed-out', host, afterMs: deadline.afterMs() });
      if ('error' in received)
        return { ...failed(networkFailure(received.error)), isSent: !UNCONNECTED.has(codeOf(received.error)) };
      const { statusCode, headers } = received.response;
      const decoded = await decode(received.body, textOf(headers['content-encoding']), limitBytes);
      if (decoded.kind === 'too-large') return failed(tooLarge());
      if (decoded.kind === 'unreadable') return failed({ code: 'unreadable', host, reason: decoded.reason });
      const body = asUtf8(decoded.body);
      const [location, retryAfter] = [textOf(headers['location']), textOf(headers['retry-after'])];
      return { kind: 'reply', reply: { url: new URL(root + path), status: statusCode, location, retryAfter, body } };
    } finally {
      deadline.end();
    }
  }

  return {
    host,
    get: (path, signal) => measured(exchange(path, signal), service, signal),
    send: (method, path, body, signal) => measured(exchange(path, signal, { method, body }), service, signal),
  };
}

async function measured(sent: Promise<SendOutcome>, { name }: Service, signal: AbortSignal): Promise<SendOutcome> {
  const outcome = await sent;
  record({ kind: 'source-call', source: name.toLowerCase(), outcome: outcomeName(outcome, signal) });
  return outcome;
}

interface Sent {
  readonly method: 'POST' | 'DELETE';
  readonly body: object | null;
}

function withBody({ method, body }: Sent, headers: Readonly<Record<string, string>>) {
  if (body === null) return { method, headers };
  return { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Codes of errors that occur before a connection exists. */
const UNCONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The outcome label for the metrics. A request that the caller aborted isn't the source's fault. */
function outcomeName(outcome: SendOutcome, caller: AbortSignal): string {
  if (outcome.kind === 'failed') return caller.aborted ? 'aborted' : outcome.failure.code;
  return outcome.reply.status < 300 ? 'ok' : `http_${outcome.reply.status}`;
}

interface Response {
  readonly response: Dispatcher.ResponseData;
  readonly body: Buffer;
}

/**
 * Aborts after the time limit or with the caller’s signal. Not AbortSignal.any: each of its signals costs as much as a small
 * response, and a diagnosis makes twenty requests.
 */
function startDeadline(timeoutMs: number, caller: AbortSignal) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  const started = performance.now();
  // Many requests share this signal, so Node's warning about a listener leak would be wrong.
  setMaxListeners(0, caller);
  caller.addEventListener('abort', abort);
  if (caller.aborted) abort();
  return {
    signal: controller.signal,
    afterMs: () => (caller.aborted ? Math.round(performance.now() - started) : timeoutMs),
    end() {
      clearTimeout(timer);
      caller.removeEventListener('abort', abort);
    },
  };
}

/** The server may have closed a kept connection just as the request went out. A GET can be sent again, over a new one. */
async function againWhenClosed<Result>(send: () => Promise<Result>): Promise<Result> {
  try {
    return await send();
  } catch (error) {
    if (CLOSED.has(codeOf(error))) return send();
    throw error;
  }
}

const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Raising the limit is the only way to read such a response. */
function adviceOnSize({ maxBytesVariable }: Service): Pick<SourceFailure, 'advice'> {
  return maxBytesVariable === null ? {} : { advice: `Raise ${maxBytesVariable} to read it.` };
}

function failed(failure: SourceFailure): Extract<SendOutcome, { kind: 'failed' }> {
  return { kind: 'failed', failure, isSent: true };
}

function textOf(header: string | string[] | undefined): string | null {
  return Array.isArray(header) ? header.join(',') : (header ?? null);
}

/** Lower-case names, so that a configured header replaces ours instead of being sent beside it. */
function headersFor(base: URL, configured: Readonly<Record<string, string>>): Record<string, string> {
  const own = { accept: 'application/json', 'accept-encoding': ACCEPT_ENCODING, ...basicAuth(base) };
  const entries = Object.entries(configured).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...own, ...Object.fromEntries(entries) };
}

function basicAuth({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A URL may contain a bare `%` that isn't part of an escape. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
