import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Divided, divide } from '../../../src/adapters/jaeger/portions.ts';
import { readTraceDocument } from '../../../src/adapters/jaeger/read.ts';

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
const document = fc.oneof(
  fc.record({ data: fc.array(trace, { maxLength: 3 }), errors: fc.constant(null) }),
  fc.record({ result: fc.record({ resourceSpans: fc.array(fc.record({ resource: id, scopeSpans: scopes })) }) }),
  fc.dictionary(fc.oneof(text, fc.constant('spans')), fc.oneof(spans, trace, scalar)),
);
const written = fc
  .tuple(document, fc.constantFrom(undefined, 1, '\t', '\r\n '))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

describe('a divided text', () => {
  it('has the value that JSON.parse gives', () => {
    fc.assert(fc.property(written, fc.integer({ min: 1, max: 400 }), isJsonsValue), { numRuns: 300 });
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
  const many = <T>(make: (index: number) => T, from: number) => Array.from({ length: 300 }, (_, at) => make(from + at));
  const scope = (from: number) => ({ scopeSpans: [{ spans: many(otlpSpan, from) }] });
  const answers: [string, unknown][] = [
    [
      'legacy',
      {
        data: [
          {
            traceID: 'ab',
            spans: many(legacySpan, 0),
            processes: { p0: { serviceName: 'a' }, p1: { serviceName: 'b' } },
          },
        ],
      },
    ],
    ['v3', { result: { resourceSpans: [scope(0), scope(300)] } }],
  ];

  it.each(answers)('in %s is read in portions, and as one', (_, answer) => {
    for (const indent of [undefined, 2]) {
      const large = JSON.stringify(answer, null, indent);
      const divided = divide(large);
      expect(divided === null ? 0 : portions(divided)).toBeGreaterThan(1);
      expect(readTraceDocument(large)).toEqual(readTraceDocument(answer));
      expect(readTraceDocument(large)).toMatchObject({ kind: 'traces' });
    }
  });

  it.each(answers)('in %s that breaks off is no trace', (_, answer) => {
    const large = JSON.stringify(answer);
    const looksLike = 'JSON that breaks off or is not well-formed';
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
  let divided: Divided | null = null;
  let value: unknown;
  try {
    divided = divide(whole, Math.min(portionLength, whole.length >> 1));
    value = divided === null ? undefined : restored(divided.value, divided);
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return;
  }
  if (divided !== null) expect(value).toEqual(JSON.parse(whole));
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

function portions({ value, portionsOf }: Divided): number {
  if (Array.isArray(value)) {
    const own = [...portionsOf(value)].length;
    return own > 1 ? own : value.reduce((sum: number, item: unknown) => sum + portions({ value: item, portionsOf }), 0);
  }
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, item) => sum + portions({ value: item, portionsOf }), 0);
}

function hex(value: number): string {
  return value.toString(16).padStart(16, '0');
}
