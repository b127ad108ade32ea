import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { startHttp } from '../../src/app/http.ts';

const TOKEN = 'a-token-of-the-administrator';
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open() {
  const http = await startHttp({
    host: '127.0.0.1',
    port: 0,
    readiness: () => ({ ready: true, parts: {} }),
    admin: {
      token: TOKEN,
      metrics: { contentType: 'text/plain', read: async () => 'figures' },
      board: async (_request, response) => void response.end('board'),
    },
    slack: null,
    log: pino({ level: 'silent' }),
  });
  closers.push(http.close);
  return (path: string, token?: string) =>
    fetch(`http://127.0.0.1:${http.port}${path}`, {
      headers: { connection: 'close', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    });
}

it('serves the pages of administrators for their token only', async () => {
  const get = await open();
  for (const path of ['/metrics', '/queues', '/queues/x']) {
    expect((await get(path)).status).toBe(401);
    expect((await get(path, 'x')).status).toBe(401);
    expect((await get(path, TOKEN)).status).toBe(200);
  }
});

it('lets nobody guess the token', async () => {
  const get = await open();
  const guesses = Array.from({ length: 30 }, (_value, index) => `guess-${index}`);
  const statuses: number[] = [];
  for (const guess of guesses) statuses.push((await get('/metrics', guess)).status);
  expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
  expect(statuses.at(-1)).toBe(429);
  const refused = await get('/queues', TOKEN);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await get('/healthz')).status).toBe(200);
});

it('does not count who sends no token', async () => {
  const get = await open();
  for (let i = 0; i < 30; i += 1) expect((await get('/metrics')).status).toBe(401);
  expect((await get('/metrics', TOKEN)).status).toBe(200);
});
