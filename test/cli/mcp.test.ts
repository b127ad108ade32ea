/** What a coding agent gets from the program that it started: by each tool what the command line says. */

import { readRecordedTraces, startRecordedJaeger, startRecordedKtrdr } from '@ktrdr-bot/local-slack';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OPTION_NAMES } from '../../src/jobs/search/options.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { type Agent, startAgent } from './mcp-agent.ts';
import { runHere } from './run-cli.ts';

const NO_DATA = incidentNamed('06a-');
const REFUSED = incidentNamed('03a-');
const HEALTHY = incidentNamed('16a-training-healthy-1');
const NOW = NO_DATA.expected.now ?? '';
/** An agent has neither options to type nor Slack. */
const OTHER_TERMS = /(?:^|\s)--(?!file=)[a-z]|ktrdr-bot (?:diagnose|search|digest|explain|doctor)|\/ktrdr\b|Slack/;
const LISTS_ALL = 'The structured content lists every operation; with “full”, the text does too.';
const DAY = { since: '2026-11-23T00:00:00Z', until: '2026-11-24T00:00:00Z' };

// Starting a process takes long where much else runs.
vi.setConfig({ testTimeout: 60_000 });
const starting = servers();
let agent: Agent;
beforeAll(async () => {
  const { env } = await starting;
  agent = await startAgent(env);
});
afterAll(async () => {
  await agent.close();
  await (await starting).close();
});

describe('the tools', () => {
  it('are the four that only read, with every field described', async () => {
    const { tools } = await agent.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['diagnose', 'search', 'digest', 'explain']);
    for (const { description, annotations, inputSchema } of tools) {
      expect(description).toMatch(/\w{4}/);
      expect(annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      for (const field of Object.values(inputSchema.properties ?? {}))
        expect(field).toMatchObject({ description: expect.stringMatching(/\w{2}/) });
    }
  });

  it('take what the command line takes, and no file', async () => {
    const { tools } = await agent.client.listTools();
    const fields = Object.fromEntries(
      tools.map(({ name, inputSchema }) => [name, Object.keys(inputSchema.properties ?? {})]),
    );
    expect(fields).toEqual({
      diagnose: ['what', 'symptom', 'now'],
      search: expect.arrayContaining(['words', 'error', ...OPTION_NAMES]),
      digest: ['since', 'type', 'now', 'full'],
      explain: ['name'],
    });
    expect(fields['search']).toHaveLength(OPTION_NAMES.length + 2);
    expect(tools[0]?.inputSchema.required).toEqual(['what']);
  });
});

describe('diagnose', () => {
  it('says what the command line says, in words and as data', async () => {
    const { env } = await starting;
    const { isError, text, data } = await agent.call('diagnose', { what: NO_DATA.operationId, now: NOW });
    expect(isError).toBe(false);
    expect(NO_DATA.expected.causes).toContain(primaryOf(data));
    const args = ['diagnose', NO_DATA.operationId, '--now', NOW];
    expect(timeless(data)).toEqual(timeless(JSON.parse((await runHere([...args, '--json'], { env })).stdout)));
    const spoken = (await runHere(args, { env })).stdout;
    expect(text.split('\n', 3)).toEqual(spoken.split('\n', 3));
    expect(text).toMatch(/ktrdr --url \S+ data load AUDUSD/);
    expect(text).not.toContain('\u001b');
  });

  it.each([
    ['a trace id', () => REFUSED.ask, REFUSED],
    ['a link', () => `http://jaeger.example/trace/${REFUSED.ask}?uiFind=1`, REFUSED],
    ['the newest attempt', () => 'last backtest failed', NO_DATA],
  ])('takes %s', async (_, what, { expected }) => {
    const { data } = await agent.call('diagnose', { what: what(), now: NOW });
    expect(expected.causes).toContain(primaryOf(data));
  });

  it('addresses the symptom that was seen', async () => {
    const { operationId: what, expected } = HEALTHY;
    const [plain, slow] = await Promise.all([
      agent.call('diagnose', { what, now: expected.now }),
      agent.call('diagnose', { what, now: expected.now, symptom: 'slow' }),
    ]);
    expect(plain.data).toMatchObject({ verdict: 'healthy', primary: null });
    expect(slow.data).not.toMatchObject({ headline: Object(plain.data)['headline'] });
  });

  it('answers an id that nobody knows', async () => {
    const { isError, data } = await agent.call('diagnose', { what: 'op_training_20250101_000000_deadbeef' });
    expect(isError).toBe(false);
    expect(data).toMatchObject({ verdict: 'not-found', primary: null });
  });
});

