/** What one question, and what many at once, ask of Jaeger and of the ktrdr API, over real connections. */
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
import { micros } from '../../../src/diagnosis/trace.ts';
import { subjectOf } from '../../../src/diagnosis/vocabulary/subject.ts';
import { type GatherDeps, gatherCase } from '../../../src/jobs/gather/gather.ts';
import { incidentNamed, type NamedIncident } from '../../support/incident-named.ts';

const FAILED = incidentNamed('06a-');
/** Its worker was killed: spans lack their parents. */
const KILLED = incidentNamed('10a-');
const COMPLETED = incidentNamed('16a-training-healthy-1');
const INCIDENTS = [FAILED, KILLED, COMPLETED];
const never = new AbortController().signal;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

interface World {
  readonly version: JaegerVersion;
  readonly needsService?: boolean;
}

async function world(incident: NamedIncident, options: World) {
  const dirs = INCIDENTS.map(({ dir }) => dir);
  const jaeger = await startRecordedJaeger({ ...options, traces: await readRecordedTraces(dirs) });
  const api = await startRecordedKtrdr({ fixtureDirs: dirs });
  closers.push(jaeger.close, api.close);
  api.focus(incident.dir);
  const now = () => micros(Date.parse(incident.expected.now ?? '') * 1000);
  const traces = createJaegerSource({
    url: jaeger.url,
    api: 'auto',
    headers: {},
    caFile: null,
    timeoutMs: 60_000,
    maxBytes: 1e8,
    preferredServices: [],
    now,
  });
  const ktrdr = createKtrdrApi({ url: api.url, headers: {}, timeoutMs: 60_000, clock: now });
  const deps: GatherDeps = {
    traces,
    ktrdr,
    clock: now,
    lookbackMs: 86_400_000,
    deadlineMs: 120_000,
    wait: async () => {},
  };
  return { jaeger, api, deps };
}

function ask(deps: GatherDeps, subject: Subject | null) {
  if (subject === null) throw new Error('no subject');
  return gatherCase({ subject, symptom: null }, deps, never);
}

function operation({ operationId }: NamedIncident): Subject {
  return { kind: 'operation', operationId };
}

interface Bounds {
  /** Of the first question of a process, which finds out what Jaeger speaks. */
  readonly first: number;
  readonly later: number;
  /** Without an id: five kinds of start are looked for, and where it must be, in each of the four services. */
  readonly unnamed: number;
}

const JAEGERS: readonly (World & Bounds)[] = [
  { version: '1.76', first: 9, later: 6, unnamed: 14 },
  { version: '2.20', first: 7, later: 4, unnamed: 9 },
  { version: '2.20', needsService: true, first: 11, later: 6, unnamed: 17 },
  { version: 'main', first: 7, later: 4, unnamed: 9 },
];

describe.each(JAEGERS)('one question to Jaeger $version (needs a service: $needsService)', (options) => {
  it.each(INCIDENTS)('asks for little, and for nothing twice, however it is put: $ask', async (incident) => {
    const { jaeger, api, deps } = await world(incident, options);
    const { traces } = await ask(deps, operation(incident));
    const traceId = traces[0]?.traceId ?? '';
    const questions = [
      [operation(incident), options.later],
      [{ kind: 'trace', traceId }, options.later],
      [subjectOf(`http://localhost:16686/trace/${traceId}`), options.later],
      [{ kind: 'last', type: null }, options.unnamed],
    ] as const;
    expect(jaeger.requests.length).toBeLessThanOrEqual(options.first);
    for (const [subject, most] of questions) {
      const [before, beforeApi] = [jaeger.requests.length, api.requests.length];
      await ask(deps, subject);
      const asked = jaeger.requests.slice(before);
      expect(asked).toEqual([...new Set(asked)]);
      expect(asked.length).toBeLessThanOrEqual(most);
      // The record and the list of workers, and both again while it runs.
      expect(api.requests.slice(beforeApi).length).toBeLessThanOrEqual(incident === KILLED ? 4 : 2);
    }
  });
});

describe('twenty questions at once', () => {
  const ofAll = ({ requests }: { readonly requests: readonly string[] }) =>
    requests.filter((path) => !/[?]|[0-9a-f]{32}/.test(path));

  it.each([
    ['1.76', ['/api/v3/trace-summaries', '/api/traces', '/api/services']],
    ['main', ['/api/v3/trace-summaries', '/api/traces', '/api/v3/services']],
  ] as const)('find out once what Jaeger %s speaks and which services it has', async (version, once) => {
    const { jaeger, deps } = await world(FAILED, { version });
    const cases = await Promise.all(Array.from({ length: 20 }, () => ask(deps, operation(FAILED))));
    expect(cases.every(({ traces, services }) => traces.length === 1 && services !== null)).toBe(true);
    expect(ofAll(jaeger)).toEqual(once);
  });

  it('share no failure with the next', async () => {
    const { jaeger, deps } = await world(FAILED, { version: 'main' });
    await deps.traces.services(never);
    jaeger.setFault('unauthorised');
    await deps.traces.probe(never);
    const failed = await Promise.all(Array.from({ length: 20 }, () => deps.traces.services(never)));
    expect(failed.every(({ kind }) => kind === 'unavailable')).toBe(true);
    jaeger.setFault(null);
    expect(await deps.traces.services(never)).toMatchObject({ kind: 'services' });
  });

  it('lose nothing when the one that asks for all of them stops waiting', async () => {
    const { deps } = await world(FAILED, { version: 'main' });
    const impatient = new AbortController();
    const first = deps.traces.services(impatient.signal);
    const others = Array.from({ length: 19 }, () => deps.traces.services(never));
    impatient.abort();
    expect(await first).toMatchObject({ kind: 'unavailable', failure: { code: 'timed-out' } });
    for (const answer of await Promise.all(others)) expect(answer).toMatchObject({ kind: 'services' });
  });
});
