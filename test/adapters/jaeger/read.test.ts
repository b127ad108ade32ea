import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTraceDocument, type TraceDocument } from '../../../src/adapters/jaeger/read.ts';
import type { Trace } from '../../../src/diagnosis/trace.ts';
import { describeWithShared } from '../../support/shared.ts';
import { FIXTURES, incidents, readJson } from './fixtures.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

function only(document: TraceDocument): Trace {
  if (document.kind !== 'traces' || document.traces.length !== 1) throw new Error(JSON.stringify(document));
  return document.traces[0] as Trace;
}

function otlp(...spans: object[]): object {
  return { resourceSpans: [{ scopeSpans: [{ spans }] }] };
}

function otlpSpan(fields: object): object {
  const times = { startTimeUnixNano: '1700000000000000100', endTimeUnixNano: '1700000000000002099' };
  return { traceId: TRACE, spanId: '00000000000000a1', name: 'work', ...times, ...fields };
}

function legacy(...spans: object[]): object {
  return { data: [{ traceID: TRACE, processes: { p1: { serviceName: 'api' } }, spans }] };
}

function legacySpan(fields: object): object {
  return {
    spanID: 'a1',
    operationName: 'work',
    startTime: 1_700_000_000_000_000,
    duration: 5,
    processID: 'p1',
    ...fields,
  };
}

describe('shapes that hold traces', () => {
  const span = otlpSpan({});
  const resourceSpans = [{ scopeSpans: [{ spans: [span] }] }];
  it.each([
    ['v3 of Jaeger', { result: { resourceSpans } }],
    ['a collector', { resourceSpans }],
    ['Tempo', { batches: resourceSpans }],
    ['Tempo v2', { trace: { resourceSpans } }],
    ['old OTLP', { resourceSpans: [{ instrumentationLibrarySpans: [{ spans: [span] }] }] }],
    ['a list', [{ resourceSpans }]],
    ['text with a byte order mark', `\uFEFF${JSON.stringify({ resourceSpans })}`],
    ['a stream of lines', `${JSON.stringify({ result: { resourceSpans } })}\n{"result":{"resourceSpans":[]}}\n`],
    ['base64 ids', otlp(otlpSpan({ traceId: 'CvdlGRbNQ92ESOshHIAxnA==', spanId: 'AAAAAAAAAKE=' }))],
    ['upper case', otlp(otlpSpan({ traceId: TRACE.toUpperCase(), spanId: 'A1' }))],
    ['a Jaeger answer', legacy(legacySpan({}))],
    ['a bare Jaeger trace', { traceID: TRACE, spans: [legacySpan({})], processes: {} }],
    ['a list of Jaeger traces', [{ traceID: TRACE, spans: [legacySpan({})], processes: {} }]],
  ])('%s', (_name, document) => {
    const trace = only(readTraceDocument(document));
    expect(trace.traceId).toBe(TRACE);
    expect(trace.spans.map(({ spanId, name }) => [spanId, name])).toEqual([['00000000000000a1', 'work']]);
  });

  it('groups spans of several traces that lie in one list', () => {
    const document = readTraceDocument(otlp(otlpSpan({}), otlpSpan({ traceId: 'ff' }), otlpSpan({ spanId: 'b2' })));
    expect(document.kind === 'traces' && document.traces.map(({ spans }) => spans.length)).toEqual([2, 1]);
  });
});

it('skips what is no object beside a trace, and says so', () => {
  const document = readTraceDocument({
    data: [{ traceID: TRACE, spans: [legacySpan({})], processes: {} }, null, 5, 'x'],
  });
  expect(only(document).spans).toHaveLength(1);
  expect(document).toMatchObject({ warnings: ['Skipped 3 entries without a trace.'] });
});

describe('what is no trace', () => {
  it.each([
    ['', /empty file/],
    ['<!doctype html><title>Login</title>', /login page/],
    ['{"data":[{"traceID":', /truncated/],
    ['some words', /plain text/],
    [{ data: [], errors: null }, /without any traces/],
    [{ result: {} }, /without any spans/],
    [{ data: null, errors: [{ code: 404, msg: 'trace not found' }] }, /trace not found/],
    [{ error: { httpCode: 404, message: 'No traces found' } }, /No traces found/],
    [{ services: ['a'] }, /list of services/],
    [{ data: ['a'], total: 1 }, /list of services/],
    [{ summaries: [] }, /summaries/],
    [[{ traceId: 'a', id: 'b' }], /Zipkin/],
    [{ success: true, data: { operation_id: 'op_x' } }, /ktrdr/],
    [{ name: 'x', version: 1 }, /keys name, version/],
    [{ 'login failed: password=hunter2hunter2': 1 }, /^(?!.*hunter2).*login failed/],
    [{ errors: [{ code: 500, msg: 'password=hunter2hunter2 refused' }] }, /^(?!.*hunter2).*refused/],
    [7, /single JSON value/],
  ])('%j', (input, looksLike) => {
    const document = readTraceDocument(input);
    expect(document.kind === 'not-a-trace' ? document.looksLike : 'a trace').toMatch(looksLike);
  });
});

