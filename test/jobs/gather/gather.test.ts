/** The real adapters against servers that answer what was recorded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type JaegerVersion,
  readRecordedTraces,
  startRecordedJaeger,
  startRecordedKtrdr,
} from '@ktrdr-bot/local-slack';
import { afterEach, describe, expect, it } from 'vitest';
import { createJaegerSource } from '../../../src/adapters/jaeger/source.ts';
import { createKtrdrApi } from '../../../src/adapters/ktrdr/api.ts';
import type { Subject } from '../../../src/diagnosis/case.ts';
import { type Micros, micros, type Trace } from '../../../src/diagnosis/trace.ts';
import { timeOfOperationId } from '../../../src/diagnosis/vocabulary/subject.ts';
import { type GatherDeps, gatherCase } from '../../../src/jobs/gather/gather.ts';
import { incidentNamed, type NamedIncident } from '../../support/incident-named.ts';

const NO_DATA = incidentNamed('06a-');
const KILLED = incidentNamed('10a-');
const REFUSED = incidentNamed('03a-');
/** Refused while a worker was marked with the operation of KILLED. */
const UNREACHABLE = incidentNamed('12a-');
/** Start, failure and status polls are separate traces. */
const ORPHANED = incidentNamed('10d-');
const GATEWAY_DOWN = incidentNamed('20e-');
const AGENT = incidentNamed('19a-');
const INCIDENTS = [NO_DATA, KILLED, REFUSED, UNREACHABLE, ORPHANED, GATEWAY_DOWN, AGENT];
const DAY_MS = 86_400_000;
const never = new AbortController().signal;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** Both witnesses of the incidents, asked at the moment of one of them. */
async function world(
  incident: NamedIncident,
  options: { version?: JaegerVersion; incidents?: readonly NamedIncident[] } = {},
) {
  const dirs = (options.incidents ?? INCIDENTS).map(({ dir }) => dir);
  const jaeger = await startRecordedJaeger({
    version: options.version ?? 'main',
    traces: await readRecordedTraces(dirs),
  });
  const api = await startRecordedKtrdr({ fixtureDirs: dirs });
  closers.push(jaeger.close, api.close);
  api.focus(incident.dir);
  const now = momentOf(incident);
  const waits: number[] = [];
  const deps: GatherDeps = {
    traces: createJaegerSource({
      url: jaeger.url,
      api: 'auto',
      headers: {},
      caFile: null,
      timeoutMs: 60_000,
      maxBytes: 1e8,
      preferredServices: [],
      now: () => now,
    }),
    ktrdr: createKtrdrApi({ url: api.url, headers: {}, timeoutMs: 60_000, clock: () => now }),
    clock: () => now,
    lookbackMs: DAY_MS,
    deadlineMs: 120_000,
    wait: async (ms) => void waits.push(ms),
  };
  return { jaeger, api, deps, waits };
}

function momentOf({ expected }: NamedIncident): Micros {
  return micros(Date.parse(expected.now ?? '') * 1000);
}

function operation({ operationId }: NamedIncident): Subject {
  return { kind: 'operation', operationId };
}

function urlsIn(value: unknown): readonly string[] {
  return JSON.stringify(value).match(/"http\.target":"[^"]*"/g) ?? [];
}

describe.each(['1.53', 'main'] as const)('with Jaeger %s', (version) => {
  it('asks both witnesses for an operation', async () => {
    const { deps } = await world(NO_DATA, { version });
    const kase = await gatherCase({ subject: operation(NO_DATA), symptom: 'failed' }, deps, never);
    expect(kase).toMatchObject({
      subject: operation(NO_DATA),
      symptom: 'failed',
      now: momentOf(NO_DATA),
      operation: { kind: 'record', record: { status: 'failed' } },
      operationLater: null,
      sources: [
        { name: 'jaeger', state: 'ok' },
        { name: 'ktrdr-api', state: 'ok' },
      ],
    });
    expect(idsOf(kase.traces)).toEqual(traceIdsOf(NO_DATA));
    expect(kase.services).toContain('ktrdr-api');
    expect(kase.workers).not.toBeNull();
  });

  it('finds the newest attempt of a type, and the operation it became', async () => {
    const { deps } = await world(NO_DATA, { version });
    const kase = await gatherCase(
      { subject: { kind: 'last', type: 'data_load' }, symptom: null },
      { ...deps, clock: () => momentOf(GATEWAY_DOWN) },
      never,
    );
    expect(kase.subject).toEqual(operation(GATEWAY_DOWN));
    expect(kase.operation).toMatchObject({ kind: 'record' });
    const agent = await gatherCase(
      { subject: { kind: 'last', type: 'agent_research' }, symptom: null },
      { ...deps, clock: () => momentOf(GATEWAY_DOWN) },
      never,
    );
    expect(agent.subject).toEqual(operation(AGENT));
  });

  it('finds a refused start, which has no operation', async () => {
    const { deps } = await world(REFUSED, { version, incidents: [REFUSED] });
    const kase = await gatherCase({ subject: { kind: 'last', type: 'backtesting' }, symptom: null }, deps, never);
    expect(kase.subject).toEqual({ kind: 'trace', traceId: REFUSED.ask });
    expect(idsOf(kase.traces)).toEqual([REFUSED.ask]);
    expect(kase.operation).toBeNull();
    expect(kase.workers?.length).toBeGreaterThan(0);
  });

  it('keeps failed connections to the IB Gateway of the same minutes beside a download', async () => {
    const { deps } = await world(GATEWAY_DOWN, { version });
    const kase = await gatherCase({ subject: operation(GATEWAY_DOWN), symptom: null }, deps, never);
    const connections = kase.neighbours.filter(({ spans }) => spans[0]?.name === 'ib.connect');
    expect(connections.length).toBeGreaterThan(0);
    expect(kase.traces.some(({ spans }) => spans[0]?.name === 'ib.connect')).toBe(false);
  });
});

