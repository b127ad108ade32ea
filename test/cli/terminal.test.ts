/** No byte of what servers, files, arguments, and the environment say does anything on a terminal, whatever the command. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/app/log.ts';
import { run } from '../../src/cli/run.ts';
import { VARIABLES } from '../../src/config/defaults.ts';
import { cleanText } from '../../src/diagnosis/clean.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { FIXTURES } from '../support/incidents.ts';
import { runCli, runHere } from './run-cli.ts';

/** A title, a clearing of the screen, a color by C1, a new line by NEL, direction, zero width, a tag, and what goes back. */
const HOSTILE = '\u001b]0;PWNED\u0007\u001b[2J\u009b31m\u0085\u202e\u2066\u200b\u{e0041}\r\b\u007f\u0000';
const ARGUMENT = HOSTILE.replace('\u0000', '');
const ACTS = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const ID = 'op_training_20260109_060025_4183136f';

function expectHarmless({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): void {
  expect(ACTS.exec(stdout + stderr)).toBeNull();
}

const COMMANDS = ['start', 'diagnose', 'doctor', 'search', 'digest', 'explain', 'mcp', 'demo'];

describe('arguments', () => {
  it.each([
    [ARGUMENT],
    ...COMMANDS.flatMap((command) => [
      [command, ARGUMENT, ARGUMENT],
      [command, `--${ARGUMENT}`],
      [command, `--json=${ARGUMENT}`],
    ]),
    ['diagnose', 'last', ARGUMENT],
    ['diagnose', ID, `${ID}${ARGUMENT}`],
    ['diagnose', ID, '--now', ARGUMENT],
    ['diagnose', '--file', `/nowhere/${ARGUMENT}`],
    ['diagnose', ID, '--operations', `/nowhere/${ARGUMENT}`],
    ['diagnose', '--file', join(FIXTURES, 'healthy'), '--html', `/nowhere/${ARGUMENT}`],
    ['digest', '--since', ARGUMENT],
    ['digest', '--type', ARGUMENT],
    ['search', '--since', ARGUMENT],
    ['search', '--limit', ARGUMENT],
    ['search', '--tag', ARGUMENT],
    ['demo', '--port', ARGUMENT],
  ])('%j %j', async (...args) => {
    const result = await runHere(args);
    expectHarmless(result);
    expect(result.status).not.toBe(0);
    expect(result.stderr).not.toBe('');
  });
});

describe('the environment', () => {
  it.each(['start', 'doctor', 'digest', 'mcp'])('%s refuses it with harmless sentences', async (command) => {
    const env = Object.fromEntries(VARIABLES.map((name) => [name, ARGUMENT]));
    const result = await runHere([command], { env });
    expectHarmless(result);
    expect(result).toMatchObject({ status: 2 });
    expect(result.stderr).toContain('JAEGER_URL');
  });
});

describe('files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ktrdr-terminal-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const span = (name: string) => ({
    traceID: 'a1'.repeat(16),
    spanID: 'b2'.repeat(8),
    operationName: name,
    startTime: 1_767_938_425_000_000,
    duration: 1000,
    processID: 'p1',
    tags: [
      { key: 'operation.id', type: 'string', value: ID },
      { key: 'error', type: 'bool', value: true },
      { key: `exception.message`, type: 'string', value: name },
      { key: name, type: 'string', value: name },
    ],
    warnings: [name],
  });
  const trace = {
    data: [
      { traceID: 'a1'.repeat(16), spans: [span(HOSTILE)], processes: { p1: { serviceName: `ktrdr-${HOSTILE}` } } },
    ],
    errors: [{ msg: HOSTILE }],
  };
  const record = { operation_id: ID, status: 'failed', operation_type: HOSTILE, error_message: HOSTILE };

  it.each<[string, readonly string[]]>([
    [JSON.stringify({ [HOSTILE]: 1, b: 2 }), ['--file']],
    [JSON.stringify({ data: null, errors: [{ msg: HOSTILE }] }), ['--file']],
    [JSON.stringify({ error: { message: HOSTILE } }), ['--file']],
    [HOSTILE, ['--file']],
    [JSON.stringify(trace), ['--file']],
    [JSON.stringify({ success: true, data: record }), ['--operations']],
    [JSON.stringify({ detail: HOSTILE }), ['--operations']],
    [JSON.stringify([{ worker_id: HOSTILE, endpoint_url: HOSTILE, status: HOSTILE }]), ['--workers']],
  ])('%j for %j', async (content, [option = '']) => {
    const path = join(folder, 'given.json');
    const good = join(folder, 'good.json');
    await Promise.all([writeFile(path, content), writeFile(good, JSON.stringify(trace))]);
    const files = option === '--file' ? [option, path] : ['--file', good, option, path];
    for (const form of [[], ['--json'], ['--slack']]) expectHarmless(await runHere(['diagnose', ...files, ...form]));
    const styled = await onTerminal(['diagnose', ...files, '--full']);
    const styles = [1, 2, 22, 31, 36, 39].map((style) => `\u001b[${style}m`);
    const rest = styles.reduce((text, style) => text.replaceAll(style, ''), styled);
    expectHarmless({ stdout: rest, stderr: '' });
  });
});

