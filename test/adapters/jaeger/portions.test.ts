import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Divided, divide } from '../../../src/adapters/jaeger/portions.ts';
import { readTraceDocument, type TraceDocument } from '../../../src/adapters/jaeger/read.ts';

/** Text that could be taken for the borders of lists and spans. */
const trap = fc.constantFrom(
  '"spans":[{"traceID":',
  '},{"traceID":"',
  '\\"}]',
  ']}],"processes":{',
  '\\',
  '"',
  'Überfluß \u2028 \ud83d\ude00',
);
const text = fc.oneof(trap, fc.string({ unit: 'grapheme' }), fc.string());
const scalar = fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constant(null));
const tag = fc.record({ key: text, type: text, value: fc.oneof(scalar, fc.boolean(), fc.jsonValue({ maxDepth: 2 })) });
const id = fc.record({ traceID: text, spanID: text });
const span = fc.record({ traceID: text, operationName: text, references: fc.array(id), tags: fc.array(tag) });
const spans = fc.array(fc.oneof({ weight: 9, arbitrary: span }, fc.jsonValue({ maxDepth: 2 })), { maxLength: 12 });
const trace = fc.record({ traceID: text, spans, processes: fc.dictionary(text, fc.record({ tags: fc.array(tag) })) });
const scopes = fc.array(fc.record({ scope: id, spans }), { maxLength: 3 });
const resourceSpans = fc.array(fc.record({ resource: id, scopeSpans: scopes }), { maxLength: 3 });
const document = fc.oneof(
  fc.record({ data: fc.array(trace, { maxLength: 3 }), errors: fc.constant(null) }),
  fc.record({ result: fc.record({ resourceSpans }) }),
  fc.array(fc.oneof(trace, fc.record({ resourceSpans })), { maxLength: 3 }),
  fc.dictionary(fc.oneof(text, fc.constantFrom('spans', 'data', 'batches')), fc.oneof(spans, trace, scalar)),
);
const style = fc.constantFrom(compact, dumped, ascii, pretty(1), pretty('\t'), pretty('\r\n '));
const written = fc.tuple(document, style).map(([value, write]) => write(value));
const sequence = fc
  .tuple(fc.array(written, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '\n', '\r\n\r\n'))
  .map(([texts, between]) => ({ texts, whole: texts.join(between) + between }));

