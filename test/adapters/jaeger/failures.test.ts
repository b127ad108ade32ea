/** What a person is told when Jaeger is away, guarded, broken, or something else. */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type JaegerFault as Fault, type RecordedJaeger, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeFailure } from '../../../src/jobs/gather/source-failure.ts';
import type { SourceFailure } from '../../../src/jobs/ports.ts';
import { certificate } from '../http/misbehaving-server.ts';
import { EVER, failureOf, gapsOf, otlpDocument, signal, sourceAt, tracesOf } from './ask.ts';

const ID = 'op_training_20261123_070000_0000000a';
const TRACE = 'a'.repeat(32);
const documents = [
  otlpDocument([
    { traceId: TRACE, spanId: 'b'.repeat(16), service: 'api', attributes: { 'operation.id': ID } },
    { traceId: TRACE, spanId: 'c'.repeat(16), service: 'worker', attributes: { 'operation.id': ID } },
  ]),
];

/** Short only where the timeout itself is the matter; long enough for the answers before and after it. */
function timeoutFor(fault: Fault): number {
  return fault === 'silent' ? 3000 : 60_000;
}

async function failureAt(url: string, options: Parameters<typeof sourceAt>[1] = {}): Promise<SourceFailure> {
  return failureOf(await sourceAt(url, options).findOperation(ID, EVER, signal()));
}

