import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createChat } from '../../../src/adapters/slack/chat.ts';
import { slackFetch } from '../../../src/adapters/slack/web-client.ts';
import type { Chat } from '../../../src/jobs/ports.ts';

let server: Server | null = null;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
}

describe('what Slack’s client sends its requests with', () => {
  it('brings status, headers and text, also without a body', async () => {
    const url = await serve((request, response) => {
      const isEmpty = request.url === '/api/empty';
      response.writeHead(isEmpty ? 204 : 429, { 'retry-after': '7' }).end(isEmpty ? '' : 'tööö much');
    });
    const init = { method: 'POST', headers: { 'x-a': 'b' }, body: 'a=b' };
    const busy = await slackFetch(`${url}chat.postMessage`, init);
    expect([busy.status, busy.headers.get('Retry-After'), await busy.text()]).toEqual([429, '7', 'tööö much']);
    const empty = await slackFetch(`${url}empty`, init);
    expect([empty.status, await empty.text()]).toEqual([204, '']);
  });

  it('sends a post once and follows no redirect, which would be a login page’s', async () => {
    const seen: string[] = [];
    const url = await serve((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(302, { location: '/login' }).end();
    });
    expect(await post(url)).toMatchObject({ kind: 'uncertain' });
    expect(seen).toEqual(['POST /api/chat.postMessage']);
  });

  it('sends nothing again when the connection breaks', async () => {
    let count = 0;
    const url = await serve((request) => {
      count += 1;
      request.socket.destroy();
    });
    expect(await post(url)).toEqual({ kind: 'uncertain', reason: 'UND_ERR_SOCKET' });
    expect(count).toBe(1);
  });

  it('takes what a proxy compressed for an answer that is not known', async () => {
    const url = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"ok":true}'));
    });
    expect(await post(url)).toMatchObject({ kind: 'uncertain' });
  });

  it('gives up in time also before there is a connection', async () => {
    // A server that never answers the first message of TLS.
    const silent = createTcpServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const signal = AbortSignal.timeout(200);
    const sent = slackFetch(`https://127.0.0.1:${port}/api/auth.test`, { method: 'POST', body: '', signal });
    await expect(sent).rejects.toMatchObject({ name: 'TimeoutError' });
    silent.close();
  });

  it('names the reason where nothing listens', async () => {
    const url = await serve(() => {});
    server?.close();
    expect(await post(url)).toEqual({ kind: 'uncertain', reason: 'ECONNREFUSED' });
  });
});

function post(apiUrl: string): ReturnType<Chat['post']> {
  const chat = createChat({ apiUrl, tokenFor: async () => 'xoxb-test' });
  // A conversation with a person: nothing is asked about the channel first.
  const target = { teamId: 'T0KTRDR', channel: 'D0ANNA', threadTs: null };
  return chat.post(target, { text: 'Hello.', blocks: [] }, { requestId: 'request-1', slot: 'summary' });
}