describe('a divided text', () => {
  it('has the value that JSON.parse gives', () => {
    fc.assert(fc.property(written, fc.integer({ min: 1, max: 400 }), isJsonsValue), { numRuns: 300 });
  });

  it('has the value of each document where several follow each other', () => {
    fc.assert(
      fc.property(sequence, fc.integer({ min: 1, max: 400 }), ({ texts, whole }, portionLength) => {
        const values = valuesIn(whole, Math.min(portionLength, whole.length >> 1));
        if (values !== null) expect(values).toEqual(texts.map((one) => JSON.parse(one)));
      }),
      { numRuns: 300 },
    );
  });

  it('is no JSON where JSON.parse says so', () => {
    const damaged = fc.tuple(written, fc.nat(), fc.nat({ max: 3 }), fc.oneof(trap, fc.constantFrom('', '[', '}', ',')));
    fc.assert(
      fc.property(damaged, fc.integer({ min: 1, max: 400 }), ([whole, at, length, instead], portionLength) => {
        const from = at % (whole.length + 1);
        isJsonsValue(whole.slice(0, from) + instead + whole.slice(from + length), portionLength);
        isJsonsValue(whole.slice(0, from), portionLength);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a list written twice', '{"spans":[{"a":1},{"a":2}],"spans":[{"a":3},{"a":4}]}'],
    ['a key with an escape', '{"data":[{"sp\\u0061ns":[0]},{"spans":[{"a":1},{"a":2}]}]}'],
    ['a list within a span', '{"spans":[{"a":{"spans":[{"b":1},{"b":2}]}},{"a":2}]}'],
    ['a member of every object', '{"spans":[{"__proto__":1},{"__proto__":{"x":2}}],"toString":[]}'],
    ['no end', `{"spans":[${'{"a":1},'.repeat(30)}`],
    ['nothing between two commas', '{"spans":[{"a":1},{"a":2},,{"a":3}]}'],
    ['nothing after the last comma', '{"data":[{"spans":[{"a":1},{"a":2},]},]}'],
    ['lists that never end', '{"spans":[{"a":'.repeat(300)],
  ])('with %s is read as ever', (_, strange) => isJsonsValue(strange, 1));
});

describe('a large answer', () => {
  const tags = Array.from({ length: 8 }, (_, index) => ({ key: `tag ${index}`, type: 'int64', value: index }));
  const reference = { refType: 'CHILD_OF', traceID: 'ab', spanID: hex(1) };
  const legacySpan = (index: number) => ({
    traceID: 'ab',
    spanID: hex(index + 1),
    operationName: `batch "${index % 7}"`,
    references: index === 0 ? [] : [reference],
    startTime: 1_700_000_000_000_000 + index,
    duration: 5,
    tags,
    logs: [],
    processID: `p${index % 2}`,
  });
  const otlpSpan = (index: number) => ({
    traceId: hex(171),
    spanId: hex(index + 1),
    name: `batch "${index % 7}"`,
    startTimeUnixNano: `${1_700_000_000_000_000 + index}000`,
    endTimeUnixNano: `${1_700_000_000_000_005 + index}000`,
    attributes: tags.map(({ key, value }) => ({ key, value: { intValue: `${value}` } })),
  });
  const COUNT = 2000;
  const many = <T>(make: (index: number) => T) => Array.from({ length: COUNT }, (_, at) => make(at));
  const processes = { p0: { serviceName: 'a' }, p1: { serviceName: 'b' } };
  const trace = (traceID: string, spans: readonly object[]) => ({ traceID, spans, processes });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'Überprüfung' } }] };
  const resourceSpans = (spans: readonly object[]) => ({ resource, scopeSpans: [{ spans }] });
  const groups = <T>(items: readonly T[], size: number) =>
    Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
  const lines = (size: number, wrap: (document: object) => object) =>
    groups(many(otlpSpan), size)
      .map((group) => `${compact(wrap({ resourceSpans: [resourceSpans(group)] }))}\n`)
      .join('');
  const tracesOf = (size: number) => ({
    data: groups(many(legacySpan), size).map((group, at) =>
      trace(
        hex(at + 1),
        group.map((span) => ({ ...span, traceID: hex(at + 1) })),
      ),
    ),
  });
  const one = { data: [trace('ab', many(legacySpan))] };
  const otlp = { result: { resourceSpans: [resourceSpans(many(otlpSpan))] } };
  const answers: [string, unknown][] = [
    ['legacy', one],
    ['v3', otlp],
  ];

  it.each<[string, string, unknown]>([
    ['legacy, compact', compact(one), one],
    ['legacy, json.dump', dumped(one), one],
    ['legacy, json.dump in ASCII', ascii(one), one],
    ['legacy, jq .', pretty(2)(one), one],
    ['legacy, a few spans in each trace', compact(tracesOf(3)), tracesOf(3)],
    ['legacy, one span in each trace', dumped(tracesOf(1)), tracesOf(1)],
    ['a list of legacy traces', compact(tracesOf(700).data), tracesOf(700)],
    ['OTLP, compact', compact(otlp), otlp],
    ['OTLP, json.dump', dumped(otlp), otlp],
    ['OTLP, jq .', pretty(2)(otlp), otlp],
    ['OTLP, a resource for each span', ascii({ batches: many(otlpSpan).map((span) => resourceSpans([span])) }), otlp],
    [
      'OTLP, a scope for each span',
      compact({ resourceSpans: [{ resource, scopeSpans: many(otlpSpan).map((span) => ({ spans: [span] })) }] }),
      otlp,
    ],
    ['OTLP, one span in each line', lines(1, (document) => document), otlp],
    ['OTLP, 512 spans in each line', lines(512, (document) => document), otlp],
    ['OTLP, results one after the other', lines(100, (result) => ({ result })).replaceAll('\n', ''), otlp],
    ['OTLP, results in many lines each', `${pretty(2)(otlp)}\n{"result": {}}`, otlp],
  ])('in %s is read in portions, and as one', (_, large, answer) => {
    let document: TraceDocument | null = null;
    expect(
      longestParsed(() => {
        document = readTraceDocument(large);
      }),
    ).toBeLessThan(100_000);
    expect(document).toMatchObject({ kind: 'traces', isCut: false, warnings: [] });
    expect(document).toEqual(readTraceDocument(answer));
  });

  it('in traces of any length is read in portions, though the same stands between two traces as between two spans', () => {
    for (let size = 40; size < 100; size += 1) {
      const answer = { data: [...tracesOf(size).data.slice(0, 3)] };
      const large = dumped(answer);
      expect(longestParsed(() => readTraceDocument(large))).toBeLessThan(large.length);
      expect(readTraceDocument(large)).toEqual(readTraceDocument(answer));
    }
  });

  it.each([1, 100, 512])('in lines of %i spans whose last one is cut is read without it', (size) => {
    const large = lines(size, (document) => document);
    const start = large.slice(0, large.trimEnd().lastIndexOf('\n') + 1);
    const cut = readTraceDocument(large.slice(0, start.length + 300));
    expect(cut).toMatchObject({ kind: 'traces', isCut: true, warnings: [expect.stringMatching(/truncated/)] });
    expect(cut).toMatchObject({ traces: (readTraceDocument(start) as { traces?: unknown }).traces });
  });

  it.each(answers)('in %s that breaks off is no trace', (_, answer) => {
    const large = JSON.stringify(answer);
    const looksLike = 'truncated or malformed JSON';
    for (const length of [large.length - 1, large.length >> 1, large.length - 40])
      expect(readTraceDocument(large.slice(0, length))).toEqual({ kind: 'not-a-trace', looksLike });
  });

  it('with a damaged span in the last portion is no trace', () => {
    const large = JSON.stringify(answers[0]?.[1]);
    const at = large.lastIndexOf('"duration":5');
    expect(readTraceDocument(`${large.slice(0, at)}"duration":05${large.slice(at + 12)}`).kind).toBe('not-a-trace');
  });
});

