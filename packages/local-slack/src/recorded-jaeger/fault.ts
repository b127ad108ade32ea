/** What goes wrong in front of, inside and on the way to a Jaeger. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { WireAnswer } from './wire.ts';

export type Fault =
  | 'login-page'
  | 'redirect'
  | 'unauthorised'
  | 'wrong-tenant'
  | 'truncated'
  | 'not-json'
  | 'oversized'
  | 'compressed'
  | 'silent'
  /** The search for this service, and only that, fails. */
  | { readonly failingService: string };

const LOGIN =
  '<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action="/login"></form></body></html>';
const MEBIBYTE = 1024 * 1024;

/** Sends the answer, or what the fault makes of it. */
export function send(response: ServerResponse, answer: WireAnswer, fault: Fault | null, url: string): void {
  switch (fault) {
    case null:
      write(response, answer);
      return;
    case 'login-page':
      write(response, { status: 200, contentType: 'text/html', body: LOGIN });
      return;
    case 'redirect':
      response.writeHead(302, { location: 'https://login.example.com/start?next=secret' }).end();
      return;
    case 'unauthorised':
      write(response, { status: 401, contentType: 'text/plain', body: 'Unauthorized' });
      return;
    case 'wrong-tenant':
      write(response, { status: 401, contentType: 'text/plain; charset=utf-8', body: 'unknown tenant' });
      return;
    case 'truncated':
      response.writeHead(answer.status, {
        'content-type': answer.contentType,
        'content-length': answer.body.length + 1,
      });
      response.write(answer.body.slice(0, -1), () => response.destroy());
      return;
    case 'not-json':
      write(response, { ...answer, body: answer.body.slice(0, Math.ceil(answer.body.length / 2)) });
      return;
    case 'oversized':
      stream(response, 64);
      return;
    case 'compressed':
      response.writeHead(answer.status, { 'content-type': answer.contentType, 'content-encoding': 'gzip' });
      response.end(gzipSync(answer.body));
      return;
    case 'silent':
      return;
    default:
      write(response, concerns(url, fault.failingService) ? BROKEN : answer);
  }
}

const BROKEN: WireAnswer = {
  status: 500,
  contentType: 'text/plain; charset=utf-8',
  body: '{"data":null,"errors":[{"code":500,"msg":"elasticsearch: no such shard"}],"error":{"httpCode":500,"message":"elasticsearch: no such shard"}}\n',
};

function concerns(url: string, service: string): boolean {
  const query = new URL(url, 'http://localhost').searchParams;
  return query.get('service') === service || query.get('query.serviceName') === service;
}

function write(response: ServerResponse, { status, contentType, body }: WireAnswer): void {
  response.writeHead(status, { 'content-type': contentType }).end(body);
}

function stream(response: ServerResponse, mebibytes: number): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const chunk = Buffer.alloc(MEBIBYTE, ' ');
  let left = mebibytes;
  const more = () => {
    if (left === 0) response.end('{"data":[]}');
    else {
      left -= 1;
      response.write(chunk, (error) => {
        if (error === undefined || error === null) more();
      });
    }
  };
  more();
}
