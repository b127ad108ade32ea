/** The real client against five versions of Jaeger that hold the recorded incidents and what was exported beside them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  JAEGER_VERSIONS,
  type RecordedJaeger,
  readRecordedTraces,
  startRecordedJaeger,
  startRecordedKtrdr,
} from '@ktrdr-bot/local-slack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTraceDocument } from '../../../src/adapters/jaeger/read.ts';
import { createJaegerSource } from '../../../src/adapters/jaeger/source.ts';
import { createKtrdrApi } from '../../../src/adapters/ktrdr/api.ts';
import { endOf, micros, type Span, type Trace } from '../../../src/diagnosis/trace.ts';
import { filterFor } from '../../../src/jobs/search/options.ts';
import { type OperationHit, type SearchDeps, searchOperations } from '../../../src/jobs/search/search-operations.ts';
import { parseSearchWords } from '../../../src/jobs/search/words.ts';
import { incidentNamed } from '../../support/incident-named.ts';
import { FIXTURES, incidentsIn } from '../../support/incidents.ts';

/** Many recordings of healthy operations tell the same. */
const INCIDENTS = incidentsIn(FIXTURES).filter(({ dir }) => !/healthy-[2-5]$/.test(dir));
/** What else was exported in the same minutes, for two of them: it makes every search slower. */
const DOCUMENTS = [
  ...INCIDENTS.map(({ dir }) => JSON.parse(readFileSync(join(dir, 'v3.json'), 'utf8'))),
  ...(await readRecordedTraces([incidentNamed('06a-').dir, incidentNamed('10d-').dir])),
];
/** The searches look back over all recordings, so that new ones take part. */
const SPANS = DOCUMENTS.flatMap(tracesOf).flatMap(({ spans }) => spans);
const HOUR_MS = 3_600_000;
const NOW = micros(SPANS.reduce((latest, span) => Math.max(latest, endOf(span)), 0) + HOUR_MS * 1000);
const FIRST = SPANS.reduce((first, { start }) => Math.min(first, start), Number(NOW));
const LOOKBACK_MS = (NOW - FIRST) / 1000 + HOUR_MS;
const never = new AbortController().signal;

/** Straight from the recordings: operations by id, refused starts by trace id, each with all spans of its traces. */
const OPERATIONS = operationsIn(DOCUMENTS.flatMap(tracesOf));

function tracesOf(document: unknown): readonly Trace[] {
  const read = readTraceDocument(document);
  return read.kind === 'traces' ? read.traces : [];
}

function operationsIn(traces: readonly Trace[]): ReadonlyMap<string, readonly Span[]> {
  const found = new Map<string, Span[]>();
  for (const { traceId, spans } of new Map(traces.map((trace) => [trace.traceId, trace])).values()) {
    const ids = new Set(spans.map((span) => span.attributes['operation.id']).filter((id) => id !== undefined));
    const isStart = spans.some(({ name }) => /^POST \/api\/v1\/(?:trainings|backtests)\/start$/.test(name));
    for (const id of ids.size > 0 ? [...ids].map(String) : isStart ? [traceId] : [])
      found.set(id, [...(found.get(id) ?? []), ...spans]);
  }
  return found;
}

function where(condition: (span: Span) => boolean): readonly string[] {
  return [...OPERATIONS].filter(([, spans]) => spans.some(condition)).map(([name]) => name);
}

function all(...conditions: readonly (readonly string[])[]): readonly string[] {
  return conditions.reduce((one, other) => one.filter((name) => other.includes(name)));
}

function is(span: Span, key: string, ...values: readonly string[]): boolean {
  return values.includes(String(span.attributes[key]));
}

function namesOf(hits: readonly OperationHit[]): readonly string[] {
  return hits.map(({ operationId, traceId }) => operationId ?? traceId ?? '').sort();
}

