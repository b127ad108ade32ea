/** The program as a coding agent starts it: a process, and the protocol on its stdin and stdout. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readRecordedTraces, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { incidentNamed } from '../support/incident-named.ts';
import { startAgent } from './mcp-agent.ts';
import { runHere, startCli } from './run-cli.ts';

// Starting a process takes long where much else runs.
vi.setConfig({ testTimeout: 60_000 });

it('lets no secret out, in words or as data', async () => {
  const incident = incidentNamed('06a-');
  const now = incident.expected.now ?? '';
  const traces = (await readRecordedTraces([incident.dir])).map((document) =>
    JSON.parse(JSON.stringify(document, secretsInMessages)),
  );
  expect(JSON.stringify(traces)).toContain('geheim42');
  const jaeger = await startRecordedJaeger({ version: 'main', traces });
  const leaky = await startAgent({ JAEGER_URL: jaeger.url, REDACT: 'AUDUSD' });
  try {
    const calls = [
      leaky.call('diagnose', { what: incident.operationId, now }),
      leaky.call('search', { words: 'failed', since: '2026-11-23T00:00:00Z', until: '2026-11-24T00:00:00Z' }),
      leaky.call('digest', { since: '12h', now }),
      leaky.call('diagnose', { what: 'AUDUSD' }),
    ];
    const said = JSON.stringify(await Promise.all(calls));
    expect(said).toContain('[redacted]');
    expect(said).not.toMatch(/geheim42|AUDUSD/);
  } finally {
    await leaky.close();
    await jaeger.close();
  }
});

it('speaks the newest revision of the protocol as well', async () => {
  const modern = await startAgent({}, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  try {
    expect(modern.client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    const { data } = await modern.call('explain', {});
    expect(data).toEqual({ causes: JSON.parse((await runHere(['explain', '--json'])).stdout), attribute: null });
  } finally {
    await modern.close();
  }
});

describe('the process', () => {
  const children: ReturnType<typeof startCli>[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** Opened by hand, so that every byte is seen. */
  async function open(env: Record<string, string> = {}) {
    const child = startCli(['mcp'], { env });
    children.push(child);
    const ended = once(child, 'close');
    const lines: string[] = [];
    const reader = createInterface(child.stdout).on('line', (line) => lines.push(line));
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    const clientInfo = { name: 'test', version: '1' };
    send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo } });
    await Promise.race([once(reader, 'line'), ended]);
    return { child, lines, reader, send, ended, stderr: () => stderr };
  }

  it('puts nothing but the protocol on stdout, logs to stderr, and ends with 0 when stdin does', async () => {
    const { child, lines, reader, send, ended, stderr } = await open({
      LOG_LEVEL: 'trace',
      JAEGER_CA_FILE: '/no/such',
    });
    child.stdin.write('neither JSON\n{"nor":"a message"}\n');
    for (const [id, name] of [
      [2, 'search'],
      [3, 'explain'],
    ])
      send({ id, method: 'tools/call', params: { name, arguments: {} } });
    while (lines.length < 3) await once(reader, 'line');
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
    const messages: { jsonrpc: string; id: number; result: { isError?: boolean } }[] = lines.map((line) =>
      JSON.parse(line),
    );
    expect(messages.map(({ id }) => id).toSorted()).toEqual([1, 2, 3]);
    expect(new Set(messages.map(({ jsonrpc }) => jsonrpc))).toEqual(new Set(['2.0']));
    expect(messages.find(({ id }) => id === 2)?.result.isError).toBe(true);
    expect(stderr()).toContain('a message could not be served');
  });

  it('ends with 0 on SIGTERM, though a question is open', async () => {
    const jaeger = await startRecordedJaeger({ version: 'main', traces: [] });
    jaeger.setFault('silent');
    try {
      const { child, send, ended } = await open({ JAEGER_URL: jaeger.url });
      const before = jaeger.requests.length;
      send({ id: 2, method: 'tools/call', params: { name: 'search', arguments: {} } });
      await expect.poll(() => jaeger.requests.length).toBeGreaterThan(before);
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    } finally {
      await jaeger.close();
    }
  });

  it('does not start with a wrong environment', async () => {
    const { lines, ended, stderr } = await open({ LOOKBACK: 'secret-1' });
    expect(await ended).toEqual([2, null]);
    expect(lines).toEqual([]);
    expect(stderr()).toContain('LOOKBACK');
    expect(stderr()).not.toContain('secret-1');
  });
});

function secretsInMessages(this: unknown, key: string, value: unknown): unknown {
  const isMessage = key === 'value' && Object(this)['key'] === 'exception.message';
  return isMessage ? { stringValue: `${Object(value)['stringValue']} password=geheim42` } : value;
}