describe('repairs', () => {
  it('counts a duration in nanoseconds and cuts it to microseconds', () => {
    expect(only(readTraceDocument(otlp(otlpSpan({})))).spans[0]).toMatchObject({
      start: 1_700_000_000_000_000,
      duration: 1,
    });
  });

  it.each([
    ['no end', otlp(otlpSpan({ endTimeUnixNano: undefined }))],
    ['an end before the start', otlp(otlpSpan({ endTimeUnixNano: '1600000000000000000' }))],
    ['a duration near 2^64', legacy(legacySpan({ duration: 2 ** 63.9 }))],
  ])('takes %s as a duration of zero and says so', (_name, document) => {
    const trace = only(readTraceDocument(document));
    expect(trace.spans[0]?.duration).toBe(0);
    expect(trace.warnings).toEqual(['Span "work" has no usable end; its duration is set to zero.']);
  });

  it('drops a repeated span silently and keeps the longest of different ones', () => {
    const repeated = only(readTraceDocument(legacy(legacySpan({}), legacySpan({}))));
    expect([repeated.spans.length, repeated.warnings]).toEqual([1, []]);
    const different = only(
      readTraceDocument(legacy(legacySpan({}), legacySpan({ duration: 9 }), legacySpan({ duration: 7 }))),
    );
    expect(different.spans.map(({ duration }) => duration)).toEqual([9]);
    expect(different.warnings).toHaveLength(1);
  });

  it('separates a server span that shares its id with the client span, and gives it the children', () => {
    const kind = (value: string) => [{ key: 'span.kind', value }];
    const child = { refType: 'CHILD_OF', traceID: TRACE, spanID: 'a1' };
    const trace = only(
      readTraceDocument(
        legacy(
          legacySpan({ tags: kind('client') }),
          legacySpan({ tags: kind('server'), startTime: 1_700_000_000_000_001 }),
          legacySpan({ spanID: 'c3', references: [child], startTime: 1_700_000_000_000_002 }),
        ),
      ),
    );
    const [client, server, inner] = trace.spans;
    expect(new Set(trace.spans.map(({ spanId }) => spanId)).size).toBe(3);
    expect(server?.parentId).toBe(client?.spanId);
    expect(inner?.parentId).toBe(server?.spanId);
  });

  it('keeps a text in `error`, not the mark that Jaeger adds beside it; the first of equal keys wins', () => {
    const tags = [
      { key: 'error', type: 'string', value: 'no worker' },
      { key: 'error', type: 'bool', value: true },
      { key: 'k', value: 'first' },
      { key: 'k', value: 'second' },
      { key: '__proto__', value: 'x' },
    ];
    const span = only(readTraceDocument(legacy(legacySpan({ tags })))).spans[0];
    expect(span?.attributes).toEqual({ error: 'no worker', k: 'first' });
    expect(span?.status.code).toBe('error');
  });

  it.each([
    ['true', 'error'],
    ['false', 'unset'],
    ['unset', 'unset'],
  ])('reads the text %s in `error`, as other stores send it, as status %s', (value, code) => {
    const span = only(readTraceDocument(legacy(legacySpan({ tags: [{ key: 'error', type: 'string', value }] }))))
      .spans[0];
    expect([span?.status.code, span?.attributes]).toEqual([code, {}]);
  });

  it('drops noise and keeps what Jaeger cut', () => {
    const warnings = [
      'parent span ID=ff is not in the trace; skipping clock skew adjustment',
      'invalid parent span IDs=ff; skipping clock skew adjustment',
      'trace has more than 10 spans, showing first 10 spans only',
    ];
    const values = warnings.map((stringValue) => ({ stringValue }));
    const marked = otlp(otlpSpan({ attributes: [{ key: '@jaeger@warnings', value: { arrayValue: { values } } }] }));
    for (const document of [legacy(legacySpan({ warnings })), marked]) {
      expect(only(readTraceDocument(document)).warnings).toEqual(warnings.slice(2));
    }
  });

  it('reads every kind of value; lists and maps become the text that the older dialect has for them', () => {
    const value = (value: object, index: number) => ({ key: `k${index}`, value });
    const attributes = [
      { stringValue: 'text' },
      { intValue: '5' },
      { intValue: '9223372036854775807' },
      { boolValue: true },
      { doubleValue: 1.5 },
      { doubleValue: 'NaN' },
      { bytesValue: 'AQI=' },
      { arrayValue: { values: [{ stringValue: 'a<b' }, { intValue: '1' }] } },
      {
        kvlistValue: {
          values: [
            { key: 'b', value: { boolValue: false } },
            { key: 'a', value: {} },
          ],
        },
      },
      {},
    ].map(value);
    const span = only(readTraceDocument(otlp(otlpSpan({ attributes })))).spans[0];
    const list = '["a\\u003cb",1]';
    const read = ['text', 5, '9223372036854775807', true, 1.5, 'NaN', 'AQI=', list, '{"a":null,"b":false}', null];
    expect(Object.values(span?.attributes ?? {})).toEqual(read);
  });

  it('takes a link to the parent as "did not wait", and a lone link into the trace as the parent', () => {
    const links = [{ traceId: TRACE, spanId: '00000000000000b2' }];
    const linked = only(readTraceDocument(otlp(otlpSpan({ parentSpanId: '00000000000000b2', links })))).spans[0];
    expect(linked).toMatchObject({ parentId: '00000000000000b2', followsFrom: true });
    expect(only(readTraceDocument(otlp(otlpSpan({ links })))).spans[0]).toMatchObject({ followsFrom: true });
    const elsewhere = [{ traceId: 'ff', spanId: 'b2' }];
    expect(
      only(readTraceDocument(otlp(otlpSpan({ links: elsewhere, parentSpanId: '' })))).spans[0]?.parentId,
    ).toBeNull();
  });

  it('shares one resource object between the spans of a process', () => {
    const resource = { attributes: [{ key: 'host.name', value: { stringValue: 'h' } }] };
    const one = (spanId: string) => ({ resource, scopeSpans: [{ spans: [otlpSpan({ spanId })] }] });
    const { spans } = only(readTraceDocument({ resourceSpans: [one('a1'), one('b2')] }));
    expect(spans[0]?.resource).toBe(spans[1]?.resource);
  });
});