/** The trace of a cancel names the type in the id alone. */
const TRAININGS = where(
  (span) =>
    is(span, 'operation.type', 'training', 'TRAINING') ||
    span.name === 'POST /api/v1/trainings/start' ||
    String(span.attributes['operation.id']).startsWith('op_training_'),
);
const DOWNLOADS = where((span) => is(span, 'operation.type', 'data_load', 'DATA_DOWNLOAD'));
const AAPL = where((span) => is(span, 'data.symbol', 'AAPL'));
const IN_ERROR = where(
  (span) =>
    (span.status.code === 'error' && !/http send$|^GET/.test(span.name)) ||
    is(span, 'operation.to_status', 'failed') ||
    (span.name.endsWith('/start') && Number(span.attributes['http.status_code']) >= 400),
);
const NO_DATA_CLASS = where((span) =>
  span.events.some((event) => /(?:^|\.)DataNotFoundError$/.test(String(event.attributes['exception.type']))),
);
const NO_WORKER = where((span) =>
  /no_workers_available/i.test(
    String(span.attributes['worker.selection_status'] ?? span.attributes['worker_registry.selection_status']),
  ),
);
const WITH_STRATEGY = where((span) => is(span, 'training.strategy', 'trend_follow_v3'));
const NO_DATA = incidentNamed('06a-');
const TRACE = incidentNamed('03a-').ask;

function depsFor(jaeger: { readonly url: string }): SearchDeps {
  const traces = createJaegerSource({
    url: jaeger.url,
    api: 'auto',
    headers: {},
    caFile: null,
    preferredServices: [],
    timeoutMs: 60_000,
    maxBytes: 1e8,
    now: () => NOW,
  });
  return { traces, ktrdr: null, clock: () => NOW, wait: async () => {} };
}

async function search(words: string, deps: SearchDeps) {
  const read = parseSearchWords(words, NOW);
  if (read.kind === 'wrong') throw new Error(read.problem);
  const answer = await searchOperations(filterFor(read.request, NOW, LOOKBACK_MS), deps, never);
  if (answer.kind === 'unavailable') throw new Error(JSON.stringify(answer.failure));
  return answer;
}

