import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallPages } from '../../../src/handlers/install/pages.ts';
import { isBrowserMissing, startBrowser } from '../../local-slack/browser.ts';

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

  describe.skipIf(isBrowserMissing())('in a browser', () => {
    // The way back without a state is the page of a failure.
    const pages = ['/slack/install', '/slack/oauth_redirect'];
    it.each(pages.flatMap((path) => (['light', 'dark'] as const).map((theme) => [path, theme] as const)))(
      '%s has no violation that axe finds in the %s theme',
      async (path, colorScheme) => {
        const browser = await startBrowser();
        const context = await browser.newContext({
          colorScheme,
          viewport: { width: 390, height: 800 },
          bypassCSP: true,
        });
        const page = await context.newPage();
        await page.goto(new URL(path, url).href);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
        const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
        expect(background).toBe(colorScheme === 'dark' ? 'rgb(26, 29, 33)' : 'rgb(255, 255, 255)');
        await page.evaluate(`${axe.source};0`);
        const found = await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))');
        expect(found).toEqual([]);
        await browser.close();
      },
    );
  });
});
