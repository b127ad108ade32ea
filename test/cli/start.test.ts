import type { ChildProcessByStdio } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { runCli, startCli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'ktrdr-bot-start-'));
const running = new Set<ChildProcessByStdio<Writable, Readable, Readable>>();
afterEach(async () => {
  await Promise.all([...running].map((child) => ended(child, 'SIGKILL')));
  rmSync(folder, { recursive: true, force: true });
});

const ENV = {
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_SIGNING_SECRET: 'abc',
  // Nothing is posted here, and nothing may leave the machine.
  SLACK_API_URL: 'http://127.0.0.1:9/api/',
  JAEGER_URL: 'http://127.0.0.1:9',
  HOST: '127.0.0.1',
  PORT: '0',
  DATA_DIR: folder,
};

/** Resolves with the address once the log says that everything has started. */
async function started(env: Readonly<Record<string, string>>) {
  const child = startCli(['start'], { env: { ...ENV, ...env } });
  running.add(child);
  for await (const line of createInterface({ input: child.stderr })) {
    const entry: { msg?: string; port?: number } = line.startsWith('{') ? JSON.parse(line) : {};
    if (entry.msg === 'started') {
      child.stderr.resume();
      return { child, url: `http://127.0.0.1:${entry.port}` };
    }
  }
  throw new Error('The bot ended before it had started.');
}

function ended(child: ChildProcessByStdio<Writable, Readable, Readable>, signal: 'SIGTERM' | 'SIGKILL') {
  running.delete(child);
  return new Promise<number | null>((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    child.once('exit', (status) => resolve(status));
    child.kill(signal);
  });
}