describe('search, digest and explain say what the command line says', () => {
  it.each<[string, Record<string, unknown>, readonly string[]]>([
    [
      'search',
      { words: 'failed backtests', symbol: 'audusd', tag: ['operation.type=BACKTESTING'], limit: 5, ...DAY },
      [
        ...['failed', 'backtests', '--symbol', 'audusd', '--tag', 'operation.type=BACKTESTING', '--limit', '5'],
        ...['--since', DAY.since, '--until', DAY.until],
      ],
    ],
    ['search', { error: true, ...DAY }, ['--error', '--since', DAY.since, '--until', DAY.until]],
    ['digest', { since: '12h', type: 'backtest', now: NOW }, ['--since', '12h', '--type', 'backtest', '--now', NOW]],
  ])('%s %j', async (tool, given, args) => {
    const { env } = await starting;
    const { isError, text, data } = await agent.call(tool, given);
    expect(isError).toBe(false);
    const typed = (await runHere([tool, ...args], { env })).stdout;
    expect(text).toBe(typed.replace(/^--full lists.*$/m, LISTS_ALL));
    const { stdout } = await runHere([tool, ...args, '--json'], { env });
    expect(inSeconds(JSON.stringify(data))).toEqual(inSeconds(stdout));
  });

  it('finds both the failed and the refused, with their causes', async () => {
    const { data } = await agent.call('search', { status: 'failed', ...DAY });
    expect(data).toMatchObject({
      operations: expect.arrayContaining([
        expect.objectContaining({ operationId: NO_DATA.operationId, cause: NO_DATA.expected.causes[0] }),
        expect.objectContaining({ operationId: null, traceId: REFUSED.ask, cause: REFUSED.expected.causes[0] }),
      ]),
    });
  });

  it.each<[string, (entry: unknown) => unknown]>([
    ['worker-lost', (entry) => ({ causes: [entry], attribute: null })],
    ['operation.type', (entry) => ({ causes: [], attribute: entry })],
  ])('explain %s', async (name, objectOf) => {
    const { text, data } = await agent.call('explain', { name });
    expect(text).toBe((await runHere(['explain', name])).stdout);
    expect(data).toEqual(objectOf(JSON.parse((await runHere(['explain', name, '--json'])).stdout)));
  });

  it('says which time was searched, in words and as data', async () => {
    const { text, data } = await agent.call('search', { words: 'failed', ...DAY });
    expect(data).toMatchObject({ searched: { from: '2026-11-23T00:00:00.000Z', to: '2026-11-24T00:00:00.000Z' } });
    expect(text).toMatch(/23 Nov 2026 00:00:00 UTC to 24 Nov 2026 00:00:00 UTC[.]\n$/);
    const digest = await agent.call('digest', { since: '12h', now: '2026-11-24T00:00:00Z' });
    expect(digest.data).toMatchObject({ window: { from: expect.stringMatching(/^2026-11-23T12:00:00/) } });
    expect(digest.text).toMatch(/Searched: 23 Nov 2026 12:00:00 UTC to 24 Nov 2026 00:00:00 UTC[.]\n$/);
  });

  it('lists the whole catalogue', async () => {
    const { text, data } = await agent.call('explain', {});
    const listed = JSON.parse((await runHere(['explain', '--json'])).stdout);
    expect(data).toEqual({ causes: listed, attribute: null });
    expect(text).toContain('"explain with <cause>" shows details');
  });
});

