/** Known weaknesses of Jaeger and its stores, and the way round each. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JAEGER_VERSIONS, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { micros } from '../../../src/diagnosis/trace.ts';
import { EVER, failureOf, gapsOf, otlpDocument, signal, sourceAt, tracesOf } from './ask.ts';

const ID = 'op_training_20261123_070000_0000000a';

function traceId(number: number): string {
  return number.toString(16).padStart(32, '0');
}

function span(number: number, service: string, attributes: Readonly<Record<string, string | number>>) {
  return { traceId: traceId(number), spanId: number.toString(16).padStart(16, '0'), service, attributes };
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(options: Parameters<typeof startRecordedJaeger>[0]) {
  const jaeger = await startRecordedJaeger(options);
  closers.push(jaeger.close);
  return jaeger;
}

describe('a value that is no number', () => {
  it.each(JAEGER_VERSIONS)('does not hide the operation (Jaeger %s)', async (version) => {
    const attributes = { 'operation.id': ID, 'training.current_loss': Number.NaN };
    const jaeger = await start({
      version,
      traces: [otlpDocument([span(1, 'worker', attributes), span(2, 'worker', {})])],
    });
    const source = sourceAt(jaeger.url);
    const [trace, ...others] = tracesOf(await source.findOperation(ID, EVER, signal()));
    expect(others).toEqual([]);
    expect(trace?.spans[0]?.attributes).toEqual({ 'operation.id': ID, 'training.current_loss': 'NaN' });
    expect(tracesOf(await source.getTrace(traceId(1), signal()))).toEqual([trace]);
  });
});

describe('a store that cannot search all services', () => {
  it.each(['2.20', 'main'] as const)('is asked service by service (Jaeger %s)', async (version) => {
    const traces = [otlpDocument([span(1, 'a', { 'operation.id': ID }), span(2, 'b', {}), span(3, 'jaeger', {})])];
    const jaeger = await start({ version, traces, needsService: true });
    const answer = await sourceAt(jaeger.url).findOperation(ID, EVER, signal());
    expect(tracesOf(answer).map((trace) => trace.traceId)).toEqual([traceId(1)]);
    expect(answer).toMatchObject({ searchedServices: 2, detail: 'v3, 2 services searched', gaps: [] });
  });

  /** The operation is known by the last of many services, in the order of Jaeger and of the alphabet. */
  async function manyServices(names: (index: number) => string, last: string) {
    const many = Array.from({ length: 430 }, (_value, index) => span(index + 1, names(index), {}));
    const wanted = span(999, last, { 'operation.id': ID });
    return start({ version: '1.76', traces: [otlpDocument([...many, wanted])] });
  }

  it('is asked for all of them before nothing is said to be found', async () => {
    const jaeger = await manyServices((index) => `service-${index}`, 'zz-last');
    const answer = await sourceAt(jaeger.url).findOperation(ID, EVER, signal());
    expect(tracesOf(answer)).toHaveLength(1);
    expect(answer).toMatchObject({ gaps: [], searchedServices: 431 });
    const none = await sourceAt(jaeger.url).findOperation(`${ID}0`, EVER, signal());
    expect(none).toMatchObject({ traces: [], gaps: [], searchedServices: 431 });
  });

  it('is asked for the services of ktrdr first, and for the others only until one knows it', async () => {
    const jaeger = await manyServices((index) => `service-${index}`, 'prod-KTRDR-training-worker-7');
    const answer = await sourceAt(jaeger.url).findOperation(ID, EVER, signal());
    expect(tracesOf(answer)).toHaveLength(1);
    expect(answer).toMatchObject({ gaps: [], searchedServices: 200, detail: 'v1, 200 of 431 services searched' });
    const searched = jaeger.requests.filter((path) => path.includes('service='));
    expect(searched[0]).toContain('service=prod-KTRDR-training-worker-7');
  });

  it('is asked for every worker of the type, of which each start makes a new one', async () => {
    const jaeger = await manyServices((index) => `ktrdr-training-worker-${index}`, 'ktrdr-worker-7');
    const answer = await sourceAt(jaeger.url).findOperation(ID, EVER, signal());
    expect(tracesOf(answer)).toHaveLength(1);
    expect(answer).toMatchObject({ gaps: [], searchedServices: 431 });
  });

  it('is asked for workers of another type only when no other service knows it', async () => {
    const jaeger = await manyServices((index) => `ktrdr-backtest-worker-${index}`, 'ktrdr-training-worker-7');
    const source = sourceAt(jaeger.url);
    const found = await source.findOperation(ID, EVER, signal());
    expect(found).toMatchObject({ traces: [{}], gaps: [], searchedServices: 1 });
    const none = await source.findOperation(`${ID}0`, EVER, signal());
    expect(none).toMatchObject({ traces: [], gaps: [], searchedServices: 431 });
  });

  it('is asked for the preferred services before all others', async () => {
    const jaeger = await manyServices((index) => `ktrdr-worker-${index}`, 'zz-last');
    await sourceAt(jaeger.url, { preferredServices: ['zz-last'] }).findOperation(ID, EVER, signal());
    expect(jaeger.requests.filter((path) => path.includes('service='))[0]).toContain('service=zz-last');
  });
});

