/** Live, the registry's health checks show whether the worker of a running operation hangs or is gone. */
import { readRecordedTraces, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { afterEach, describe, expect, it } from 'vitest';
import { createJaegerSource } from '../../../src/adapters/jaeger/source.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { gatherCase } from '../../../src/jobs/gather/gather.ts';
import type { TraceQuery } from '../../../src/jobs/ports.ts';
import { incidentNamed } from '../../support/incident-named.ts';

const FROZEN = incidentNamed('i09-worker-frozen-45s');
const COMPLETED = incidentNamed('16b-backtest-healthy-1');

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function ask(version: '1.76' | 'main', incident: typeof FROZEN, edit: (json: string) => string = (json) => json) {
  const recorded = await readRecordedTraces([incident.dir]);
  const jaeger = await startRecordedJaeger({ version, traces: JSON.parse(edit(JSON.stringify(recorded))) });
  closers.push(jaeger.close);
  const now = micros(Date.parse(incident.expected.now ?? '') * 1000);
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
  const checks: TraceQuery[] = [];
  const traces: typeof source = {
    ...source,
    search(query, signal) {
      if (query.attributes?.['http.url']?.endsWith('/health') === true) checks.push(query);
      return source.search(query, signal);
    },
  };
  const deps = { traces, ktrdr: null, clock: () => now, lookbackMs: 86_400_000, deadlineMs: 120_000, wait: null };
  const subject = { kind: 'operation', operationId: incident.operationId } as const;
  const kase = await gatherCase({ subject, symptom: null }, deps, new AbortController().signal);
  return { checks, said: diagnose(kase, { deployment: 'local', apiUrl: null }) };
}

describe.each(['1.76', 'main'] as const)('with Jaeger %s', (version) => {
  it('a worker whose health checks time out hangs', async () => {
    const { checks, said } = await ask(version, FROZEN);
    expect(said.primary?.cause).toBe('worker-lost/unresponsive');
    expect(checks).toHaveLength(1);
    expect(checks[0]?.limit).toBeLessThanOrEqual(10);
  });

  it('a worker whose health checks are refused is gone', async () => {
    const refused = (json: string) =>
      json
        .replaceAll('"ReadTimeout: "', '"ConnectError: All connection attempts failed"')
        .replaceAll('httpx.ReadTimeout', 'httpx.ConnectError');
    const { said } = await ask(version, FROZEN, refused);
    expect(said.primary?.cause).toBe('worker-lost/undetected');
  });

  it('nothing is asked about the worker of an operation that has ended', async () => {
    const { checks } = await ask(version, COMPLETED);
    expect(checks).toEqual([]);
  });
});
