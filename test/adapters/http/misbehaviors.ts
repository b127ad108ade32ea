/** How servers and proxies misbehave, and what is then said of it. */
import type { RequestListener, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { SourceFailure } from '../../../src/jobs/ports.ts';

export const LIMIT = 16 * 1024 * 1024;

/** Both APIs read this as a list without entries. */
export const GOOD = '{"data":[]}';

function padded(bytes: number): string {
  return GOOD.padEnd(bytes, ' ');
}

export function reply(status: number, body: string | Buffer, headers: Record<string, string> = {}): RequestListener {
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

export const READ: readonly [string, RequestListener][] = [
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
export const FAILED: readonly [string, SourceFailure['code'], RequestListener, string][] = [
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
  [
    '503 without a body',
    'refused',
    reply(503, ''),
    '{name} at {host} returned HTTP 503: no details. Check that {name} is running and that {api}_URL points to it.',
  ],
  [
    '503 with Retry-After',
    'refused',
    reply(503, 'no healthy upstream', { 'retry-after': '1' }),
    '{name} at {host} returned HTTP 503: "no healthy upstream". Try again in 1 s. Check that {name} is running and that {api}_URL points to it.',
  ],
  [
    '502 as a web page',
    'refused',
    reply(502, '<html><head><title>502 Bad Gateway</title></head></html>'),
    '{name} at {host} returned HTTP 502: a web page instead of JSON ("502 Bad Gateway"). Check that {name} is running and that {api}_URL points to it.',
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