describe.each(['1.76', '2.20'] as const)('in front of Jaeger %s', (version) => {
  let jaeger: RecordedJaeger;
  beforeAll(async () => {
    jaeger = await startRecordedJaeger({ version, traces: documents });
  });
  afterEach(() => jaeger.setFault(null));
  afterAll(() => jaeger.close());

  const cases: readonly [Fault, SourceFailure['code'], RegExp][] = [
    ['login-page', 'unreadable', /web page.*login page/],
    ['redirect', 'refused', /redirected to login\.example\.com/],
    ['unauthorised', 'refused', /401.*JAEGER_HEADERS/],
    ['wrong-tenant', 'refused', /unknown tenant.*tenant header/],
    ['truncated', 'unreachable', /before the response was complete/],
    ['not-json', 'unreadable', /truncated JSON/],
    ['oversized', 'too-large', /more than 8 MiB/],
    ['silent', 'timed-out', /within 3 s/],
  ];

  it('many requests of one question warn of no leak', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on('warning', note);
    const source = sourceAt(jaeger.url);
    const one = signal();
    await Promise.all(Array.from({ length: 30 }, () => source.getTrace(TRACE, one)));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it.each(cases)('a fault from the start: %s', async (fault, code, sentence) => {
    jaeger.setFault(fault);
    const failure = await failureAt(jaeger.url, { timeoutMs: timeoutFor(fault), maxBytes: 8 * 1024 * 1024 });
    expect(failure.code).toBe(code);
    const text = describeFailure('Jaeger', failure);
    expect(text).toMatch(sentence);
    expect(text).toContain(new URL(jaeger.url).host);
    expect(text).not.toContain('secret');
  });

  it.each(cases)('a fault after the dialect is known: %s', async (fault, code) => {
    const source = sourceAt(jaeger.url, { timeoutMs: timeoutFor(fault), maxBytes: 8 * 1024 * 1024 });
    expect(tracesOf(await source.findOperation(ID, EVER, signal()))).toHaveLength(1);
    jaeger.setFault(fault);
    const [found, got, services, probe] = await Promise.all([
      source.findOperation(ID, EVER, signal()),
      source.getTrace(TRACE, signal()),
      source.services(signal()),
      source.probe(signal()),
    ]);
    expect([failureOf(found).code, failureOf(got).code]).toEqual([code, code]);
    expect(services).toMatchObject({ kind: 'unavailable', failure: { code } });
    expect(probe).toMatchObject({ name: 'jaeger', state: 'unavailable' });
    jaeger.setFault(null);
    expect(tracesOf(await source.findOperation(ID, EVER, signal()))).toHaveLength(1);
  });

  it('reads what a proxy compressed unasked', async () => {
    jaeger.setFault('compressed');
    expect(tracesOf(await sourceAt(jaeger.url).findOperation(ID, EVER, signal()))).toHaveLength(1);
  });

  it('stops at the deadline of the caller', async () => {
    jaeger.setFault('silent');
    const answer = await sourceAt(jaeger.url).findOperation(ID, EVER, AbortSignal.timeout(200));
    expect(failureOf(answer).code).toBe('timed-out');
  });

  it('says that a base path is wrong', async () => {
    const failure = await failureAt(`${jaeger.url}/observability`);
    expect(describeFailure('Jaeger', failure)).toMatch(/base path/);
  });
});

describe('parts that fail', () => {
  it.each(['1.76', '2.20', 'main'] as const)('leave a gap, not an error (Jaeger %s)', async (version) => {
    const jaeger = await startRecordedJaeger({ version, traces: documents, needsService: true });
    jaeger.setFault({ failingService: 'worker' });
    const answer = await sourceAt(jaeger.url).findOperation(ID, EVER, signal());
    expect(tracesOf(answer)).toHaveLength(1);
    expect(gapsOf(answer)).toEqual([
      expect.stringMatching(/^1 of 2 services couldn’t be searched \(worker\): .*no such shard/),
    ]);
    await jaeger.close();
  });

  it('are searched all the same when only the services named in advance are known', async () => {
    const jaeger = await startRecordedJaeger({ version: '1.76', traces: documents });
    const source = sourceAt(jaeger.url, { preferredServices: ['worker', 'gone'] });
    const answer = await source.findOperation(ID, EVER, signal());
    expect(answer).toMatchObject({ kind: 'traces', searchedServices: 2, detail: 'v1, 2 services searched' });
    const searched = jaeger.requests.filter((path) => path.includes('service='));
    expect(searched[0]).toContain('service=worker');
    await jaeger.close();
  });
});

describe('the address', () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  function listen(server: Server): Promise<number> {
    servers.push(server);
    return new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
    );
  }

  it('nobody listens there', async () => {
    const jaeger = await startRecordedJaeger({ version: '2.20', traces: [] });
    await jaeger.close();
    const failure = await failureAt(jaeger.url);
    expect(describeFailure('Jaeger', failure)).toMatch(/Nothing is listening there/);
  });

  it('has an unknown name', async () => {
    const failure = await failureAt('http://jaeger.invalid:16686');
    expect(failure.code).toBe('unreachable');
    expect(describeFailure('Jaeger', failure)).toMatch(/jaeger\.invalid:16686: the host name/);
  });

  it('belongs to something that is no Jaeger', async () => {
    const port = await listen(
      createServer((_request, response) => response.writeHead(404).end('404 page not found\n')),
    );
    const failure = await failureAt(`http://127.0.0.1:${port}`);
    expect(describeFailure('Jaeger', failure)).toMatch(/no Jaeger query API at this URL/);
  });

  it('carries credentials, which are sent and never shown', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(403).end('no');
    });
    const port = await listen(server);
    const failure = await failureAt(`http://anna:pass%20word@127.0.0.1:${port}/jaeger`);
    expect(seen[0]).toBe(`Basic ${Buffer.from('anna:pass word').toString('base64')}`);
    expect(JSON.stringify(failure)).not.toMatch(/anna|pass/);
  });

  it('speaks no TLS, or TLS that is not trusted until its authority is given', async () => {
    const plain = await listen(createServer((_request, response) => response.end()));
    expect(describeFailure('Jaeger', await failureAt(`https://127.0.0.1:${plain}`))).toMatch(/http instead of https/);
    const { key, cert } = certificate();
    const port = await listen(createTlsServer({ key, cert }, (_request, response) => response.writeHead(401).end()));
    const url = `https://localhost:${port}`;
    expect(describeFailure('Jaeger', await failureAt(url))).toMatch(/certificate isn’t trusted.*JAEGER_CA_FILE/);
    expect(await failureAt(url, { caFile: cert })).toMatchObject({ code: 'refused', httpStatus: 401 });
  });
});