function isJsonsValue(whole: string, portionLength: number): void {
  const values = valuesIn(whole, Math.min(portionLength, whole.length >> 1));
  if (values !== null) expect(values).toEqual([JSON.parse(whole)]);
}

/** Null for what is not divided, is cut, or is no JSON. */
function valuesIn(whole: string, portionLength: number): readonly unknown[] | null {
  const divided = divide(whole, portionLength);
  if (divided === null || divided.isCut) return null;
  try {
    return [...divided.documents].map((value) => restored(value, divided));
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return null;
  }
}

/** The value with its spans in their places. */
function restored(value: unknown, divided: Divided): unknown {
  if (Array.isArray(value))
    return [...divided.portionsOf(value)].flatMap((portion) => portion.map((item) => restored(item, divided)));
  if (typeof value !== 'object' || value === null) return value;
  const copy: object = Object.create(Object.prototype);
  for (const [key, member] of Object.entries(value))
    Object.defineProperty(copy, key, {
      value: restored(member, divided),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  return copy;
}

/** The length of the longest text that is parsed at once. */
function longestParsed(read: () => void): number {
  const parse = vi.spyOn(JSON, 'parse');
  try {
    read();
    return Math.max(...parse.mock.calls.map(([parsed]) => parsed.length));
  } finally {
    parse.mockRestore();
  }
}

function compact(value: unknown): string {
  return JSON.stringify(value);
}

function pretty(indent: number | string): (value: unknown) => string {
  return (value) => JSON.stringify(value, null, indent);
}

/** As Python's `json.dump` writes by default, but for what is not ASCII. */
function dumped(value: unknown): string {
  return JSON.stringify(value, null, 1).replace(/,\n */g, ', ').replace(/\n */g, '');
}

function ascii(value: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return dumped(value).replace(/[\u0080-\uffff]/g, escaped);
}

function hex(value: number): string {
  return value.toString(16).padStart(16, '0');
}
