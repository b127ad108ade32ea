/** A page elsewhere can give the local server a host name of its own (DNS rebinding), or send it requests. */
import { request } from 'node:http';
import { startRecordedJaeger, startRecordedKtrdr, startWorkspace, type Workspace } from '@ktrdr-bot/local-slack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Headers = Readonly<Record<string, string>>;

function statusAt(url: URL, headers: Headers): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

it.each([
  ['recorded Jaeger', '/api/v3/services', () => startRecordedJaeger({ version: '2.20', traces: [] })],
  ['recorded ktrdr', '/api/v1/health', () => startRecordedKtrdr({ fixtureDirs: [] })],
])('the %s refuses foreign hosts and origins', async (_name, path, start) => {
  const server = await start();
  const url = new URL(path, server.url);
  const { host, port, origin } = url;
  expect(await statusAt(url, { host: `evil.example:${port}` })).toBe(403);
  expect(await statusAt(url, { host: `127.0.0.1.evil.example:${port}` })).toBe(403);
  expect(await statusAt(url, { host, origin: 'https://evil.example' })).toBe(403);
  expect(await statusAt(url, { host, origin: 'null' })).toBe(403);
  expect(server.requests).toEqual([]);
  expect(await statusAt(url, { host, origin })).toBe(200);
  await server.close();
});

describe('the local workspace', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await startWorkspace({ port: 0, commands: [], shortcuts: [], incidents: [] });
  });
  afterAll(() => workspace.close());

  const status = (path: string, headers: Headers) => statusAt(new URL(path, workspace.url), headers);

  it.each(['/', '/workspace/state', '/workspace/act', '/api/auth.test', '/files/x'])(
    'refuses foreign hosts and origins at %s',
    async (path) => {
      const { host, port, origin } = new URL(workspace.url);
      expect(await status(path, { host: `evil.example:${port}` })).toBe(403);
      expect(await status(path, { host: `127.0.0.1.evil.example:${port}` })).toBe(403);
      expect(await status(path, { host, origin: 'https://evil.example' })).toBe(403);
      expect(await status(path, { host, origin: 'null' })).toBe(403);
      expect(await status(path, { host, origin })).not.toBe(403);
      expect(await status(path, { host })).not.toBe(403);
    },
  );

  it('refuses sockets of foreign pages', async () => {
    const { host } = new URL(workspace.url);
    const upgrade = { host, connection: 'upgrade', upgrade: 'websocket', origin: 'https://evil.example' };
    expect(await status('/link?ticket=x', upgrade)).toBe(403);
  });
});
