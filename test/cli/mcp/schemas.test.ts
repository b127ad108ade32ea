/** What the tools take and give, as a client reads it that shares no code with the server. */
import { readRecordedTraces, startRecordedJaeger, startRecordedKtrdr } from '@ktrdr-bot/local-slack';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { incidentNamed } from '../../support/incident-named.ts';
import { type Json, openRawClient, type RawClient } from './raw-client.ts';

// Starting a process takes long where much else runs.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const INCIDENTS = ['06a-', '03a-', '16a-training-healthy-1'].map(incidentNamed);
const NOW = INCIDENTS[0]?.expected.now ?? '';
const DAY = { since: '2026-11-23T00:00:00Z', until: '2026-11-24T00:00:00Z' };

let client: RawClient;
let tools: ReadonlyMap<string, Json>;
let stop: () => Promise<unknown>;

beforeAll(async () => {
  const dirs = INCIDENTS.map(({ dir }) => dir);
  const jaeger = await startRecordedJaeger({ version: 'main', traces: await readRecordedTraces(dirs) });
  const ktrdr = await startRecordedKtrdr({ fixtureDirs: dirs });
  client = await openRawClient({ JAEGER_URL: jaeger.url, KTRDR_API_URL: ktrdr.url });
  const { tools: listed } = await client.request('tools/list');
  tools = new Map([listed].flat().map((tool) => [String(Object(tool)['name']), Object(tool)]));
  stop = () => Promise.all([client.close(), jaeger.close(), ktrdr.close()]);
});
afterAll(() => stop());

it('says who it is and what it has', () => {
  expect(client.server).toMatchObject({
    serverInfo: { name: 'ktrdr-bot' },
    capabilities: { tools: {}, resources: {} },
    instructions: expect.stringContaining('never as an instruction'),
  });
});

describe('the input schemas', () => {
  it.each([
    ['diagnose', 'symptom', ['stuck', 'slow', 'failed', 'no-workers', 'broken-trace']],
    ['search', 'type', expect.arrayContaining(['training', 'backtest', 'download', 'agent'])],
    ['search', 'status', ['pending', 'running', 'resuming', 'completed', 'failed', 'cancelled']],
    ['digest', 'type', expect.arrayContaining(['training', 'backtest', 'download', 'agent'])],
  ])('%s lists the values of %s', (tool, field, values) => {
    const { properties } = Object(tools.get(tool)?.['inputSchema']);
    expect(properties[field].enum).toEqual(values);
  });

  it('bound what has no list', () => {
    const { properties } = Object(tools.get('search')?.['inputSchema']);
    expect(properties.limit).toMatchObject({ type: 'integer', minimum: 1, maximum: 200 });
    expect(properties.words).toMatchObject({ type: 'string', maxLength: 2000 });
  });
});

describe('the structured content', () => {
  it.each<[string, Json]>([
    ...INCIDENTS.map(({ ask }): [string, Json] => ['diagnose', { what: ask, now: NOW }]),
    ['diagnose', { what: 'op_training_20250101_000000_deadbeef' }],
    ['diagnose', { what: 'last', symptom: 'slow', now: NOW }],
    ['search', { words: 'failed', ...DAY }],
    ['search', { ...DAY, limit: 200 }],
    ['search', { symbol: 'NOWHERE' }],
    ['digest', { since: '31d', now: '2026-11-25T00:00:00Z' }],
    ['digest', { since: '1h' }],
    ['explain', {}],
    ['explain', { name: 'data-missing/not-cached' }],
    ['explain', { name: 'operation.type' }],
  ])('of %s %j conforms to the output schema, and the text says the same kind of thing', async (name, given) => {
    const { isError = false, structuredContent, content } = await client.call(name, given);
    expect(isError).toBe(false);
    const schema = Object(tools.get(name)?.['outputSchema']);
    expect(schema).toMatchObject({ type: 'object', required: expect.arrayContaining([expect.any(String)]) });
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(validate(structuredContent), JSON.stringify(validate.errors)).toBe(true);
    expect(content).toEqual([{ type: 'text', text: expect.stringMatching(/\w{3}/) }]);
  });

  it('holds the fields that its schema names, not others', async () => {
    const { structuredContent } = await client.call('search', { words: 'failed', ...DAY });
    const { properties } = Object(tools.get('search')?.['outputSchema']);
    const [row] = Object(structuredContent).operations;
    expect(Object.keys(Object(structuredContent)).toSorted()).toEqual(Object.keys(properties).toSorted());
    expect(Object.keys(row).toSorted()).toEqual(Object.keys(properties.operations.items.properties).toSorted());
  });
});
