/** A list and a diagnosis say the same about an operation, or the list says that it is provisional. */
import { readRecordedTraces, startRecordedJaeger, startRecordedKtrdr } from '@ktrdr-bot/local-slack';
import { afterAll, describe, expect, it } from 'vitest';
import { createJaegerSource } from '../../../src/adapters/jaeger/source.ts';
import { createKtrdrApi } from '../../../src/adapters/ktrdr/api.ts';
import type { Subject } from '../../../src/diagnosis/case.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { readDigest } from '../../../src/jobs/digest/digest.ts';
import { gatherCase } from '../../../src/jobs/gather/gather.ts';
import { filterFor } from '../../../src/jobs/search/options.ts';
import { type OperationHit, searchOperations } from '../../../src/jobs/search/search-operations.ts';
import { incidentNamed } from '../../support/incident-named.ts';
import { FIXTURES, incidentsIn } from '../../support/incidents.ts';

const DIRS = incidentsIn(FIXTURES).map(({ dir }) => dir);
const NOW = micros(Date.parse('2026-11-23T12:00:00Z') * 1000);
const LOOKBACK_MS = 400 * 86_400_000;
const WINDOW = { from: micros(NOW - LOOKBACK_MS * 1000), to: NOW };
const never = new AbortController().signal;

const jaeger = readRecordedTraces(DIRS).then((traces) => startRecordedJaeger({ version: 'main', traces }));
const backend = startRecordedKtrdr({ fixtureDirs: DIRS });
afterAll(async () => {
  await Promise.all([(await jaeger).close(), (await backend).close()]);
});

async function depsFor(withApi: boolean) {
  const common = { headers: {}, caFile: null, timeoutMs: 60_000 };
  const traces = createJaegerSource({
    ...common,
    url: (await jaeger).url,
    api: 'auto',
    preferredServices: [],
    maxBytes: 1e8,
    now: () => NOW,
  });
  const ktrdr = withApi ? createKtrdrApi({ ...common, url: (await backend).url, clock: () => NOW }) : null;
  return { traces, ktrdr, clock: () => NOW };
}

async function causeOf({ operationId, traceId }: Pick<OperationHit, 'operationId' | 'traceId'>, withApi: boolean) {
  const subject: Subject =
    operationId === null ? { kind: 'trace', traceId: traceId ?? '' } : { kind: 'operation', operationId };
  const deps = { ...(await depsFor(withApi)), lookbackMs: LOOKBACK_MS, deadlineMs: 60_000, wait: async () => {} };
  return diagnose(await gatherCase({ subject, symptom: null }, deps, never), { deployment: 'local', apiUrl: null });
}

describe.each([true, false])('with the ktrdr API: %s', (withApi) => {
  it('a search names the cause that a diagnosis names', async () => {
    const filter = filterFor({ limit: 200 }, NOW, LOOKBACK_MS);
    const found = await searchOperations({ ...filter, window: WINDOW }, await depsFor(withApi), never);
    if (found.kind === 'unavailable') throw new Error('no answer');
    expect(found.operations.length).toBeGreaterThan(30);
    expect(found.operations.filter(({ provisional }) => !provisional).length).toBeGreaterThan(20);
    for (const hit of found.operations) {
      const { primary, headline } = await causeOf(hit, withApi);
      if (!hit.provisional)
        expect([hit.operationId, hit.cause, hit.headline]).toEqual([hit.operationId, primary?.cause ?? null, headline]);
    }
  }, 240_000);

  it('a digest does as well', async () => {
    const answer = await readDigest({ window: WINDOW, type: null }, await depsFor(withApi), never);
    if (answer.kind === 'unavailable') throw new Error('no answer');
    const rows = answer.digest.groups.flatMap(({ operations }) => operations);
    expect(rows.length).toBeGreaterThan(15);
    for (const row of rows)
      if (row.provisional !== true)
        expect([row.operationId, row.cause]).toEqual([
          row.operationId,
          (await causeOf(row, withApi)).primary?.cause ?? null,
        ]);
  }, 240_000);
});

it('a search by cause finds a download whose cause is in a related trace', async () => {
  const { operationId } = incidentNamed('20e-');
  const filter = filterFor({ cause: 'ib-gateway', limit: 200 }, NOW, LOOKBACK_MS);
  const found = await searchOperations({ ...filter, window: WINDOW }, await depsFor(true), never);
  expect(found.kind === 'found' && found.operations.map((hit) => hit.operationId)).toEqual([operationId]);
}, 240_000);