describe('an operation that is under way', () => {
  it('is looked at twice, and its status polls are kept beside it', async () => {
    const { deps, waits, api } = await world(KILLED);
    const phases: string[] = [];
    const kase = await gatherCase({ subject: operation(KILLED), symptom: 'stuck' }, deps, never, (phase) =>
      phases.push(phase),
    );
    expect(waits).toEqual([2000]);
    expect(phases).toEqual(['reading traces', 'watching its progress']);
    expect(kase.operationLater).toEqual(kase.operation);
    expect(idsOf(kase.traces)).toEqual(traceIdsOf(KILLED));
    const polls = kase.neighbours.filter((trace) =>
      urlsIn(trace).includes(`"http.target":"/api/v1/operations/${KILLED.operationId}"`),
    );
    expect(polls.length).toBeGreaterThan(0);
    const paths = api.requests.filter((request) => request.includes('/operations/') || request.endsWith('/workers'));
    expect(paths.at(-1)).toBe('GET /api/v1/workers');
  });
});

describe('a question by trace id', () => {
  it('leads to the operation that the trace names, and to its other traces', async () => {
    const { deps } = await world(ORPHANED);
    const traceId = traceIdsOf(ORPHANED)[0] ?? '';
    const kase = await gatherCase({ subject: { kind: 'trace', traceId }, symptom: null }, deps, never);
    expect(kase.subject).toEqual({ kind: 'trace', traceId });
    expect(kase.operation).toMatchObject({ record: { operationId: ORPHANED.operationId } });
    expect(kase.traces.length).toBeGreaterThan(1);
    expect(idsOf(kase.traces)).toEqual(traceIdsOf(ORPHANED));
  });

  it('looks at what occupies the workers when no operation came of it', async () => {
    const { deps } = await world(UNREACHABLE);
    const kase = await gatherCase({ subject: { kind: 'trace', traceId: UNREACHABLE.ask }, symptom: null }, deps, never);
    expect(kase.workers?.map(({ currentOperationId }) => currentOperationId)).toContain(KILLED.operationId);
    expect(kase.otherOperations).toMatchObject([{ operationId: KILLED.operationId }]);
    expect(idsOf(kase.traces)).toEqual([UNREACHABLE.ask]);
    expect(idsOf(kase.neighbours)).toEqual(expect.arrayContaining([...traceIdsOf(KILLED)]));
  });

  it('that nobody knows ends in an empty case', async () => {
    const { deps } = await world(NO_DATA);
    const kase = await gatherCase({ subject: { kind: 'trace', traceId: 'f'.repeat(32) }, symptom: null }, deps, never);
    expect(kase).toMatchObject({ traces: [], operation: null, sources: [{ state: 'ok' }, { state: 'ok' }] });
  });
});

describe('an operation whose spans have not arrived yet', () => {
  it('is searched once more', async () => {
    const { deps, waits } = await world(NO_DATA, { incidents: [REFUSED] });
    const phases: string[] = [];
    const kase = await gatherCase({ subject: operation(NO_DATA), symptom: null }, deps, never, (phase) =>
      phases.push(phase),
    );
    const ageMs = (momentOf(NO_DATA) - (timeOfOperationId(NO_DATA.operationId) ?? 0)) / 1000;
    expect(ageMs).toBeLessThan(60_000);
    expect(waits).toEqual([5000]);
    expect(phases).toContain('waiting for its first spans');
    expect(kase.traces).toEqual([]);
  });

  it('is not waited for when it is old', async () => {
    const { deps, waits } = await world(NO_DATA);
    const old = { kind: 'operation', operationId: 'op_training_20261101_000000_deadbeef' } as const;
    const kase = await gatherCase({ subject: old, symptom: null }, deps, never);
    expect(waits).toEqual([]);
    expect(kase).toMatchObject({ traces: [], operation: { kind: 'not-found' } });
  });
});