describe.each(JAEGER_VERSIONS)('Jaeger %s', (version) => {
  let jaeger: RecordedJaeger;
  let deps: SearchDeps;
  beforeAll(async () => {
    jaeger = await startRecordedJaeger({ version, traces: DOCUMENTS, basePath: '/jaeger' });
    deps = depsFor(jaeger);
  });
  afterAll(() => jaeger.close());

  it.each<[string, string, readonly string[]]>([
    ['everything', 'limit=200', [...OPERATIONS.keys()]],
    ['an operation id', NO_DATA.operationId, [NO_DATA.operationId]],
    ['a trace id', TRACE, [TRACE]],
    ['a type', 'type=training limit=200', TRAININGS],
    ['a type as the runbook spells it', 'operation.type=TRAINING limit=200', TRAININGS],
    ['a type with two names', 'operation.type=DATA_DOWNLOAD limit=200', DOWNLOADS],
    ['an error', 'error limit=200', IN_ERROR],
    ['the error flag as an attribute', 'error=true limit=200', IN_ERROR],
    ['the class of an error', 'error-type=DataNotFoundError limit=200', NO_DATA_CLASS],
    [
      'a class with its module',
      'exception.type=ktrdr.errors.exceptions.DataNotFoundError limit=200',
      all(
        NO_DATA_CLASS,
        where(
          (span) =>
            span.name !== 'data.fetch' &&
            span.events.some(
              (event) => event.attributes['exception.type'] === 'ktrdr.errors.exceptions.DataNotFoundError',
            ),
        ),
      ),
    ],
    ['a symbol', 'symbol=aapl limit=200', AAPL],
    [
      'a timeframe among several',
      'timeframe=1d limit=200',
      where((span) =>
        ['data.timeframe', 'data.timeframes'].some((key) => String(span.attributes[key]).split(',').includes('1d')),
      ),
    ],
    ['a strategy', 'training.strategy=trend_follow_v3 limit=200', WITH_STRATEGY],
    ['a worker selection', 'worker_registry.selection_status=NO_WORKERS_AVAILABLE limit=200', NO_WORKER],
    [
      'a service by its stem',
      'service=ktrdr-backtest-worker limit=200',
      where((span) => span.service.startsWith('ktrdr-backtest-worker-')),
    ],
    [
      'the IB host service',
      'ktrdr-ib-host-service limit=200',
      all(
        where((span) => span.service === 'ktrdr-ib-host-service'),
        [...OPERATIONS.keys()],
      ),
    ],
    ['several at once', 'operation.type=TRAINING data.symbol=AAPL error=true', all(TRAININGS, AAPL, IN_ERROR)],
    [
      'a time',
      'since=2026-11-23T06:00:00Z until=2026-11-23T06:45:00Z',
      where(
        ({ start }) =>
          start >= Date.parse('2026-11-23T06:00:00Z') * 1000 && start <= Date.parse('2026-11-23T06:45:00Z') * 1000,
      ),
    ],
  ])('finds by %s', async (what, words, expected) => {
    const { operations, gaps } = await search(words, deps);
    expect(expected.length).toBeGreaterThan(0);
    expect(namesOf(operations)).toEqual([...expected].sort());
    const notChecked = [expect.stringMatching(/^\d+ training runs not checked: the spans don’t name a strategy/)];
    if (version !== '2.10') expect(gaps).toEqual(what === 'a strategy' ? notChecked : []);
  });

  it('by the likely cause finds what a search for everything calls so, and only then cuts the list', async () => {
    const { operations } = await search('failed limit=200', deps);
    const causes = [...new Set(operations.map(({ cause }) => cause))];
    expect(causes.length).toBeGreaterThan(3);
    for (const name of ['data-missing', 'data-missing/not-cached']) {
      const wanted = operations.filter(({ cause }) => cause === name || cause?.startsWith(`${name}/`));
      expect(wanted.length).toBeGreaterThan(0);
      expect(namesOf((await search(`failed cause=${name} limit=200`, deps)).operations)).toEqual(namesOf(wanted));
    }
    const [newest] = operations.filter(({ cause }) => cause?.startsWith('data-missing/'));
    expect((await search('failed cause data-missing limit=1', deps)).operations).toEqual([newest]);
    const unexplained = operations.filter(({ cause }) => cause === null);
    expect(namesOf((await search('failed cause=none limit=200', deps)).operations)).toEqual(namesOf(unexplained));
    expect(parseSearchWords('cause=data-mising', NOW)).toMatchObject({
      kind: 'wrong',
      problem: expect.stringContaining('must be a cause such as data-missing'),
    });
  });

  it('finds by the id of a worker in either vocabulary, and by where it is reached', async () => {
    const ids = ['worker.id', 'worker.selected_id'].map((key) => {
      const worker = [...OPERATIONS.values()].flat().find((span) => span.attributes[key] !== undefined)?.attributes[
        key
      ];
      return String(worker);
    });
    for (const worker of ids) {
      const { operations } = await search(`worker=${worker} limit=200`, deps);
      const expected = where((span) => is(span, 'worker.id', worker) || is(span, 'worker.selected_id', worker));
      expect(namesOf(operations)).toEqual(expect.arrayContaining([...expected]));
    }
    const { operations } = await search('worker=backtest-worker-1:5003', deps);
    const called = where((span) => String(span.attributes['http.url']).startsWith('http://backtest-worker-1:5003/'));
    expect(namesOf(operations)).toEqual([...called].sort());
  });

  it('lists the newest first, each with what is known of it', async () => {
    const { operations } = await search('failed limit=15', deps);
    expect(operations).toHaveLength(15);
    const times = operations.map(({ startedAt }) => startedAt ?? '');
    expect(times).toEqual(times.toSorted().reverse());
    const [noData] = (await search(NO_DATA.operationId, deps)).operations;
    expect(noData).toMatchObject({
      type: 'backtesting',
      status: 'failed',
      symbol: 'AUDUSD',
      timeframe: '1h',
      startedAt: expect.stringMatching(/^2026-11-23T07:06:38/),
      cause: 'data-missing/not-cached',
      headline: expect.stringContaining('AUDUSD'),
    });
    expect(noData?.durationMs).toBeGreaterThan(0);
  });

  it('asks a bounded number of questions', async () => {
    const before = jaeger.requests.length;
    await search('failed training AAPL since 6h', deps);
    expect(jaeger.requests.length - before).toBeLessThan(600);
  });
});