describe('arbitrary JSON', () => {
  const filler = 'x'.repeat(200);

  it('never throws', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => void readTraceDocument(value)));
    const nested = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown;
    readTraceDocument(nested);
    readTraceDocument(legacy(legacySpan({ tags: [{ key: 'k', value: nested }] })));
  });

  it.each([3000, 100_000])('reads a large answer with an attribute that is nested %s levels deep', (depth) => {
    const deep = `${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}`;
    const attribute = `{"key":"deep","value":${deep}}`;
    const spans = Array.from({ length: 600 }, (_, index) => JSON.stringify(otlpSpan({ spanId: `b${index}`, filler })));
    const last = JSON.stringify(otlpSpan({})).replace('{', `{"attributes":[${attribute}],`);
    const resource = `{"attributes":[${attribute}]}`;
    const text = `{"resourceSpans":[{"resource":${resource},"scopeSpans":[{"spans":[${[...spans, last].join(',')}]}]}]}`;
    expect(only(readTraceDocument(text)).spans).toHaveLength(601);
  });

  it.each(['legacy.json', 'v3.json'])('never throws on a damaged %s, and keeps its promises', (file) => {
    const text = readFileSync(join(FIXTURES, incidents()[0] ?? '', file), 'utf8');
    const original = JSON.parse(text) as object;
    const places = placesIn(original);
    fc.assert(
      fc.property(fc.nat(places.length - 1), fc.jsonValue(), (place, value) => {
        const damaged = structuredClone(original);
        replace(damaged, places[place] ?? [], value);
        const document = readTraceDocument(damaged);
        for (const trace of document.kind === 'traces' ? document.traces : []) {
          expect(trace.spans.length).toBeGreaterThan(0);
          expect(trace.spans.every(({ duration }) => duration >= 0)).toBe(true);
        }
      }),
    );
  });
});

type Path = readonly string[];

function placesIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [[...path, key], ...placesIn(item, [...path, key])]);
}

function replace(value: unknown, path: Path, replacement: unknown): void {
  const [key = '', ...rest] = path;
  const object = value as Record<string, unknown>;
  if (rest.length === 0) object[key] = replacement;
  else replace(object[key], rest, replacement);
}

describeWithShared('documents that others recorded', 'traces/third-party', (folder) => {
  it.each(readdirSync(folder))('%s', (file) => {
    const document = readTraceDocument(readJson(join(folder, file)));
    const isTrace = !/Get(?:Operations|Services)|Summaries/.test(file);
    expect(document.kind, JSON.stringify(document).slice(0, 200)).toBe(isTrace ? 'traces' : 'not-a-trace');
  });
});