describe('what cannot be answered is an answer', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['diagnose', { what: 'nonsense' }, /^"nonsense" isn't an operation ID.*For example: diagnose with op_training/s],
    ['diagnose', { what: '--file=/etc/passwd' }, /^"--file=\/etc\/passwd" isn't an operation ID/],
    ['diagnose', { what: 'last', symptom: 'stukc' }, /symptom: Invalid option: expected one of "stuck"\|"slow"/],
    ['diagnose', { what: 'last stukc' }, /Did you mean "stuck"\?/],
    ['diagnose', { what: 'x'.repeat(100_000) }, /^.{0,80}what: Too big.{0,80}$/],
    ['diagnose', { what: '' }, /^diagnose needs an operation ID/],
    ['diagnose', {}, /what: Invalid input/],
    ['diagnose', { what: 'last', now: 'noon' }, /^“now” must be a time in ISO 8601/],
    ['diagnose', { what: 'last', save: '/tmp/case.json' }, /Unrecognized key: "save"/],
    ['search', { words: 'purple' }, /^“purple” isn’t a search word\. For example: /],
    ['search', { limit: 0 }, /limit: Too small/],
    ['search', { status: 'dead' }, /status: Invalid option: expected one of "pending"/],
    ['search', { type: 'trainign' }, /type: Invalid option: expected one of "training"/],
    ['search', { tag: ['novalue'] }, /^“tag” must be key=value/],
    ['search', { cause: 'worker-los' }, /^“cause” must be a cause such as data-missing/],
    ['search', { since: '1h', until: '2h' }, /^“since” must be earlier than “until”/],
    ['search', { symbols: 'AAPL' }, /Unrecognized key: "symbols"/],
    ['digest', { since: '99d' }, /^“since”: “99d” isn't within the last 31 days.*at most 31d/],
    ['explain', { name: 'worker-los' }, /Did you mean "worker-lost"\?/],
  ])('%s %j', async (tool, given, problem) => {
    const { isError, text, data } = await agent.call(tool, given);
    expect({ isError, data }).toEqual({ isError: true, data: undefined });
    expect(text).toMatch(problem);
    expect(text).not.toMatch(OTHER_TERMS);
  });

  it('says which server did not answer, and goes on when it does', async () => {
    const { env, jaeger } = await starting;
    jaeger.setFault('login-page');
    try {
      const [diagnosis, search] = await Promise.all([
        agent.call('diagnose', { what: REFUSED.ask, now: NOW }),
        agent.call('search', { words: REFUSED.ask }),
      ]);
      expect(diagnosis).toMatchObject({ isError: true, data: { verdict: 'unavailable' } });
      expect(diagnosis.text).toContain(new URL(env.JAEGER_URL).host);
      expect(search).toMatchObject({ isError: true, data: undefined });
      expect((await runHere(['search', REFUSED.ask], { env })).stderr).toContain(`${search.text}\n`);
      expect(`${diagnosis.text}\n${search.text}`).not.toMatch(OTHER_TERMS);
    } finally {
      jaeger.setFault(null);
    }
    expect((await agent.call('diagnose', { what: REFUSED.ask, now: NOW })).isError).toBe(false);
  });
});

it('answers many at once, each its own question', async () => {
  const asked = [NO_DATA.operationId, REFUSED.ask, 'nonsense', NO_DATA.operationId, REFUSED.ask];
  const answers = await Promise.all(asked.map((what) => agent.call('diagnose', { what, now: NOW })));
  const [noData, refused] = [NO_DATA.expected.causes[0], REFUSED.expected.causes[0]];
  expect(answers.map(({ data }) => primaryOf(data))).toEqual([noData, refused, undefined, noData, refused]);
});

async function servers() {
  const dirs = [NO_DATA, REFUSED, HEALTHY].map(({ dir }) => dir);
  const jaeger = await startRecordedJaeger({ version: 'main', traces: await readRecordedTraces(dirs) });
  const ktrdr = await startRecordedKtrdr({ fixtureDirs: dirs });
  const env = { JAEGER_URL: jaeger.url, KTRDR_API_URL: ktrdr.url };
  return { jaeger, env, close: () => Promise.all([jaeger.close(), ktrdr.close()]) };
}

function primaryOf(data: unknown): unknown {
  return new Map(Object.entries(Object(Object(data)['primary'] ?? {}))).get('cause');
}

/** Without what differs from one run to the next. */
function timeless(diagnosis: unknown): unknown {
  return JSON.parse(
    JSON.stringify(diagnosis, (key, value) => (['tookMs', 'analysisMs', 'asOf'].includes(key) ? undefined : value)),
  );
}

/** JSON whose times are cut to seconds: a `now` that is given goes on while a command starts. */
function inSeconds(json: string): unknown {
  return JSON.parse(json.replaceAll(/(:\d\d)\.\d+Z/g, '$1Z'));
}