describe('a search', () => {
  const running = startRecordedJaeger({ version: 'main', traces: DOCUMENTS });
  afterAll(async () => (await running).close());

  it('knows of a failure that stands in another trace than the start', async () => {
    const orphan = incidentNamed('10d-');
    const deps = depsFor(await running);
    const { operations } = await search('failed 5m since=2026-11-23T07:20:00Z', deps);
    expect(operations).toMatchObject([{ operationId: orphan.operationId, status: 'failed', symbol: 'EURUSD' }]);
    expect((await search(`${orphan.operationId} running`, deps)).operations).toEqual([]);
  });

  it('counts the time of what still runs, and leaves out what was shorter', async () => {
    const deps = depsFor(await running);
    const { operations } = await search('running limit=200 min-duration=30m', deps);
    expect(operations.map(({ operationId }) => operationId)).toContain(incidentNamed('10a-').operationId);
    expect(operations.every(({ durationMs }) => (durationMs ?? 0) >= 1_800_000)).toBe(true);
    expect((await search('completed over 30m limit=200', deps)).operations.map(({ cause }) => cause)).toEqual([
      'slow/training-loop',
    ]);
  });

  it('lists what only the ktrdr API knows, and believes it where the traces do not tell the end', async () => {
    const dirs = [NO_DATA.dir, incidentNamed('10a-').dir];
    const ktrdr = await startRecordedKtrdr({ fixtureDirs: dirs });
    const jaeger = await startRecordedJaeger({
      version: 'main',
      traces: await readRecordedTraces([incidentNamed('03a-').dir]),
    });
    try {
      const api = createKtrdrApi({ url: ktrdr.url, headers: {}, timeoutMs: 60_000, clock: () => NOW });
      const { operations, gaps } = await search('failed', { ...depsFor(jaeger), ktrdr: api });
      expect(gaps).toEqual([]);
      expect(operations.map(({ operationId, traceId, status }) => [operationId, traceId, status])).toEqual([
        [NO_DATA.operationId, null, 'failed'],
        [null, TRACE, 'failed'],
      ]);
    } finally {
      await Promise.all([ktrdr.close(), jaeger.close()]);
    }
  });

  it('says when the rest of an operation could not be read', async () => {
    const running = incidentNamed('21a-');
    const jaeger = await startRecordedJaeger({ version: 'main', traces: await readRecordedTraces([running.dir]) });
    try {
      const { traces } = depsFor(jaeger);
      const failure = { code: 'refused', host: 'jaeger:16686', httpStatus: 503, reason: '"busy"' } as const;
      const findOperation = async () => ({ kind: 'unavailable', failure }) as const;
      const { gaps } = await search('', { ...depsFor(jaeger), traces: { ...traces, findOperation } });
      expect(gaps).toEqual(['Jaeger at jaeger:16686 returned HTTP 503: "busy".']);
    } finally {
      await jaeger.close();
    }
  });

  it('says when Jaeger cannot be asked', async () => {
    const jaeger = await startRecordedJaeger({ version: 'main', traces: [] });
    await jaeger.close();
    const answer = await searchOperations(filterFor({}, NOW, LOOKBACK_MS), depsFor(jaeger), never);
    expect(answer).toMatchObject({ kind: 'unavailable', failure: { code: 'unreachable' } });
  });

  it('finds nothing in an empty Jaeger', async () => {
    const jaeger = await startRecordedJaeger({ version: '1.53', traces: [] });
    try {
      expect(await search('failed', depsFor(jaeger))).toMatchObject({ operations: [], gaps: [] });
    } finally {
      await jaeger.close();
    }
  });
});
