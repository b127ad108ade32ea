/** Whether a found trace is read again, which only a store that cuts traces to the searched window shows. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { afterEach, expect, it } from 'vitest';
import { EVER, otlpDocument, signal, sourceAt, tracesOf } from './ask.ts';

const ID = 'op_training_20261123_070000_0000000a';
const TRACE = 'a'.repeat(32);
const SPANS = ['b'.repeat(16), 'c'.repeat(16)] as const;

let close = async () => {};
afterEach(() => close());

/** The second span is the parent of the first. */
function legacyTrace(spanIds: readonly string[]): string {
  const spans = spanIds.map((spanID) => ({
    traceID: TRACE,
    spanID,
    processID: 'p1',
    operationName: 'work',
    references: spanID === SPANS[0] ? [{ refType: 'CHILD_OF', traceID: TRACE, spanID: SPANS[1] }] : [],
    startTime: 1_795_417_200_000_000,
    duration: 1000,
    tags: [{ key: 'operation.id', type: 'string', value: ID }],
  }));
  return JSON.stringify({ data: [{ traceID: TRACE, spans, processes: { p1: { serviceName: 'worker' } } }] });
}

/** As on Elasticsearch: a search returns the spans around its window, a request by ID all of them. */
async function startCuttingJaeger(spanIds: readonly string[], requests: string[]): Promise<string> {
  const server: Server = createServer(({ url = '' }, response) => {
    requests.push(url);
    if (url === '/api/services') response.end('{"data":["worker"]}');
    else if (url.startsWith('/api/traces?')) response.end(legacyTrace(spanIds));
    else if (url === `/api/traces/${TRACE}`) response.end(legacyTrace(SPANS));
    else response.writeHead(404).end('404 page not found\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('reads a trace that a v1 search cut to its window again as a whole', async () => {
  const source = sourceAt(await startCuttingJaeger([SPANS[0]], []), { api: 'v1' });
  const [trace] = tracesOf(await source.findOperation(ID, EVER, signal()));
  expect(trace?.spans.map(({ spanId }) => spanId).sort()).toEqual(SPANS);
});

it('does not read a trace again that a search returned with every parent', async () => {
  const requests: string[] = [];
  const source = sourceAt(await startCuttingJaeger(SPANS, requests), { api: 'v1' });
  const [trace] = tracesOf(await source.findOperation(ID, EVER, signal()));
  expect(trace?.spans).toHaveLength(2);
  expect(requests.filter((url) => url.endsWith(TRACE))).toEqual([]);
});

it('does not read a trace again that was read by ID just before', async () => {
  const requests: string[] = [];
  const source = sourceAt(await startCuttingJaeger([SPANS[0]], requests), { api: 'v1' });
  const whole = tracesOf(await source.getTrace(TRACE, signal()));
  expect(tracesOf(await source.findOperation(ID, EVER, signal(), whole))).toEqual(whole);
  expect(requests.filter((url) => url.endsWith(TRACE))).toHaveLength(1);
});

it.each([false, true])(
  'reads a trace that a v3 search finds only once (service by service: %s)',
  async (needsService) => {
    const document = otlpDocument([
      { traceId: TRACE, spanId: SPANS[0], service: 'worker', attributes: { 'operation.id': ID } },
    ]);
    const jaeger = await startRecordedJaeger({ version: '2.20', traces: [document], needsService });
    close = jaeger.close;
    const source = sourceAt(jaeger.url, { api: 'v3' });
    expect(tracesOf(await source.findOperation(ID, EVER, signal()))).toHaveLength(1);
    const reads = jaeger.requests.filter((path) => path.includes(`traces/${TRACE}`) || path.includes('/traces?'));
    expect(reads.filter((path) => needsService === path.endsWith(TRACE))).toHaveLength(1);
  },
);