describe('start', () => {
  it('serves its pages, takes only signed requests, and ends with 0 on SIGTERM', async () => {
    const { child, url } = await started({ ADMIN_TOKEN: 'letmein' });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    expect({ status: ready.status, body: await ready.json() }).toMatchObject({
      status: 200,
      body: { ready: true, parts: { queue: { ok: true }, slack: { ok: true } } },
    });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    const metrics = await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer letmein' } });
    expect((await fetch(`${url}/queues`)).status).toBe(401);
    const board = await fetch(`${url}/queues/api/queues`, { headers: { authorization: 'Bearer letmein' } });
    expect(await board.json()).toMatchObject({
      queues: expect.arrayContaining([expect.objectContaining({ name: 'deliveries', readOnlyMode: true })]),
    });
    const page = await fetch(`${url}/queues`, { headers: { authorization: 'Bearer letmein' } });
    expect(await page.text()).toContain('<base href="/queues/"');
    expect(await metrics.text()).toMatch(/ktrdr_bot_queue_jobs\{[^}]*state="waiting"[^}]*\} 0/);
    expect((await fetch(`${url}/slack/events`, { method: 'POST', body: '{}' })).status).toBe(401);
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
    expect(await ended(child, 'SIGTERM')).toBe(0);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('runs a worker alone, without Slack’s page and without metrics for nobody', async () => {
    const { child, url } = await started({ ROLES: 'worker', SLACK_SIGNING_SECRET: '' });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
      ready: true,
      parts: {
        queue: { ok: true, problems: [] },
        worker: { ok: true, problems: [] },
        workers: { ok: true, problems: [] },
        // Nothing answers at SLACK_API_URL, which is a problem but no reason to take no jobs.
        'slack-token': { ok: false, problems: [expect.any(String)] },
      },
    });
    expect((await fetch(`${url}/slack/events`, { method: 'POST' })).status).toBe(404);
    for (const page of ['metrics', 'queues']) expect((await fetch(`${url}/${page}`)).status).toBe(404);
    expect(await ended(child, 'SIGTERM')).toBe(0);
  });

  it('logs a rejection that nothing handled, ends in order, and exits with 1', async () => {
    const stray = 'process.once("SIGUSR2", () => void Promise.reject(new Error("stray")))';
    const child = startCli(['start'], { env: ENV, node: ['--import', `data:text/javascript,${stray}`] });
    running.add(child);
    const messages: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      const { msg = '' } = line.startsWith('{') ? JSON.parse(line) : {};
      messages.push(msg);
      if (msg === 'started') child.kill('SIGUSR2');
    }
    running.delete(child);
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    expect(messages.slice(messages.indexOf('started') + 1)).toEqual([
      'unhandled rejection: stopping',
      expect.stringContaining('stopping'),
      'stopped',
    ]);
    expect(child.exitCode).toBe(1);
  }, 90_000);

  it('ends with 0 and a log line on SIGTERM while its queue is still being created', async () => {
    const child = startCli(['start'], { env: { ...ENV, DATA_DIR: join(folder, 'fresh') } });
    running.add(child);
    const log = text(child.stderr);
    const isThere = (name: string) => existsSync(join(folder, 'fresh', name));
    await expect.poll(() => isThere('postgres.new/base'), { timeout: 60_000 }).toBe(true);
    expect(await ended(child, 'SIGTERM')).toBe(0);
    expect(JSON.parse((await log).trim()).msg).toBe('stopped before everything had started');
    expect(isThere('postgres')).toBe(false);
  }, 90_000);

  it('ends at once on a second signal', async () => {
    // Keeps the intake busy, so that an orderly stop would take its time.
    const hold = 'http.Server.prototype.close = () => undefined';
    const node = ['--import', `data:text/javascript,import http from "node:http"; ${hold}`];
    const child = startCli(['start'], { env: { ...ENV, REDIS_URL: 'redis://127.0.0.1:9' }, node });
    running.add(child);
    const messages: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      const { msg = '' } = line.startsWith('{') ? JSON.parse(line) : {};
      messages.push(msg);
      if (msg === 'started' || msg.startsWith('stopping')) child.kill('SIGTERM');
    }
    running.delete(child);
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    expect(child.exitCode).toBe(1);
    expect(messages.at(-1)).toContain('stopping');
  }, 90_000);

  it('starts without its Redis, and says what it waits for', async () => {
    const redisUrl = 'redis://127.0.0.1:9';
    const child = startCli(['start'], { env: { ...ENV, REDIS_URL: redisUrl } });
    running.add(child);
    const messages: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      const entry: { msg?: string; port?: number } = line.startsWith('{') ? JSON.parse(line) : {};
      messages.push(entry.msg ?? '');
      if (entry.msg !== 'started') continue;
      expect((await fetch(`http://127.0.0.1:${entry.port}/readyz`)).status).toBe(503);
      child.kill('SIGTERM');
    }
    running.delete(child);
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    expect(messages).toContain('the queue takes no writes yet; trying again until it does');
    expect(messages).not.toContain('queue opened');
    expect(messages.at(-1)).toBe('stopped');
    expect(child.exitCode).toBe(0);
  }, 90_000);

  it('ends with 1 and says in a sentence why when its directory cannot be used', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'ktrdr-bot-file-')), 'data');
    writeFileSync(file, '');
    const { status, stderr } = await runCli(['start'], { env: { ...ENV, DATA_DIR: file } });
    rmSync(dirname(file), { recursive: true });
    expect(status).toBe(1);
    expect(JSON.parse(stderr.trim()).msg).toBe(
      `could not start: The embedded queue cannot be opened in ${file}/postgres (there is a file in its place): DATA_DIR must be a directory that this process can write to, with 100 MB free; or set REDIS_URL.`,
    );
  });

  it('ends with 1 and says why when its port is taken, before it opens its queue', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const unopened = join(folder, 'unopened');
    const { status, stderr } = await runCli(['start'], { env: { ...ENV, PORT: String(port), DATA_DIR: unopened } });
    other.close();
    expect(status).toBe(1);
    expect(existsSync(unopened)).toBe(false);
    expect(stderr).toContain(`Cannot listen on 127.0.0.1:${port}: another program is using it`);
  });
});
