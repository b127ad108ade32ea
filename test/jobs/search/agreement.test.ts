/** A list and a diagnosis say the same about an operation, or the list says that it is provisional. */
import { readRecordedTraces, startRecordedJaeger, startRecordedKtrdr } from '@ktrdr-bot/local-slack';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createJaegerSource } from '../../../src/adapters/jaeger/source.ts';
import { createKtrdrApi } from '../../../src/adapters/ktrdr/api.ts';
import type { Subject, Symptom } from '../../../src/diagnosis/case.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { formatAnswer } from '../../../src/formatters/answer/answer.ts';
import { formatText } from '../../../src/formatters/terminal/text.ts';
import { readDigest } from '../../../src/jobs/digest/digest.ts';
import { gatherCase } from '../../../src/jobs/gather/gather.ts';
import type { KtrdrApi } from '../../../src/jobs/ports.ts';
import { filterFor } from '../../../src/jobs/search/options.ts';
import { type OperationHit, type Search, searchOperations } from '../../../src/jobs/search/search-operations.ts';
import { incidentNamed } from '../../support/incident-named.ts';
import { FIXTURES, incidentsIn } from '../../support/incidents.ts';

const DIRS = incidentsIn(FIXTURES).map(({ dir }) => dir);
const NOW = micros(Date.parse('2026-11-23T12:00:00Z') * 1000);
const LOOKBACK_MS = 400 * 86_400_000;
const WINDOW = { from: micros(NOW - LOOKBACK_MS * 1000), to: NOW };
const never = new AbortController().signal;

const jaeger = readRecordedTraces(DIRS).then((traces) => startRecordedJaeger({ version: 'main', traces }));
const backend = startRecordedKtrdr({ fixtureDirs: DIRS });
/** A backend has one list of workers at a time; the recorded one lists those of the operation asked last. */
let registered: ReturnType<KtrdrApi['workers']> | null = null;
const askedForWorkers = vi.fn((answer: ReturnType<KtrdrApi['workers']>) => answer);
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
  const api = createKtrdrApi({ ...common, url: (await backend).url, clock: () => NOW });
  registered ??= api.workers(never);
  const ktrdr = withApi ? { ...api, workers: () => askedForWorkers(registered ?? api.workers(never)) } : null;
  return { traces, ktrdr, clock: () => NOW, wait: async () => {} };
}

async function causeOf({ operationId, traceId }: Pick<OperationHit, 'operationId' | 'traceId'>, withApi: boolean) {
  const subject: Subject =
    operationId === null ? { kind: 'trace', traceId: traceId ?? '' } : { kind: 'operation', operationId };
  const deps = { ...(await depsFor(withApi)), lookbackMs: LOOKBACK_MS, deadlineMs: 60_000 };
  return diagnose(await gatherCase({ subject, symptom: null }, deps, never), { deployment: 'local', apiUrl: null });
}

describe.each([true, false])('with the ktrdr API: %s', (withApi) => {
  it('a search names the cause that a diagnosis names', async () => {
    const filter = filterFor({ limit: 200 }, NOW, LOOKBACK_MS);
    askedForWorkers.mockClear();
    const found = await searchOperations({ ...filter, window: WINDOW }, await depsFor(withApi), never);
    if (found.kind === 'unavailable') throw new Error('no answer');
    expect(askedForWorkers).toHaveBeenCalledTimes(withApi ? 1 : 0);
    expect(found.operations.length).toBeGreaterThan(60);
    expect(found.operations.filter(({ provisional }) => provisional)).toEqual([]);
    for (const hit of found.operations) {
      const { primary, headline } = await causeOf(hit, withApi);
      expect([hit.operationId, hit.cause, hit.headline]).toEqual([hit.operationId, primary?.cause ?? null, headline]);
    }
  }, 240_000);

  it('a digest does as well', async () => {
    const deps = await depsFor(withApi);
    const search: Search = (filter, signal, shown) => searchOperations(filter, deps, signal, shown);
    const answer = await readDigest({ window: WINDOW, type: null }, { search }, never);
    if (answer.kind === 'unavailable') throw new Error('no answer');
    const rows = answer.digest.groups.flatMap(({ operations }) => operations);
    expect(rows.length).toBeGreaterThan(15);
    for (const row of rows)
      expect([row.operationId, row.cause, row.provisional]).toEqual([
        row.operationId,
        (await causeOf(row, withApi)).primary?.cause ?? null,
        false,
      ]);
  }, 240_000);
});

