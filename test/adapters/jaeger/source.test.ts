/** The real client against servers that answer like five versions of Jaeger. */
import { join } from 'node:path';
import { JAEGER_VERSIONS, type RecordedJaeger, readRecordedTraces, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTraceDocument } from '../../../src/adapters/jaeger/read.ts';
import type { Span, Trace } from '../../../src/diagnosis/trace.ts';
import type { TraceSource } from '../../../src/jobs/ports.ts';
import { EVER, gapsOf, signal, sourceAt, tracesOf } from './ask.ts';
import { FIXTURES, incidents, readJson } from './fixtures.ts';

interface Incident {
  readonly folder: string;
  readonly operationId: string;
}

/** One of each rule, so that new recordings take part by themselves; refused starts have no operation id. */
const chosen: readonly Incident[] = incidents()
  .filter((folder, index, all) => folder.split('/')[0] !== all[index - 1]?.split('/')[0])
  .flatMap((folder) => {
    const { operationId } = readJson(join(FIXTURES, folder, 'case.json')) as { operationId?: string | null };
    return typeof operationId === 'string' ? [{ folder, operationId }] : [];
  });
const documents = await readRecordedTraces(chosen.map(({ folder }) => join(FIXTURES, folder)));
const everything = allTraces();

/** Read straight from the recordings: the traces that a Jaeger holding all of them has. */
function allTraces(): readonly Trace[] {
  const resourceSpans = documents.flatMap((document) => {
    const { result } = document as { result: { resourceSpans: readonly unknown[] } };
    return result.resourceSpans;
  });
  const read = readTraceDocument({ resourceSpans });
  return read.kind === 'traces' ? read.traces.toSorted((a, b) => (a.traceId < b.traceId ? -1 : 1)) : [];
}

function tracesWith(condition: (span: Span) => boolean): readonly Trace[] {
  return everything.filter(({ spans }) => spans.some(condition));
}

describe.each(JAEGER_VERSIONS)('Jaeger %s', (version) => {
  let jaeger: RecordedJaeger;
  let source: TraceSource;
  beforeAll(async () => {
    jaeger = await startRecordedJaeger({ version, traces: documents, basePath: '/jaeger' });
    source = sourceAt(`${jaeger.url}/`);
  });
  afterAll(() => jaeger.close());

  it.each(chosen)('finds every trace of the operation of $folder', async ({ operationId }) => {
    const answer = await source.findOperation(operationId, EVER, signal());
    expect(gapsOf(answer)).toEqual([]);
    const expected = tracesWith((span) => span.attributes['operation.id'] === operationId);
    expect(tracesOf(answer)).toEqual(expected);
  });

  it('finds nothing for an unknown operation, and nothing outside the window', async () => {
    expect(tracesOf(await source.findOperation('op_training_20200101_000000_00000000', EVER, signal()))).toEqual([]);
    const window = { ...EVER, to: EVER.from };
    const answer = await source.findOperation(chosen[0]?.operationId ?? '', window, signal());
    expect(tracesOf(answer)).toEqual([]);
  });

  it('gets a trace by id in any spelling, and an empty list for an unknown one', async () => {
    const trace = everything[0] as Trace;
    expect(tracesOf(await source.getTrace(trace.traceId.toUpperCase(), signal()))).toEqual([trace]);
    expect(tracesOf(await source.getTrace('deadbeefdeadbeef', signal()))).toEqual([]);
    expect(gapsOf(await source.getTrace('no id', signal()))).toHaveLength(1);
  });

  it('searches errors of a service, although one version cannot', async () => {
    const query = { service: 'ktrdr-api', attributes: { error: 'true' }, window: EVER, limit: 500 };
    const answer = await source.search(query, signal());
    const expected = tracesWith((span) => span.service === 'ktrdr-api' && span.status.code === 'error');
    expect(expected.length).toBeGreaterThan(0);
    expect(tracesOf(answer)).toEqual(expected);
    expect(gapsOf(answer)).toHaveLength(version === '2.10' ? 1 : 0);
  });

  it('searches all services by name of the span, duration and attribute, newest first', async () => {
    const named = { operation: 'operations.create', window: EVER, limit: 500 };
    const isCreate = (span: Span) => span.name === 'operations.create';
    expect(tracesOf(await source.search(named, signal()))).toEqual(tracesWith(isCreate));

    const long = { ...named, minDurationMs: 20 };
    const isLong = (span: Span) => isCreate(span) && span.duration >= 20_000;
    expect(tracesOf(await source.search(long, signal()))).toEqual(tracesWith(isLong));

    const status = { attributes: { 'http.status_code': '404' }, window: EVER, limit: 500 };
    const isMissing = (span: Span) => span.attributes['http.status_code'] === 404;
    expect(tracesOf(await source.search(status, signal()))).toEqual(tracesWith(isMissing));

    const newest = await source.search({ ...named, limit: 2 }, signal());
    const starts = newest.kind === 'traces' ? newest.traces.map(({ spans }) => spans[0]?.start ?? 0) : [];
    expect(starts).toHaveLength(2);
    expect(starts).toEqual(starts.toSorted((a, b) => b - a));
  });

  it('lists services and describes itself', async () => {
    const answer = await source.services(signal());
    const names = new Set(everything.flatMap(({ spans }) => spans.map(({ service }) => service)));
    expect(answer.kind === 'services' && new Set(answer.services)).toEqual(names);
    const report = await source.probe(signal());
    expect(report.state).toBe('ok');
    expect(report.detail).toContain(`${names.size} services`);
    expect(report.detail).toContain(version === '2.20' || version === 'main' ? 'v3' : 'v1');
  });
});