describe('traces that a v3 API lists but no longer returns by ID', () => {
  it.each(['2.20', 'main'] as const)('are read through the search (Jaeger %s)', async (version) => {
    const traces = [otlpDocument([span(1, 'a', { 'operation.id': ID })])];
    for (const needsService of [false, true]) {
      const jaeger = await start({ version, traces, needsService });
      const { url, close } = await withoutTracesById(jaeger.url);
      closers.push(close);
      const answer = await sourceAt(url).findOperation(ID, EVER, signal());
      expect(tracesOf(answer).map(({ traceId: id }) => id)).toEqual([traceId(1)]);
      expect(gapsOf(answer)).toEqual([]);
    }
  });
});

/** Elasticsearch answers 404 by ID for what is older than three days. */
async function withoutTracesById(target: string) {
  const server = createServer(async (request, response) => {
    if (/\/traces\/[0-9a-f]+$/.test(request.url ?? '')) {
      response.writeHead(404).end('{"error":{"httpCode":404,"message":"trace not found"}}');
      return;
    }
    const answer = await fetch(`${target}${request.url}`);
    response.writeHead(answer.status).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: async () => void server.close() };
}

describe('lost context', () => {
  it.each(JAEGER_VERSIONS)('gives several traces of one operation, all found (Jaeger %s)', async (version) => {
    const traces = [otlpDocument([1, 2, 3].map((number) => span(number, `s${number}`, { 'operation.id': ID })))];
    const jaeger = await start({ version, traces });
    expect(tracesOf(await sourceAt(jaeger.url).findOperation(ID, EVER, signal()))).toHaveLength(3);
  });
});

describe('a resource that names the operation', () => {
  it('is no proof that a span belongs to it', async () => {
    const document = otlpDocument([span(1, 'a', { 'other.id': ID })]) as {
      resourceSpans: { resource: { attributes: object[] } }[];
    };
    document.resourceSpans[0]?.resource.attributes.push({ key: 'operation.id', value: { stringValue: ID } });
    const jaeger = await start({ version: '1.76', traces: [document] });
    expect(tracesOf(await sourceAt(jaeger.url).findOperation(ID, EVER, signal()))).toEqual([]);
  });
});

describe('another Jaeger at the same address', () => {
  it('is noticed when its answers take another shape', async () => {
    const traces = [otlpDocument([span(1, 'a', { 'operation.id': ID })])];
    const old = await startRecordedJaeger({ version: '1.76', traces });
    const source = sourceAt(old.url);
    expect(await source.findOperation(ID, EVER, signal())).toMatchObject({ detail: 'v1, 1 service searched' });
    await old.close();
    await start({ version: 'main', traces, port: Number(new URL(old.url).port) });
    expect(await source.findOperation(ID, EVER, signal())).toMatchObject({ detail: 'v3', kind: 'traces' });
  });

  it('is not looked for at every question', async () => {
    const jaeger = await start({ version: '2.20', traces: [otlpDocument([span(1, 'a', {})])] });
    let now = 0;
    const source = sourceAt(jaeger.url, { now: () => micros(now) });
    const probes = () => jaeger.requests.filter((path) => path === '/api/traces').length;
    await source.getTrace(traceId(1), signal());
    await source.getTrace(traceId(1), signal());
    expect(probes()).toBe(1);
    now = 11 * 60 * 1_000_000;
    await source.getTrace(traceId(1), signal());
    expect(probes()).toBe(2);
  });

  it('is taken at its word when the API is configured', async () => {
    const jaeger = await start({ version: '2.20', traces: [otlpDocument([span(1, 'a', { 'operation.id': ID })])] });
    const answer = await sourceAt(jaeger.url, { api: 'v1' }).findOperation(ID, EVER, signal());
    expect(answer).toMatchObject({ detail: 'v1, 1 service searched' });
    const old = await start({ version: '1.76', traces: [] });
    expect(failureOf(await sourceAt(old.url, { api: 'v3' }).findOperation(ID, EVER, signal())).code).toBe('unreadable');
  });
});

describe('a large answer', () => {
  it('is read in portions to the same traces, with one resource for each service', async () => {
    const filler = 'x'.repeat(2000);
    const spans = Array.from({ length: 1500 }, (_value, index) => ({
      ...span(index + 1, index % 2 === 0 ? 'a' : 'b', { 'operation.id': ID, filler }),
      traceId: traceId(7),
    }));
    const traces = [otlpDocument(spans)];
    for (const version of ['1.76', 'main'] as const) {
      const jaeger = await start({ version, traces });
      const [trace] = tracesOf(await sourceAt(jaeger.url).getTrace(traceId(7), signal()));
      expect(trace?.spans).toHaveLength(1500);
      expect(trace?.spans.map(({ spanId }) => spanId)).toEqual(spans.map(({ spanId }) => spanId));
      expect(new Set(trace?.spans.map(({ resource }) => resource)).size).toBe(2);
    }
  });
});

/** Answers searches as Elasticsearch does: the value is a pattern. */
describe('a store that reads values as patterns', () => {
  const strange = 'op#1';
  const trace = { traceID: traceId(1), processes: { p: { serviceName: 'a' } }, spans: [namedSpan(strange)] };
  const other = { traceID: traceId(2), processes: { p: { serviceName: 'a' } }, spans: [namedSpan('op-2')] };
  let server: Server;
  afterAll(() => void server.close());

  function namedSpan(id: string): object {
    const tags = [{ key: 'operation.id', type: 'string', value: id }];
    return { spanID: 'a1', operationName: 'work', startTime: 1, duration: 1, processID: 'p', tags };
  }

  it('is asked again with the value escaped, and its other hits are dropped', async () => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
      const tags = searchParams.get('tags') ?? '';
      const byId = pathname.endsWith(traceId(1));
      const hits = byId ? [trace] : tags.includes('\\\\#') ? [trace, other] : [];
      if (pathname === '/api/services') response.end('{"data":["a"]}');
      else if (pathname.startsWith('/api/v3')) response.writeHead(404).end('404 page not found\n');
      else if (!byId && tags === '')
        response.writeHead(400).end('{"data":null,"errors":[{"code":400,"msg":"parameter"}]}');
      else response.end(JSON.stringify({ data: hits, errors: null }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await sourceAt(`http://127.0.0.1:${port}`).findOperation(strange, EVER, signal());
    expect(tracesOf(answer).map((found) => found.traceId)).toEqual([traceId(1)]);
  });
});
