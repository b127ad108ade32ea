/** Servers that work, for the tests of doctor and init: what is wrong is then one thing at a time. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FakeSlack,
  readRecordedTraces,
  startFakeSlack,
  startRecordedJaeger,
  startRecordedKtrdr,
} from '@ktrdr-bot/local-slack';
import { createRedisServer } from '../../adapters/queue/redis-server.ts';
import { incidentNamed } from '../../support/incident-named.ts';

export const HOUR_MS = 3_600_000;
const INCIDENT = incidentNamed('06a-');

export type World = Awaited<ReturnType<typeof startWorld>>;

export async function startWorld() {
  const slack = await startFakeSlack();
  // Old enough that Jaeger shows to keep traces for as long as LOOKBACK says.
  const jaeger = await jaegerOf(30 * HOUR_MS);
  const ktrdr = await startRecordedKtrdr({ fixtureDirs: [INCIDENT.dir] });
  const redis = await createRedisServer();
  await redis.start();
  const folder = await mkdtemp(join(tmpdir(), 'ktrdr-doctor-'));
  return {
    slack,
    jaeger,
    ktrdr,
    redis,
    folder,
    /** Everything set, and nothing wrong with it. */
    env: {
      ...slackEnv(slack),
      JAEGER_URL: jaeger.url,
      JAEGER_PUBLIC_URL: 'https://jaeger.example.com',
      KTRDR_API_URL: ktrdr.url,
      REDIS_URL: redis.url,
      PORT: '0',
    },
    async close() {
      await Promise.all([slack.close(), jaeger.close(), ktrdr.close(), redis.remove()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function slackEnv({ apiUrl, team, appToken }: FakeSlack) {
  return { SLACK_API_URL: apiUrl, SLACK_BOT_TOKEN: team.botToken, SLACK_APP_TOKEN: appToken };
}

/** With the incident's traces, as if they had been recorded so long ago. */
export async function jaegerOf(agoMs: number, options: Partial<Parameters<typeof startRecordedJaeger>[0]> = {}) {
  const texts = (await readRecordedTraces([INCIDENT.dir])).map((document) => JSON.stringify(document));
  const times = texts.flatMap((text) => [...text.matchAll(/"(1[78]\d{17})"/g)].map(([, nanos = '0']) => BigInt(nanos)));
  const latest = times.reduce((a, b) => (a > b ? a : b), 0n);
  const shift = BigInt(Date.now() - agoMs) * 1_000_000n - latest;
  const moved = texts.map((text) =>
    text.replace(/"(1[78]\d{17})"/g, (_, nanos: string) => `"${BigInt(nanos) + shift}"`),
  );
  return startRecordedJaeger({ version: '2.20', traces: moved.map((text) => JSON.parse(text)), ...options });
}

/** A ktrdr whose workers are registered under these addresses. */
export async function ktrdrWithWorkers(folder: string, endpoints: readonly string[]) {
  const dir = join(folder, 'workers');
  await mkdir(dir, { recursive: true });
  const workers = endpoints.map((endpoint_url, n) => ({
    worker_id: `training-worker-${n}`,
    worker_type: 'training',
    endpoint_url,
    status: 'available',
    current_operation_id: null,
    capabilities: {},
    last_health_check: '2026-11-23T07:06:37.576322+00:00',
    last_healthy_at: '2026-11-23T07:06:37.576326+00:00',
    health_check_failures: 0,
    metadata: {},
  }));
  await writeFile(join(dir, 'case.json'), '{}');
  await writeFile(join(dir, 'workers.json'), JSON.stringify(workers));
  return startRecordedKtrdr({ fixtureDirs: [dir] });
}

export interface Page {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Answers everything with one page. */
export function startPage({ status = 200, headers = {}, body = '' }: Page) {
  return listening(createServer((_request, response) => void response.writeHead(status, headers).end(body)));
}

/** In front of a server, with another clock or other words in its answers. */
export function startFront(
  target: string,
  change: { readonly clockMs?: number; readonly replace?: readonly [string, string] },
) {
  return listening(createServer((incoming, response) => void forward(target, change, { incoming, response })));
}

function forward(
  target: string,
  { clockMs = 0, replace = ['', ''] }: Parameters<typeof startFront>[1],
  { incoming, response }: { readonly incoming: IncomingMessage; readonly response: ServerResponse },
): void {
  const { method, url = '/', headers } = incoming;
  const outgoing = request(new URL(url, target), { method, headers: { ...headers, host: new URL(target).host } });
  outgoing.on('response', async (answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk);
    const body = Buffer.concat(chunks)
      .toString()
      .replaceAll(...replace);
    const { 'content-length': _, 'transfer-encoding': __, ...kept } = answer.headers;
    response
      .writeHead(answer.statusCode ?? 500, { ...kept, date: new Date(Date.now() + clockMs).toUTCString() })
      .end(body);
  });
  incoming.pipe(outgoing);
}

async function listening(server: Server) {
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Where something listened until now; `fetch` refuses ports such as the one below by itself. */
export async function leftPlace(): Promise<string> {
  const page = await startPage({});
  await page.close();
  return page.url;
}

/** Nothing listens at this port of this machine. */
export const NOWHERE = 'http://127.0.0.1:9';
