/** What both clients make of servers that misbehave: one table, since both must cope with the same proxies. */
import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createJaegerSource } from '../../../src/adapters/jaeger/source.ts';
import { createKtrdrApi } from '../../../src/adapters/ktrdr/api.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { redact } from '../../../src/formatters/redact.ts';
import type { SourceFailure } from '../../../src/jobs/ports.ts';
import { describeFailure } from '../../../src/jobs/source-failure.ts';
import { type Certificate, certificate, type Running, serve } from './misbehaving-server.ts';

const LIMIT = 16 * 1024 * 1024;
const now = () => micros(0);

interface Options {
  readonly timeoutMs?: number;
  readonly caFile?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Client {
  readonly name: string;
  readonly variable: string;
  /** Null when the response was read. */
  connect(url: string, options?: Options): (signal?: AbortSignal) => Promise<SourceFailure | null>;
}

const CLIENTS: readonly Client[] = [
  {
    name: 'Jaeger',
    variable: 'JAEGER',
    connect(url, { timeoutMs = 60_000, caFile, headers = {} } = {}) {
      const where = { url, api: 'v1', headers, caFile: caFile ?? null } as const;
      const source = createJaegerSource({ ...where, preferredServices: [], timeoutMs, maxBytes: LIMIT, now });
      return async (signal = new AbortController().signal) => {
        const answer = await source.services(signal);
        return answer.kind === 'unavailable' ? answer.failure : null;
      };
    },
  },
  {
    name: 'ktrdr',
    variable: 'KTRDR_API',
    connect(url, { timeoutMs = 60_000, caFile, headers = {} } = {}) {
      const api = createKtrdrApi({ url, headers, timeoutMs, caFile: caFile ?? null, clock: now });
      return async (signal = new AbortController().signal) => {
        const answer = await api.workers(signal);
        return answer.kind === 'unavailable' ? answer.failure : null;
      };
    },
  },
];

/** Both APIs read this as a list without entries. */
const GOOD = '{"data":[]}';

function padded(bytes: number): string {
  return GOOD.padEnd(bytes, ' ');
}

function reply(status: number, body: string | Buffer, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => void response.writeHead(status, headers).end(body);
}

function encoded(encoding: string, body: string | Buffer): RequestListener {
  return reply(200, body, { 'content-encoding': encoding });
}

function endless(_request: unknown, response: ServerResponse): void {
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.writeHead(200).on('drain', more);
  more();
}

const cut = (body: Buffer) => body.subarray(0, Math.floor(body.length / 2));
const long = JSON.stringify({ data: [], noise: Array.from({ length: 5000 }, (_, index) => index * 7919) });

const READ: readonly [string, RequestListener][] = [
  ['gzip', encoded('gzip', gzipSync(GOOD))],
  ['gzip in capitals', encoded('GZIP', gzipSync(GOOD))],
  ['x-gzip', encoded('x-gzip', gzipSync(GOOD))],
  ['deflate', encoded('deflate', deflateSync(GOOD))],
  ['deflate without its wrapper', encoded('deflate', deflateRawSync(GOOD))],
  ['br', encoded('br', brotliCompressSync(GOOD))],
  ['gzip, then br', encoded('gzip, br', brotliCompressSync(gzipSync(GOOD)))],
  ['identity', encoded('identity', GOOD)],
  ['text declared as gzip', encoded('gzip', GOOD)],
  ['text declared as br', encoded('br', GOOD)],
  ['as many bytes as the limit', reply(200, padded(LIMIT))],
  ['as many decompressed bytes as the limit', encoded('gzip', gzipSync(padded(LIMIT)))],
];

const TOO_LARGE = '{name} at {host} sent more than 16 MiB, so the rest wasn’t read.{raise}';
const LOGIN = '<!DOCTYPE html><html><head><title>Sign in</title></head></html>';

/** `{api}` is JAEGER or KTRDR_API; `{raise}` is the advice of the one client whose limit can be set. */
const FAILED: readonly [string, SourceFailure['code'], RequestListener, string][] = [
  ['one byte above the limit', 'too-large', reply(200, padded(LIMIT + 1)), TOO_LARGE],
  ['one decompressed byte above the limit', 'too-large', encoded('gzip', gzipSync(padded(LIMIT + 1))), TOO_LARGE],
  ['one br byte above the limit', 'too-large', encoded('br', brotliCompressSync(padded(LIMIT + 1))), TOO_LARGE],
  ['a body without end', 'too-large', endless, TOO_LARGE],
  [
    'truncated gzip',
    'unreadable',
    encoded('gzip', cut(gzipSync(long))),
    '{name} at {host} responded with a truncated gzip body.',
  ],
  [
    'truncated br',
    'unreadable',
    encoded('br', cut(brotliCompressSync(long))),
    '{name} at {host} responded with a truncated br body.',
  ],
  [
    'gzip declared as br',
    'unreadable',
    encoded('br', gzipSync(long)),
    '{name} at {host} responded with an invalid br body.',
  ],
  [
    'zstd',
    'unreadable',
    encoded('zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])),
    '{name} at {host} responded in an unsupported encoding (zstd).',
  ],
  [
    'a redirect to a login',
    'refused',
    reply(302, '', { location: 'https://sso.example.com/login?next=/a' }),
    '{name} at {host} returned HTTP 302: it redirected to sso.example.com, probably to a login page. Set credentials in {api}_HEADERS, or use a URL that doesn’t require login.',
  ],
  [
    'a redirect to https',
    'refused',
    reply(308, '', { location: 'https://localhost/' }),
    '{name} at {host} returned HTTP 308: it redirected to https. Use https instead of http in {api}_URL.',
  ],
  [
    'a login page',
    'unreadable',
    reply(200, LOGIN),
    '{name} at {host} responded with a web page instead of JSON. It’s probably a login page, or {api}_URL lacks the base path.',
  ],
  [
    '401 in words',
    'refused',
    reply(401, 'Unauthorized\n'),
    '{name} at {host} returned HTTP 401: "Unauthorized". Check the credentials in {api}_HEADERS.',
  ],
  [
    '403 in JSON',
    'refused',
    reply(403, '{"detail":"Forbidden"}'),
    '{name} at {host} returned HTTP 403: "Forbidden". Check the credentials in {api}_HEADERS.',
  ],
  [
    '429 with Retry-After',
    'refused',
    reply(429, '', { 'retry-after': '30' }),
    '{name} at {host} returned HTTP 429: no details. Try again in 30 s.',
  ],
  [
    '429 in JSON',
    'refused',
    reply(429, '{"message":"API rate limit exceeded."}'),
    '{name} at {host} returned HTTP 429: "API rate limit exceeded". Try again in a minute.',
  ],
  [
    '500 in words',
    'refused',
    reply(500, 'database is away'),
    '{name} at {host} returned HTTP 500: "database is away".',
  ],
  ['503 without a body', 'refused', reply(503, ''), '{name} at {host} returned HTTP 503: no details.'],
  [
    '502 as a web page',
    'refused',
    reply(502, '<html><head><title>502 Bad Gateway</title></head></html>'),
    '{name} at {host} returned HTTP 502: a web page instead of JSON ("502 Bad Gateway").',
  ],
  [
    'http to a port that expects TLS',
    'refused',
    reply(400, 'Client sent an HTTP request to an HTTPS server.\n'),
    '{name} at {host} returned HTTP 400: it expects TLS. Use https instead of http in {api}_URL.',
  ],
  ['an empty body', 'unreadable', reply(200, ''), '{name} at {host} responded with an empty body.'],
  ['no content', 'unreadable', reply(204, ''), '{name} at {host} responded with an empty body.'],
  [
    'an error in JSON cut off',
    'unreadable',
    reply(500, '{"errors":[{"msg":"no such'),
    '{name} at {host} responded with truncated JSON.',
  ],
  [
    'an error that only begins like JSON',
    'refused',
    reply(500, '[error] out of memory'),
    '{name} at {host} returned HTTP 500: "[error] out of memory".',
  ],
  [
    'an error nested deeper than the stack',
    'refused',
    reply(500, '['.repeat(30_000) + ']'.repeat(30_000)),
    `{name} at {host} returned HTTP 500: "${'['.repeat(119)}…".`,
  ],
  ['JSON cut off', 'unreadable', reply(200, '{"data":[{"a":1}'), '{name} at {host} responded with truncated JSON.'],
  ['invalid JSON', 'unreadable', reply(200, '{"data":NaN}'), '{name} at {host} responded with invalid JSON.'],
  [
    'other JSON',
    'unreadable',
    reply(200, '{"jobs":[]}'),
    '{name} at {host} responded with JSON that isn’t from {name}. Check {api}_URL.',
  ],
  ['text', 'unreadable', reply(200, 'pong\n'), '{name} at {host} responded with "pong" instead of JSON.'],
  [
    'a connection closed without a response',
    'unreachable',
    ({ socket }) => void socket.destroy(),
    '{name} is unreachable at {host}: it closed the connection without a response. If it expects TLS, use https in {api}_URL.',
  ],
  [
    'a connection closed within the body',
    'unreachable',
    ({ socket }, response) => {
      response.writeHead(200, { 'content-length': '100' }).write(GOOD, () => socket.end());
    },
    '{name} is unreachable at {host}: the connection was closed before the response was complete.',
  ],
  [
    'a response header that is no HTTP',
    'unreachable',
    ({ socket }) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
    '{name} is unreachable at {host}: it doesn’t speak HTTP/1.1. Use https instead of http in {api}_URL, or check the port.',
  ],
];

let running: Running | null = null;
afterEach(async () => {
  await running?.close();
  running = null;
});

async function start(listener: RequestListener, tls: Certificate | null = null): Promise<string> {
  running = await serve(listener, tls);
  return running.host;
}

describe.each(CLIENTS)('the client of $name', ({ name, variable, connect }) => {
  function sentence(failure: SourceFailure | null): string {
    if (failure === null) throw new Error('expected a failure');
    return describeFailure(name, failure);
  }

  function filledIn(template: string, host: string): string {
    const raise = variable === 'JAEGER' ? ' Raise JAEGER_MAX_BYTES to read it.' : '';
    return template
      .replaceAll('{name}', name)
      .replace('{host}', host)
      .replaceAll('{api}', variable)
      .replace('{raise}', raise);
  }

  it.each(READ)('reads %s', async (_name, listener) => {
    const host = await start(listener);
    expect(await connect(`http://${host}`)()).toBe(null);
  });

  it.each(FAILED)('explains %s', async (_name, code, listener, template) => {
    const host = await start(listener);
    const failure = await connect(`http://${host}`)();
    expect(failure?.code).toBe(code);
    expect(sentence(failure)).toBe(filledIn(template, host));
    expect(redact(sentence(failure))).toBe(sentence(failure));
  });

  it('names the URL when the API isn’t there', async () => {
    const host = await start(reply(404, '404 page not found\n'));
    const text = sentence(await connect(`http://${host}`)());
    expect(text).toMatch(new RegExp(`returned HTTP 404: .*Check .*${variable}_URL\\.`));
  });

  it('asks for a private authority, and trusts it', async () => {
    const own = certificate();
    const host = await start(reply(200, GOOD), own);
    const url = `https://${host}`;
    expect(sentence(await connect(url)())).toBe(
      `${name} is unreachable at ${host}: its certificate isn’t trusted. Set ${variable}_CA_FILE to the authority that signed it.`,
    );
    expect(await connect(url, { caFile: own.cert })()).toBe(null);
    expect(sentence(await connect(url, { caFile: certificate().cert })())).toBe(
      `${name} is unreachable at ${host}: its certificate isn’t signed by the authority in ${variable}_CA_FILE.`,
    );
  });

  it('suggests http where no TLS is spoken', async () => {
    const host = await start(reply(200, GOOD));
    expect(sentence(await connect(`https://${host}`)())).toBe(
      `${name} is unreachable at ${host}: it doesn’t speak TLS. Use http instead of https in ${variable}_URL.`,
    );
  });

  it('suggests https where a TLS server closes or answers in TLS', async () => {
    const host = await start(reply(200, GOOD), certificate());
    expect(sentence(await connect(`http://${host}`)())).toMatch(new RegExp(`https.* in ${variable}_URL`));
  });

  it('says that the connection is refused', async () => {
    const host = await start(reply(200, GOOD));
    await running?.close();
    running = null;
    expect(sentence(await connect(`http://${host}`)())).toBe(
      `${name} is unreachable at ${host}: connection refused. Nothing is listening there. Start ${name}, or check ${variable}_URL.`,
    );
  });

  it('explains a reset within the body', async () => {
    const host = await start(({ socket }, response) => {
      response.writeHead(200, { 'content-length': '100' }).write(GOOD, () => socket.resetAndDestroy());
    });
    const failure = await connect(`http://${host}`)();
    expect(failure?.code).toBe('unreachable');
    expect(sentence(failure)).toMatch(/: the connection was (?:reset|closed before the response was complete)\.$/);
  });

  it('stops at its own time limit and at the caller’s', async () => {
    const host = await start(() => {});
    expect(sentence(await connect(`http://${host}`, { timeoutMs: 200 })())).toBe(
      `${name} at ${host} didn’t respond within 0.2 s.`,
    );
    const caller = new AbortController();
    const asked = connect(`http://${host}`)(caller.signal);
    caller.abort();
    expect(await asked).toMatchObject({ code: 'timed-out' });
  });

  it('stops a body that stays silent', async () => {
    const host = await start((_request, response) => void response.writeHead(200).write('{'));
    expect(await connect(`http://${host}`, { timeoutMs: 200 })()).toMatchObject({ code: 'timed-out', afterMs: 200 });
  });

  it('sends a request again over a new connection when the kept ones were closed', async () => {
    const requests = new Map<Socket, number>();
    const held: ServerResponse[] = [];
    const host = await start(({ socket }, response) => {
      const count = (requests.get(socket) ?? 0) + 1;
      requests.set(socket, count);
      if (count > 1) socket.destroy();
      else if (held.length === 3) response.end(GOOD);
      // The first three wait for each other, so that three connections are kept.
      else if (held.push(response) === 3) for (const one of held) one.end(GOOD);
    });
    const ask = connect(`http://${host}`);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([null, null, null]);
    const wasReused = () => [...requests.values()].includes(2);
    for (let round = 0; round < 20 && !wasReused(); round += 1) expect(await ask()).toBe(null);
    expect(wasReused()).toBe(true);
  });

  it('sends a request again only once', async () => {
    let count = 0;
    const host = await start(({ socket }) => {
      count += 1;
      socket.destroy();
    });
    expect(await connect(`http://${host}`)()).toMatchObject({ code: 'unreachable' });
    expect(count).toBe(2);
  });

  it('asks for compression, unless the configured headers say otherwise', async () => {
    const seen: (string | undefined)[] = [];
    const host = await start(({ headers }, response) => {
      seen.push(headers['accept-encoding'], headers.authorization);
      response.end(GOOD);
    });
    await connect(`http://${host}`)();
    await connect(`http://me:p%ss@${host}`, { headers: { 'Accept-Encoding': 'identity' } })();
    const authorization = `Basic ${Buffer.from('me:p%ss').toString('base64')}`;
    expect(seen).toEqual(['gzip, deflate, br', undefined, 'identity', authorization]);
  });

  it('explains a header that can’t be sent', async () => {
    const host = await start(reply(200, GOOD));
    const failure = await connect(`http://${host}`, { headers: { expect: '100-continue' } })();
    expect(sentence(failure)).toMatch(new RegExp(`header.*Check ${variable}_HEADERS\\.$`));
  });
});
