/** Earlier operations, gathered from a recorded Jaeger that holds all incidents, and what is then said of the time taken. */

import {
  type JaegerVersion,
  readRecordedTraces,
  startRecordedJaeger,
  startRecordedKtrdr,
} from '@ktrdr-bot/local-slack';
import { afterEach, describe, expect, it } from 'vitest';
import { createJaegerSource } from '../../../src/adapters/jaeger/source.ts';
import { createKtrdrApi } from '../../../src/adapters/ktrdr/api.ts';
import type { Symptom } from '../../../src/diagnosis/case.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { type GatherDeps, gatherCase } from '../../../src/jobs/gather/gather.ts';
import type { TraceQuery, TraceSource } from '../../../src/jobs/ports.ts';
import { incidentNamed, type NamedIncident } from '../../support/incident-named.ts';
import { FIXTURES, incidentsIn } from '../../support/incidents.ts';
import { alarms } from '../../support/judge.ts';

const STARVED = incidentNamed('17a-');
const EARLIER = incidentNamed('16e-');
const HEALTHY = incidentsIn(FIXTURES).filter(({ expected }) => expected.healthy === true && expected.now !== undefined);
const never = new AbortController().signal;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function world(version: JaegerVersion, withApi: boolean) {
  const dirs = incidentsIn(FIXTURES).map(({ dir }) => dir);
  const jaeger = await startRecordedJaeger({ version, traces: await readRecordedTraces(dirs) });
  const api = await startRecordedKtrdr({ fixtureDirs: dirs });
  closers.push(jaeger.close, api.close);
  const asked: TraceQuery[] = [];
  const failing: { operation: RegExp | null } = { operation: null };
  let now = micros(0);
  const source = createJaegerSource({
    url: jaeger.url,
    api: 'auto',
    headers: {},
    caFile: null,
    timeoutMs: 60_000,
    maxBytes: 1e8,
    preferredServices: [],
    now: () => now,
  });
  const traces: TraceSource = {
    ...source,
    search(query, signal) {
      asked.push(query);
      const failure = { code: 'refused', host: 'jaeger:16686', httpStatus: 503, reason: '"busy"' } as const;
      if (failing.operation?.test(query.operation ?? '') === true)
        return Promise.resolve({ kind: 'unavailable', failure });
      return source.search(query, signal);
    },
  };
  const deps: GatherDeps = {
    traces,
    ktrdr: withApi ? createKtrdrApi({ url: api.url, headers: {}, timeoutMs: 60_000, clock: () => now }) : null,
    clock: () => now,
    lookbackMs: 86_400_000,
    deadlineMs: 120_000,
    wait: async () => {},
  };
  const ask = async ({ expected, dir, operationId }: NamedIncident, symptom: Symptom | null) => {
    now = micros(Date.parse(expected.now ?? '') * 1000);
    api.focus(dir);
    const kase = await gatherCase({ subject: { kind: 'operation', operationId }, symptom: symptom }, deps, never);
    return { kase, said: diagnose(kase, { deployment: 'local', apiUrl: null }) };
  };
  return { ask, asked, failing };
}

describe.each(['1.53', 'main'] as const)('with Jaeger %s', (version) => {
  it.each([true, false])(
    'a starved worker is recognised by what its phases usually take (ktrdr API: %s)',
    async (api) => {
      const { ask } = await world(version, api);
      const { said } = await ask(STARVED, null);
      expect(said.primary).toMatchObject({ cause: 'slow/starved', severity: 'degraded' });
      expect(said.baseline).toMatchObject({ verdict: 'slower', kind: 'EURUSD 1h backtests' });
      expect(said.baseline?.ratio).toBeGreaterThan(8);
      expect(said.baseline?.comparedWith).toBeGreaterThanOrEqual(5);
    },
  );

  it.each([true, false])('no healthy operation is called slow, asked or not (ktrdr API: %s)', async (api) => {
    const { ask } = await world(version, api);
    for (const { name } of HEALTHY)
      for (const symptom of [null, 'slow'] as const) {
        const incident = incidentNamed(name.slice(name.lastIndexOf('/') + 1));
        const { said } = await ask(incident, symptom);
        expect([name, symptom, alarms(said)]).toEqual([name, symptom, []]);
      }
  });

  it('asks two services, a bounded number of traces, and nothing twice in a minute', async () => {
    const { ask, asked } = await world(version, false);
    await ask(STARVED, null);
    const searches = asked.filter(({ operation }) => /start$|register$/.test(operation ?? ''));
    expect(searches).toHaveLength(2);
    for (const { service, limit } of searches) {
      expect(service).toBeDefined();
      expect(limit).toBeLessThanOrEqual(25);
    }
    asked.length = 0;
    await ask(STARVED, null);
    expect(asked.filter(({ operation }) => /start$|register$/.test(operation ?? ''))).toEqual([]);
  });
});

it('says when earlier operations could not be searched', async () => {
  const { ask, failing } = await world('main', false);
  failing.operation = /start$/;
  const { kase } = await ask(STARVED, null);
  expect(kase.sources[0]).toMatchObject({ name: 'jaeger', state: 'partial' });
});

it('what failed is not compared unless somebody finds it slow', async () => {
  const { ask } = await world('main', false);
  expect((await ask(incidentNamed('06a-'), null)).kase.baseline).toEqual([]);
  expect((await ask(incidentNamed('06a-'), 'slow')).kase.baseline.length).toBeGreaterThan(0);
});

it('an answer to “slow” says what dominates when only runs of far less work are known', async () => {
  const { ask } = await world('main', true);
  const { said } = await ask(EARLIER, 'slow');
  expect(said.primary).toMatchObject({ cause: 'slow/backtest-loop', severity: 'notice', confidence: 'possible' });
  expect(said.primary?.explanation).toMatch(/No comparable earlier run was found/);
  expect(said.baseline).toBeNull();
});
