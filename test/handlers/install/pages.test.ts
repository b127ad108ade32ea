import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallPages } from '../../../src/handlers/install/pages.ts';

describe('the install page', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    const pages = createInstallPages({
      clientId: '1.2',
      clientSecret: 'client-secret',
      stateSecret: 'a-state-secret-that-is-long-enough',
      apiUrl: 'http://127.0.0.1:9/api/',
      allowed: null,
      save: async () => undefined,
      useState: async () => true,
      log: pino({ level: 'silent' }),
    });
    server = createServer((request, response) => void pages(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/install`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each(['GET', 'HEAD'])('answers %s, with a cookie that no other site can have sent', async (method) => {
    const response = await fetch(url, { method });
    expect(response.status).toBe(200);
    const cookies = response.headers.getSetCookie();
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(/; Secure; HttpOnly; .*; SameSite=Lax$/);
  });
});
