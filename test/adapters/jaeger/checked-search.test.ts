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

function legacyTrace(spanIds: readonly string[]): string {
  const spans = spanIds.map((spanID) => ({
    traceID: TRACE,
    spanID,
    processID: 'p1',
    operationName: 'work',
    references: [],
    startTime: 1_795_417_200_000_000,
    duration: 1000,
    tags: [{ key: 'operation.id', type: 'string', value: ID }],
  }));
  return JSON.stringify({ data: [{ traceID: TRACE, spans, processes: { p1: { serviceName: 'worker' } } }] });
}

/** As on Elasticsearch: a search returns the spans within its window, a request by ID all of them. */
async function startCuttingJaeger(): Promise<string> {
  const server: Server = createServer(({ url = '' }, response) => {
    if (url === '/api/services') response.end('{"data":["worker"]}');
    else if (url.startsWith('/api/traces?')) response.end(legacyTrace(SPANS.slice(0, 1)));
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
  const source = sourceAt(await startCuttingJaeger(), { api: 'v1' });
  const [trace] = tracesOf(await source.findOperation(ID, EVER, signal()));
  expect(trace?.spans.map(({ spanId }) => spanId)).toEqual(SPANS);
});

it('reads a trace that a v3 search named only once', async () => {
  const document = otlpDocument([
    { traceId: TRACE, spanId: SPANS[0], service: 'worker', attributes: { 'operation.id': ID } },
  ]);
  const jaeger = await startRecordedJaeger({ version: '2.20', traces: [document] });
  close = jaeger.close;
  const source = sourceAt(jaeger.url, { api: 'v3' });
  expect(tracesOf(await source.findOperation(ID, EVER, signal()))).toHaveLength(1);
  expect(jaeger.requests.filter((path) => path.includes(`traces/${TRACE}`))).toHaveLength(1);
});
