import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTraceDocument } from '../../../src/adapters/jaeger/read.ts';
import { type Exporter, startExporter } from '../../../src/adapters/otlp/exporter.ts';
import { recordStretch, type Stretch } from '../../../src/jobs/telemetry.ts';

const NOW = 1_795_000_000_123;
const NEVER_MS = 3_600_000;

const stretch = (name: string, more: Partial<Stretch> = {}): Stretch => ({
  ...{ name, kind: 'internal', startMs: NOW, endMs: NOW + 20, attributes: {}, error: null },
  ...more,
});

describe('the exporter of the bot’s own spans', () => {
  let collector: Server;
  let bodies: string[];
  let headers: NodeJS.Dict<string | string[]>[];
  let status: number;
  let lines: { msg: string; level: number }[];
  let exporter: Exporter;

  const start = (url: string) =>
    startExporter({
      url,
      headers: { authorization: 'Basic dXNlcg==' },
      version: '1.2.3',
      instance: 'test-1',
      log: pino({}, { write: (line) => void lines.push(JSON.parse(line)) }),
      everyMs: NEVER_MS,
    });
  const urlOf = () => `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;

  beforeEach(async () => {
    [bodies, headers, lines, status] = [[], [], [], 200];
    collector = createServer(async (request, response) => {
      headers.push({ ...request.headers, path: request.url });
      bodies.push(await text(request));
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
    await once(collector.listen(0, '127.0.0.1'), 'listening');
    exporter = start(`${urlOf()}/`);
  });
  afterEach(async () => {
    await exporter.close();
    collector.closeAllConnections();
    collector.close();
  });

  it('sends what was told of one request as one trace, whichever process tells it', async () => {
    recordStretch('r1', true, () =>
      stretch('command diagnose', { kind: 'server', attributes: { 'slack.team.id': 'T1' } }),
    );
    await exporter.close();
    exporter = start(urlOf());
    recordStretch('r1', false, () =>
      stretch('diagnose', { kind: 'consumer', attributes: { none: null, count: 2 }, parts: [stretch('gather')] }),
    );
    recordStretch('r2', false, () => stretch('deliver', { error: 'Later' }));
    await exporter.close();

    expect(headers).toHaveLength(2);
    expect(headers[0]).toMatchObject({ path: '/v1/traces', authorization: 'Basic dXNlcg==' });
    const resourceSpans = bodies.flatMap((body) => JSON.parse(body).resourceSpans);
    // Read by the bot's own reader, as Jaeger would give it back.
    const read = readTraceDocument(JSON.stringify({ resourceSpans }));
    if (read.kind !== 'traces') throw new Error(read.looksLike);
    const byName = new Map(read.traces.flatMap(({ spans }) => spans).map((span) => [span.name, span]));
    const [root, diagnose, gather, deliver] = ['command diagnose', 'diagnose', 'gather', 'deliver'].map((name) =>
      byName.get(name),
    );
    expect(root).toMatchObject({
      parentId: null,
      kind: 'server',
      service: 'ktrdr-bot',
      attributes: { 'slack.team.id': 'T1' },
    });
    expect(root).toMatchObject({ start: NOW * 1000, duration: 20_000 });
    expect(root?.resource).toMatchObject({ 'service.version': '1.2.3', 'service.instance.id': 'test-1' });
    expect(diagnose).toMatchObject({ traceId: root?.traceId, parentId: root?.spanId, attributes: { count: 2 } });
    expect(diagnose?.attributes).not.toHaveProperty('none');
    expect(gather).toMatchObject({ traceId: root?.traceId, parentId: diagnose?.spanId });
    expect(deliver?.traceId).not.toBe(root?.traceId);
    expect(deliver?.status).toEqual({ code: 'error', message: 'Later' });
  });

  it('makes another span of what is done again', async () => {
    recordStretch('r1', false, () => stretch('deliver'));
    recordStretch('r1', false, () => stretch('deliver', { startMs: NOW + 1, endMs: NOW }));
    await exporter.close();
    const spans = JSON.parse(bodies[0] ?? '').resourceSpans[0].scopeSpans[0].spans;
    expect(new Set(spans.map(({ spanId }: { spanId: string }) => spanId)).size).toBe(2);
    expect(spans[1].endTimeUnixNano).toBe(spans[1].startTimeUnixNano);
  });

  it.each([
    ['refuses them', 503],
    ['is away', null],
  ])('drops the spans of a collector that %s, and says so once', async (_, answer) => {
    if (answer === null) collector.close();
    else status = answer;
    for (let round = 0; round < 3; round += 1) {
      recordStretch('r1', false, () => stretch(`round ${round}`));
      await exporter.flush();
    }
    expect(lines.filter(({ level }) => level === 40)).toHaveLength(1);
  });

  it('makes nothing of what is told while nobody listens', async () => {
    await exporter.close();
    recordStretch('r1', true, () => {
      throw new Error('The stretch was made.');
    });
    expect(bodies).toEqual([]);
  });
});