it('a search by cause finds a download whose cause is in a related trace', async () => {
  const { operationId } = incidentNamed('20e-');
  const filter = filterFor({ cause: 'ib-gateway', limit: 200 }, NOW, LOOKBACK_MS);
  const found = await searchOperations({ ...filter, window: WINDOW }, await depsFor(true), never);
  expect(found.kind === 'found' && found.operations.map((hit) => hit.operationId)).toEqual([operationId]);
}, 240_000);

it('finds training runs by their strategy and by their worker, or says that it could not check them', async () => {
  const { operationId } = incidentNamed('16a-training-healthy-1');
  for (const condition of [{ strategy: 'v3_minimal' }, { worker: 'training-worker-08b9a625' }]) {
    const filter = { ...filterFor({ ...condition, limit: 200 }, NOW, LOOKBACK_MS), window: WINDOW };
    const found = await searchOperations(filter, await depsFor(true), never, { first: 0, count: 0 });
    expect(found.kind === 'found' && found.operations.map((hit) => hit.operationId)).toContain(operationId);
    const without = await searchOperations(filter, await depsFor(false), never, { first: 0, count: 0 });
    expect(without.kind === 'found' && without.gaps.join(' ')).toMatch(
      /\d+ training runs not checked: .*KTRDR_API_URL/,
    );
  }
}, 240_000);

it('counts all that match, and says which rows a diagnosis may explain otherwise', async () => {
  const filter = { ...filterFor({ status: 'failed', limit: 3 }, NOW, LOOKBACK_MS), window: WINDOW };
  const found = await searchOperations(filter, await depsFor(true), never, { first: 1, count: 1 });
  if (found.kind === 'unavailable') throw new Error('no answer');
  expect(found.operations.map(({ provisional }) => provisional)).toEqual([true, false, true]);
  expect(found.total).toBeGreaterThan(15);
}, 240_000);

describe('a request that names no operation', () => {
  async function guessed(symptom: Symptom | null, subject: Extract<Subject, { kind: 'last' }>) {
    const deps = { ...(await depsFor(true)), lookbackMs: LOOKBACK_MS, deadlineMs: 60_000, wait: null };
    const input = await gatherCase({ subject, symptom }, deps, never);
    return { input, diagnosis: diagnose(input, { deployment: 'local', apiUrl: null }) };
  }

  it('means a training run that runs when it is stuck, the one whose progress fits', async () => {
    const stuck = incidentNamed('10a-').operationId;
    const { input, diagnosis } = await guessed('stuck', { kind: 'last', type: 'training', percent: 2.9 });
    expect(input.subject).toEqual({ kind: 'operation', operationId: stuck });
    expect(diagnosis.guess?.text).toMatch(
      /^No operation named; showing the training run at 2\.9% \(others: op_training_/,
    );
    expect(formatText(diagnosis, { now: NOW, width: 100, colour: false })).toMatch(/^No operation named; showing/);
    const slack = formatAnswer(diagnosis, {
      jaegerPublicUrl: null,
      grafanaUrl: null,
      redact: [],
      subject: input.subject,
      now: NOW,
    });
    expect(slack.summary.text).toMatch(/^No operation named; showing/);
    expect(JSON.stringify(slack.summary.blocks[0])).toContain('No operation named; showing');
  }, 240_000);

  it('means a failed one when it failed, and the newest without a symptom', async () => {
    const failed = await guessed('failed', { kind: 'last', type: 'training' });
    expect(failed.diagnosis.status).toBe('failed');
    expect(failed.diagnosis.guess?.text).toContain('the latest failed training');
    const newest = await guessed(null, { kind: 'last', type: 'training' });
    expect(newest.diagnosis.guess?.text).toContain('showing the latest training run (others: ');
  }, 240_000);
});