describe('an id that nothing knows', () => {
  it.each([
    ['a digit lost in copying', (id: string) => id.slice(0, -1)],
    ['all digits lost', (id: string) => id.slice(0, -9)],
    ['a digit mistyped', (id: string) => `${id.slice(0, -1)}${id.endsWith('x') ? 'y' : 'x'}`],
    ['another operation of the second', (id: string) => `${id.slice(0, -8)}deadbeef`],
  ])('offers the one that was meant: %s', async (_name, mistake) => {
    for (const withApi of [true, false]) {
      const { deps } = await world(KILLED);
      const ktrdr = withApi ? deps.ktrdr : null;
      const subject: Subject = { kind: 'operation', operationId: mistake(KILLED.operationId) };
      const kase = await gatherCase({ subject, symptom: null }, { ...deps, ktrdr }, never);
      expect(kase.traces).toEqual([]);
      expect(kase.search).toMatchObject({ unanswered: [], similarIds: [KILLED.operationId] });
    }
  });

  it('is searched in the hours before its time too, because it may be of another time zone', async () => {
    const { deps } = await world(NO_DATA);
    const windows: (readonly [number, number])[] = [];
    const traces = {
      ...deps.traces,
      findOperation(...question: Parameters<typeof deps.traces.findOperation>) {
        windows.push([question[1].from, question[1].to]);
        return deps.traces.findOperation(...question);
      },
    };
    const subject: Subject = { kind: 'operation', operationId: 'op_training_20261101_000000_deadbeef' };
    const kase = await gatherCase({ subject, symptom: null }, { ...deps, traces }, never);
    expect(windows).toHaveLength(2);
    expect(windows[0]?.[0]).toBe((windows[1]?.[0] ?? 0) + 14 * 3_600_000_000);
    expect(kase.window?.from).toBe(windows[1]?.[0]);
  });
});

describe('when a witness is away', () => {
  it('goes on without Jaeger and says where it was asked', async () => {
    const { deps, jaeger, waits } = await world(NO_DATA);
    await jaeger.close();
    const kase = await gatherCase({ subject: operation(NO_DATA), symptom: null }, deps, never);
    expect(kase).toMatchObject({ traces: [], services: null, operation: { kind: 'record' } });
    expect(kase.sources).toMatchObject([
      { name: 'jaeger', state: 'unavailable' },
      { name: 'ktrdr-api', state: 'ok' },
    ]);
    expect(kase.sources[0]?.detail).toContain(new URL(jaeger.url).host);
    expect(waits).toEqual([]);
  });

  it('goes on without the ktrdr API and says so', async () => {
    const { deps, api } = await world(NO_DATA);
    api.setFault('login-page');
    const kase = await gatherCase({ subject: operation(NO_DATA), symptom: null }, deps, never);
    expect(kase).toMatchObject({ operation: null, workers: null, traces: [{}] });
    expect(kase.sources).toMatchObject([{ state: 'ok' }, { name: 'ktrdr-api', state: 'unavailable' }]);
  });

  it('tells one that is not configured from one that is away', async () => {
    const { deps } = await world(NO_DATA);
    const kase = await gatherCase({ subject: operation(NO_DATA), symptom: null }, { ...deps, ktrdr: null }, never);
    expect(kase.sources[1]).toMatchObject({
      name: 'ktrdr-api',
      state: 'off',
      detail: expect.stringContaining('KTRDR_API_URL'),
    });
  });

  it('ends at the deadline when nobody answers', async () => {
    const { deps, jaeger, api } = await world(KILLED);
    jaeger.setFault('silent');
    api.setFault('silent');
    const kase = await gatherCase({ subject: operation(KILLED), symptom: null }, { ...deps, deadlineMs: 300 }, never);
    expect(kase).toMatchObject({
      traces: [],
      operation: null,
      sources: [{ state: 'unavailable' }, { state: 'unavailable' }],
    });
  });

  it('throws when the asker has gone', async () => {
    const { deps, jaeger } = await world(KILLED);
    jaeger.setFault('silent');
    const requester = new AbortController();
    const gathering = gatherCase({ subject: operation(KILLED), symptom: null }, deps, requester.signal);
    requester.abort(new Error('gone'));
    await expect(gathering).rejects.toThrow('gone');
  });
});

/** The traces that name the operation and had been exported when the question was asked. */
function traceIdsOf(incident: NamedIncident): readonly string[] {
  const ids: readonly string[] = JSON.parse(readFileSync(join(incident.dir, 'case.json'), 'utf8')).traceIds;
  const exported = readFileSync(join(incident.dir, 'v3.json'), 'utf8');
  return ids.filter((id) => exported.includes(id)).sort();
}

function idsOf(traces: readonly Trace[]): readonly string[] {
  return traces.map(({ traceId }) => traceId).sort();
}
