/** The bot traces itself: a question, from its command to its answer, is one trace. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTraceDocument } from '../../src/adapters/jaeger/read.ts';
import type { Trace } from '../../src/diagnosis/trace.ts';
import { until } from '../adapters/queue/until.ts';
import { answerTo, isWithoutRedis, openWorld, type World } from './world.ts';

describe.skipIf(isWithoutRedis())('a bot with a collector for its own traces', () => {
  let world: World;
  let collector: Server;
  const bodies: string[] = [];

  beforeAll(async () => {
    collector = createServer(async (request, response) => {
      bodies.push(await text(request));
      response.end('{}');
    });
    await once(collector.listen(0, '127.0.0.1'), 'listening');
    world = await openWorld();
    const { port } = collector.address() as AddressInfo;
    await world.startBot('http', { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  });
  afterAll(async () => {
    await world.close();
    collector.closeAllConnections();
    collector.close();
  });

  function traces(): readonly Trace[] {
    const resourceSpans = bodies.flatMap((body) => JSON.parse(body).resourceSpans);
    const read = readTraceDocument(JSON.stringify({ resourceSpans }));
    return read.kind === 'traces' ? read.traces : [];
  }

  it('sends one trace for a question: command, queue, gathering, diagnosis, delivery', async () => {
    const { slack, failed } = world;
    const words = 'SECRETWORDS';
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed} ${words}`, { channel: 'C0OPS' });
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed}`, { channel: 'C0OPS' });
    await answerTo(slack, failed, 'C0OPS');
    await until('the trace is complete', async () =>
      traces().some(({ spans }) => spans.filter(({ name }) => name === 'deliver').length > 0 && spans.length >= 6),
    );
    const trace = traces().find(({ spans }) => spans.length >= 6);
    const names = trace?.spans.map(({ name }) => name) ?? [];
    expect(names).toEqual(expect.arrayContaining(['wait in the queue', 'diagnose', 'gather', 'analyze', 'deliver']));
    const root = trace?.spans.find(({ parentId }) => parentId === null);
    expect(root).toMatchObject({
      kind: 'server',
      attributes: { 'slack.user.id': 'U0ANNA', 'ktrdr_bot.outcome': 'queued' },
    });
    expect(
      trace?.spans.every(({ parentId }) => parentId === null || trace.spans.some(({ spanId }) => spanId === parentId)),
    ).toBe(true);
    const diagnose = trace?.spans.find(({ name }) => name === 'diagnose');
    expect(diagnose?.attributes).toMatchObject({ 'ktrdr.operation.id': failed, 'ktrdr_bot.verdict': 'explained' });
    expect(bodies.join('')).not.toContain(words);
  });
});