describe('color', () => {
  const args = ['diagnose', '--file', join(incidentNamed('06a-').dir, 'v3.json'), '--full'];

  it.each<[string, Readonly<Record<string, string>>, boolean]>([
    ['a terminal', {}, true],
    ['a terminal', { NO_COLOR: '' }, true],
    ['a terminal', { NO_COLOR: '1' }, false],
    ['a terminal', { TERM: 'dumb' }, false],
    ['a terminal', { FORCE_COLOR: '0' }, false],
    ['a pipe', {}, false],
    ['a pipe', { FORCE_COLOR: '1' }, true],
    ['a pipe', { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    ['a pipe', { FORCE_COLOR: 'false' }, false],
  ])('%s with %j: %s', async (stream, env, isColored) => {
    const written = stream === 'a pipe' ? (await runHere(args, { env })).stdout : await onTerminal(args, { env });
    expect(written.includes('\u001b[1m')).toBe(isColored);
  });
});

describe('the width', () => {
  it.each([40, 80, 120, 200])(
    'of a terminal with %d columns is kept by all but commands and addresses',
    async (columns) => {
      const written = await onTerminal(['diagnose', '--file', join(incidentNamed('10a-').dir, 'v3.json'), '--full'], {
        columns,
        env: { NO_COLOR: '1' },
      });
      const tooLong = written.split('\n').filter((line) => line.length > columns && !/^ {4}|\/\/|^ *\S+$/.test(line));
      expect(tooLong).toEqual([]);
      expect(written).toContain('Execution flow');
    },
  );
});

interface Terminal {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

async function onTerminal(args: readonly string[], { columns = 80, env = {} }: Terminal = {}): Promise<string> {
  let written = '';
  const write = (text: string) => {
    written += text;
  };
  const screen = { isTTY: true, columns };
  const streams = { write, writeStyled: write, warn: write, stdout: screen, stderr: screen };
  await run(args, {
    ...streams,
    env,
    readEnvFile: () => null,
    readStdin: async () => '',
    signal: new AbortController().signal,
  });
  return written;
}

describe('servers', () => {
  let server: Server;
  let url: string;
  let reply: { readonly status: number; readonly type: string; readonly body: string };
  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.writeHead(reply.status, { 'content-type': reply.type, location: '/x' }).end(reply.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  const json = (body: unknown, status = 200) => ({ status, type: 'application/json', body: JSON.stringify(body) });
  const replies = [
    json({
      data: [HOSTILE],
      services: [HOSTILE],
      status: HOSTILE,
      version: HOSTILE,
      ok: true,
      user: HOSTILE,
      team: HOSTILE,
    }),
    json({ data: null, ok: false, error: HOSTILE, errors: [{ code: 500, msg: HOSTILE }] }, 500),
    json({ error: { message: HOSTILE } }, 400),
    json({ detail: HOSTILE }, 401),
    json({ [HOSTILE]: HOSTILE }),
    { status: 200, type: 'text/html', body: `<html><title>${HOSTILE}</title>` },
    { status: 302, type: 'text/plain', body: HOSTILE },
    { status: 503, type: 'text/plain', body: HOSTILE },
    { status: 200, type: 'text/plain', body: HOSTILE },
  ];

  it.each(replies.map((one) => [one.status, one.body, one] as const))('%i %j', async (_status, _body, one) => {
    reply = one;
    const env = {
      JAEGER_URL: url,
      KTRDR_API_URL: url,
      SLACK_API_URL: `${url}/`,
      SLACK_BOT_TOKEN: ['xoxb', '1'].join('-'),
    };
    const commands = [['doctor'], ['diagnose', ID], ['diagnose', 'last'], ['search', 'failed'], ['digest']];
    for (const command of commands)
      for (const form of [[], ['--json']]) expectHarmless(await runHere([...command, ...form], { env }));
  });
});

describe('a process', () => {
  it('writes only harmless bytes to both of its streams', async () => {
    const result = await runCli(['diagnose', ARGUMENT]);
    expectHarmless(result);
    expect(result.status).toBe(2);
  });
});

describe('a line of the log', () => {
  it('holds no character that acts', () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line: string) => void lines.push(line) });
    log.warn({ reason: HOSTILE, err: new Error(`no ${HOSTILE}`) }, HOSTILE);
    expect(ACTS.exec(lines.join(''))).toBeNull();
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      reason: cleanText(HOSTILE),
      msg: cleanText(HOSTILE),
    });
  });
});
