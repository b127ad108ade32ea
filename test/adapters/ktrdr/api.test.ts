import { createServer, type RequestListener, type Server } from 'node:http';
import { type RecordedKtrdr, startRecordedKtrdr } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKtrdrApi } from '../../../src/adapters/ktrdr/api.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { describeFailure } from '../../../src/jobs/gather/source-failure.ts';
import { incidentNamed } from '../../support/incident-named.ts';

const KILLED = incidentNamed('10a-');
const DATABASE_DOWN = incidentNamed('14a-');
const NOW = micros(1_795_000_000_000_000);
const never = new AbortController().signal;

function client(url: string, more: { headers?: Record<string, string>; timeoutMs?: number } = {}) {
  return createKtrdrApi({ url, headers: more.headers ?? {}, timeoutMs: more.timeoutMs ?? 60_000, clock: () => NOW });
}

describe('against recorded answers', () => {
  let recorded: RecordedKtrdr;
  beforeEach(async () => {
    recorded = await startRecordedKtrdr({ fixtureDirs: [KILLED.dir, DATABASE_DOWN.dir] });
  });
  afterEach(() => recorded.close());

  it('reads an operation and the workers of the same moment', async () => {
    const api = client(recorded.url);
    const answer = await api.operation(KILLED.operationId, never);
    expect(answer).toMatchObject({
      kind: 'record',
      readAt: NOW,
      record: {
        operationId: KILLED.operationId,
        status: 'running',
        operationType: 'training',
        symbol: 'EURUSD',
        timeframe: '1h',
      },
    });
    const workers = await api.workers(never);
    expect(workers).toMatchObject({ kind: 'workers' });
    expect(JSON.stringify(workers)).toContain(KILLED.operationId);
  });

  it('tells an operation that ktrdr does not know from one that it could not look up', async () => {
    const api = client(recorded.url);
    expect(await api.operation('op_training_20250101_000000_deadbeef', never)).toEqual({
      kind: 'not-found',
      readAt: NOW,
    });
    expect(await api.operation(DATABASE_DOWN.operationId, never)).toMatchObject({
      kind: 'error',
      httpStatus: 400,
      message: expect.stringContaining('Connect call failed'),
    });
  });

  it('lists operations by status and type', async () => {
    const api = client(recorded.url);
    const all = await api.operations({ limit: 10 }, never);
    expect(all).toEqual({ kind: 'operations', operationIds: [KILLED.operationId] });
    expect(await api.operations({ limit: 10, status: 'failed', type: 'training' }, never)).toMatchObject({
      operationIds: [],
    });
  });

  it('says who answers, for doctor', async () => {
    const report = await client(recorded.url).probe(never);
    expect(report).toMatchObject({ name: 'ktrdr-api', state: 'ok' });
    expect(report.detail).toContain(new URL(recorded.url).host);
  });

  it('takes a web page, a failing server and silence as values', async () => {
    const api = client(recorded.url);
    recorded.setFault('login-page');
    expect(await api.workers(never)).toMatchObject({ kind: 'unavailable', failure: { code: 'unreadable' } });
    recorded.setFault('error');
    expect(await api.workers(never)).toMatchObject({
      kind: 'unavailable',
      failure: { code: 'refused', httpStatus: 500 },
    });
    expect(await api.operation(KILLED.operationId, never)).toMatchObject({ kind: 'error', httpStatus: 500 });
    recorded.setFault('silent');
    const hasty = client(recorded.url, { timeoutMs: 300 });
    expect(await hasty.workers(never)).toMatchObject({
      kind: 'unavailable',
      failure: { code: 'timed-out', afterMs: 300 },
    });
    expect(await hasty.probe(never)).toMatchObject({ state: 'unavailable' });
  });

  it('stops waiting when the asker has', async () => {
    recorded.setFault('silent');
    const requester = new AbortController();
    const answer = client(recorded.url).workers(requester.signal);
    requester.abort();
    expect(await answer).toMatchObject({ kind: 'unavailable' });
  });
});

describe('against other servers', () => {
  let server: Server;
  afterEach(() => server.close());

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  it('keeps the path prefix, sends the headers, and makes credentials of the address an authorization', async () => {
    const seen: { url: string | undefined; tenant: unknown; authorization: unknown }[] = [];
    const host = await serve(({ url, headers }, response) => {
      seen.push({ url, tenant: headers['x-tenant'], authorization: headers.authorization });
      response.end('[]');
    });
    await client(`http://me:pass@${host}/ktrdr/`, { headers: { 'x-tenant': 'a' } }).workers(never);
    expect(seen).toEqual([
      {
        url: '/ktrdr/api/v1/workers',
        tenant: 'a',
        authorization: `Basic ${Buffer.from('me:pass').toString('base64')}`,
      },
    ]);
  });

  it.each([
    [401, '{"detail":"Not authenticated"}', 'Not authenticated'],
    [404, '{"detail":"Not Found"}', 'Not Found'],
    [200, '{"jobs":[]}', 'JSON that isn’t from ktrdr'],
    [502, '<html>Bad gateway</html>', 'a web page instead of JSON'],
  ])('does not take HTTP %i with %s for an answer about an operation', async (status, body, reason) => {
    const host = await serve((_, response) => response.writeHead(status).end(body));
    const answer = await client(`http://${host}`).operation('op_training_20250101_000000_deadbeef', never);
    if (!('failure' in answer)) throw new Error(`expected a failure, got ${answer.kind}`);
    const sentence = describeFailure('The ktrdr API', answer.failure);
    expect(sentence).toContain(host);
    expect(sentence).toContain(reason);
  });

  it('names the address that nobody listens on, and never its credentials', async () => {
    const host = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    const report = await client(`http://me:pass@${host}`).probe(never);
    expect(report.state).toBe('unavailable');
    expect(report.detail).toMatch(/connection refused/);
    expect(report.detail).toContain(host);
    expect(report.detail).not.toContain('pass');
  });
});
