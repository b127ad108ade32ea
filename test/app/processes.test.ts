import diagnostics from 'node:diagnostics_channel';
import { type RecordedJaeger, readRecordedTraces, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { computeHere } from '../../src/app/computing.ts';
import { computeInProcesses } from '../../src/app/processes.ts';
import { loadConfig } from '../../src/config/environment.ts';
import { useOwnCauses } from '../../src/diagnosis/catalogue.ts';
import { NO_OWN_CAUSES } from '../../src/diagnosis/own-causes/own-cause.ts';
import { micros } from '../../src/diagnosis/trace.ts';
import { cleanDiagnosis } from '../../src/formatters/clean.ts';
import type { GatherPhase } from '../../src/jobs/gather/gather.ts';
import { filterFor } from '../../src/jobs/search/options.ts';
import { type Measurement, onMeasurement } from '../../src/jobs/telemetry.ts';
import { type Running, serve } from '../adapters/http/misbehaving-server.ts';
import { type Deferred, deferred } from '../support/deferred.ts';
import { incidentNamed } from '../support/incident-named.ts';

const incident = incidentNamed('06a-backtest-no-data');
const QUESTION = { subject: { kind: 'operation', operationId: incident.operationId }, symptom: null } as const;
const logged: string[] = [];
const log = pino({}, { write: (line) => void logged.push(line) });
const DAY_MS = 86_400_000;
const POISONOUS_ID = 'dead0000000000000000000000000000';
/** In memory a hundred times as large; still small enough to be read beside others. */
const POISON = `{"data":[${'{},'.repeat(1_300_000)}{}]}`;
const MORE_THAN_SHARED = ' '.repeat(5 * 1024 * 1024);
const MEMORY_MB = 64;

const never = new AbortController().signal;

describe('computing in processes', () => {
  let jaeger: RecordedJaeger;
  /** Before the recorded Jaeger. */
  let front: Running;
  let padding: string;
  /** While it is set, nothing is answered. */
  let gate: Deferred<unknown> | null;
  let arrived: Deferred<unknown>;
  let left: Deferred<unknown>;
  let computing: ReturnType<typeof computeInProcesses>;
  const askedFromHere: string[] = [];
  const noteRequest = (message: unknown) => void askedFromHere.push((message as CreatedRequest).request.origin);

  function config() {
    return loadConfig({ JAEGER_URL: `http://${front.host}`, JAEGER_API: 'v1', REDACT: 'no such text' });
  }

  beforeAll(async () => {
    jaeger = await startRecordedJaeger({ version: '2.20', traces: await readRecordedTraces([incident.dir]) });
    front = await serve(async (request, response) => {
      const url = request.url ?? '/';
      response.on('close', () => left.resolve(null));
      arrived.resolve(null);
      if (url.includes(POISONOUS_ID)) return void response.end(POISON);
      await gate?.promise;
      if (response.destroyed) return;
      const answer = await fetch(jaeger.url + url);
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end((await answer.text()) + padding);
    });
  });
  beforeEach(() => {
    padding = '';
    gate = null;
    [arrived, left] = [deferred(), deferred()];
    computing = computeInProcesses(config(), { log, memoryMb: MEMORY_MB });
  });
  afterEach(async () => {
    diagnostics.unsubscribe('undici:request:create', noteRequest);
    gate?.resolve(null);
    await computing.close();
  });
  afterAll(() => Promise.all([front.close(), jaeger.close()]));

  it.each([
    ['beside others', ''],
    ['in a process of its own', MORE_THAN_SHARED],
  ])('diagnoses %s as it does here, without a request from here', async (_where, more) => {
    padding = more;
    const here = await computeHere(config());
    diagnostics.subscribe('undici:request:create', noteRequest);
    const expected = await here.diagnose(QUESTION, never);
    expect(askedFromHere).toContain(`http://${front.host}`);
    askedFromHere.length = 0;
    const phases: GatherPhase[] = [];
    const measured: Measurement[] = [];
    const stop = onMeasurement((measurement) => void measured.push(measurement));
    const found = await computing.diagnose(QUESTION, never, (phase) => phases.push(phase));
    stop();
    expect(measured).toContainEqual({ kind: 'source-call', source: 'jaeger', outcome: 'ok' });
    expect(measured).toContainEqual({ kind: 'computing', cpuSeconds: expect.toSatisfy((used) => used > 0) });
    expect(askedFromHere).not.toContain(`http://${front.host}`);
    expect(found.diagnosis.primary).not.toBeNull();
    expect(lasting(found)).toEqual(lasting(expected));
    expect(phases).toContain('reading traces');
  });

  it('knows the causes of the operator', async () => {
    await computing.close();
    useOwnCauses({ causes: [], off: ['data-missing'] });
    computing = computeInProcesses(config(), { log, memoryMb: MEMORY_MB });
    useOwnCauses(NO_OWN_CAUSES);
    const { diagnosis } = await computing.diagnose(QUESTION, never);
    expect(diagnosis.primary?.cause).not.toMatch(/^data-missing/);
  });

  it('gives a diagnosis that counts as clean', async () => {
    const settings = config();
    await computing.close();
    computing = computeInProcesses(settings, { log });
    const { diagnosis } = await computing.diagnose(QUESTION, never);
    expect(cleanDiagnosis(diagnosis, settings.redact)).toBe(diagnosis);
  });

  it('searches, reads details and draws', async () => {
    const { diagnosis, answer } = await computing.diagnose(QUESTION, never);
    const chart = answer.thread.flatMap(({ picture }) => (picture === undefined ? [] : [picture.chart]))[0];
    if (chart === undefined) throw new Error('the answer has no picture');
    diagnostics.subscribe('undici:request:create', noteRequest);
    askedFromHere.length = 0;
    const { png } = await computing.draw(chart, never);
    expect(Buffer.from(png.subarray(1, 4)).toString()).toBe('PNG');
    expect((await computing.textOfDetail({ what: 'stack', diagnosis }, never))?.text).toContain('Traceback');
    const filter = filterFor({ operationId: incident.operationId }, micros(Date.now() * 1000), DAY_MS);
    const found = await computing.search({ filter, shown: undefined }, never);
    expect(found.kind === 'found' && found.operations.map(({ operationId }) => operationId)).toEqual([
      incident.operationId,
    ]);
    expect(askedFromHere).not.toContain(`http://${front.host}`);
  });

  it('stops its requests when the signal aborts', async () => {
    gate = deferred();
    const stop = new AbortController();
    const end = computing.diagnose(QUESTION, stop.signal).catch((error: unknown) => error);
    await arrived.promise;
    left = deferred();
    stop.abort(new Error('nobody waits any more'));
    expect(await end).toEqual(new Error('nobody waits any more'));
    await left.promise;
  });

  it('shares one limit on requests to Jaeger', async () => {
    await computing.close();
    const limited = { JAEGER_URL: `http://${front.host}`, JAEGER_REQUESTS_PER_SECOND: '1', WORKER_CONCURRENCY: '50' };
    computing = computeInProcesses(loadConfig(limited), { log });
    const tooMany = deferred<Measurement>();
    const end = onMeasurement((measurement) => {
      if (measurement.kind === 'source-call' && measurement.outcome === 'rate-limited') tooMany.resolve(measurement);
    });
    const questions = Array.from({ length: 50 }, () => new AbortController());
    // More than the turns of the half minute that a request may wait.
    const ends = questions.map(({ signal }) => computing.diagnose(QUESTION, signal).catch(() => null));
    expect(await tooMany.promise).toMatchObject({ source: 'jaeger' });
    for (const question of questions) question.abort(new Error('enough'));
    await Promise.all(ends);
    end();
  });

  it('fails a question that takes all memory, also alone, and answers the one beside it', async () => {
    gate = deferred();
    const neighbour = computing.diagnose(QUESTION, never);
    await arrived.promise;
    const poisonous = { subject: { kind: 'trace', traceId: POISONOUS_ID } as const, symptom: null };
    await expect(computing.diagnose(poisonous, never)).rejects.toThrow('ran out of memory');
    gate.resolve(null);
    expect((await neighbour).diagnosis.operationId).toBe(incident.operationId);
    expect(logged.filter((line) => line.includes('a process ended'))).toHaveLength(2);
  });

  it('rejects what still runs when it is closed, and what comes later', async () => {
    gate = deferred();
    const end = computing.diagnose(QUESTION, never).catch((error: unknown) => error);
    await arrived.promise;
    await computing.close();
    expect(await end).toEqual(new Error('The processes are closed.'));
    await expect(computing.diagnose(QUESTION, never)).rejects.toThrow('closed');
  });
});

interface CreatedRequest {
  readonly request: { readonly origin: string };
}

/** Without what differs from run to run. */
function lasting({ diagnosis, answer }: Awaited<ReturnType<ReturnType<typeof computeInProcesses>['diagnose']>>) {
  const { sources, analysisMs, asOf, ...rest } = diagnosis;
  return { ...rest, sources: sources.map(({ name, state }) => [name, state]), text: answer.summary.text };
}
