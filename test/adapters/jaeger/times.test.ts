/** Times that no clock could have shown: every reader gets usable ones, and a remark says what was done. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTraceDocument } from '../../../src/adapters/jaeger/read.ts';
import { readOperationAnswer, readWorkers } from '../../../src/adapters/ktrdr/read.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { endOf, micros, type Trace } from '../../../src/diagnosis/trace.ts';
import { traceViewOf } from '../../../src/diagnosis/trace-view.ts';
import { timeOfOperationId } from '../../../src/diagnosis/vocabulary/subject.ts';
import { formatAnswer } from '../../../src/formatters/answer/answer.ts';
import { cleanDiagnosis } from '../../../src/formatters/clean.ts';
import { formatHtml } from '../../../src/formatters/html/page.ts';
import { formatPng } from '../../../src/formatters/picture/png.ts';
import { formatText } from '../../../src/formatters/terminal/text.ts';
import { caseFromDocuments } from '../../../src/jobs/gather/documents.ts';
import { FIXTURES, incidents } from './fixtures.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const START = 1_795_417_598_482_577;
const UINT64_MAX = 2 ** 64;
const NOW = micros(Date.parse('2026-11-29T12:00:00Z') * 1000);

interface Times {
  readonly start: unknown;
  readonly duration?: unknown;
  readonly parent?: string;
  readonly event?: unknown;
  readonly operationId?: string;
}

function legacy(...spans: Times[]): Trace {
  return only({
    traceID: TRACE,
    processes: {},
    spans: spans.map(({ start, duration = 10, parent, event, operationId }, index) => ({
      spanID: `a${index}`,
      operationName: `work ${index}`,
      startTime: start,
      duration,
      references: parent === undefined ? [] : [{ refType: 'CHILD_OF', traceID: TRACE, spanID: parent }],
      logs: event === undefined ? [] : [{ timestamp: event, fields: [{ key: 'event', value: 'e' }] }],
      tags: operationId === undefined ? [] : [{ key: 'operation.id', value: operationId }],
    })),
  });
}

function otlp(...times: (readonly [start: unknown, end: unknown])[]): Trace {
  const spans = times.map(([startTimeUnixNano, endTimeUnixNano], index) => ({
    traceId: TRACE,
    spanId: `00000000000000a${index}`,
    name: `work ${index}`,
    startTimeUnixNano,
    endTimeUnixNano,
  }));
  return only({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

function only(document: unknown): Trace {
  const read = readTraceDocument(document);
  if (read.kind !== 'traces' || read.traces[0] === undefined) throw new Error(JSON.stringify(read));
  return read.traces[0];
}

const timesOf = ({ spans }: Trace) => spans.map(({ start, duration }) => [start, duration]);

describe('a unit that fits no clock', () => {
  it.each([
    ['nanoseconds', 1000, /1,000 times too large/],
    ['milliseconds', 0.001, /1,000 times too small/],
    ['seconds', 0.000001, /1,000,000 times too small/],
  ])('is recognized: %s in microsecond fields', (_name, factor, remark) => {
    const length = 4_000_000;
    const trace = legacy(
      { start: START * factor, duration: length * factor },
      { start: (START + 2_000_000) * factor, duration: length * factor, parent: 'a0' },
    );
    expect(timesOf(trace).flat().map(Math.round)).toEqual([START, length, START + 2_000_000, length]);
    expect(trace.warnings).toEqual([expect.stringMatching(remark)]);
  });

  it.each([
    ['microseconds', '1795417598482577', '1795417598482599'],
    ['picoseconds', '1795417598482577000000', '1795417598482599000000'],
  ])('is recognized: %s in nanosecond fields', (_name, start, end) => {
    const trace = otlp([start, end]);
    expect(timesOf(trace)).toEqual([[START, 22]]);
    expect(trace.warnings).toEqual([expect.stringMatching(/^Times were 1,000 times too/)]);
  });

  it('may be that of the starts alone, and of no event', () => {
    const trace = legacy(
      { start: START * 1000, duration: 34_000, event: START + 5 },
      { start: (START + 20_000) * 1000, duration: 10, parent: 'a0' },
    );
    expect(timesOf(trace)).toEqual([
      [START, 34_000],
      [START + 20_000, 10],
    ]);
    expect(trace.spans[0]?.events[0]?.time).toBe(START + 5);
    expect(trace.warnings).toEqual([expect.stringMatching(/^Start times were/)]);
  });

  it('is not assumed for a document in which only some times are strange', () => {
    const trace = legacy({ start: START }, { start: START * 1000, parent: 'a0' });
    expect(timesOf(trace)).toEqual([
      [START, 10],
      [START, 10],
    ]);
    expect(trace.warnings).toEqual(['Span "work 1" has no usable start; the start of its parent or trace is used.']);
  });
});

describe('a start that is no time', () => {
  it.each([undefined, null, '', 'soon', '-1', -5, Number.NaN, 0, UINT64_MAX, String(UINT64_MAX), 1e300, 5e15])(
    '%s is replaced by the nearest known one',
    (start) => {
      const trace = legacy({ start: START }, { start: START + 7, parent: 'a0' }, { start, parent: 'a1' });
      expect(timesOf(trace).at(-1)).toEqual([START + 7, 10]);
      expect(trace.warnings).toEqual([expect.stringMatching(/^Span "work 2" has no usable start/)]);
    },
  );

  it('does not go round in circles, and many of one kind are one remark', () => {
    const trace = legacy({ start: START }, { start: 0, parent: 'a2' }, { start: 0, parent: 'a1' });
    expect(timesOf(trace)).toEqual([
      [START, 10],
      [START, 10],
      [START, 10],
    ]);
    expect(trace.warnings).toEqual([expect.stringMatching(/^2 spans have no usable start \("work 1", "work 2"\)/)]);
  });

  it('is taken from the events, else from the id of the operation, when no span has one', () => {
    const operationId = 'op_training_20261123_070815_4cc1ef5e';
    expect(timesOf(legacy({ start: UINT64_MAX, event: START, operationId }))).toEqual([[START, 10]]);
    expect(timesOf(legacy({ start: UINT64_MAX, operationId }))).toEqual([[timeOfOperationId(operationId), 10]]);
    expect(timesOf(legacy({ start: UINT64_MAX }))).toEqual([[0, 10]]);
  });

  it('is kept in a trace whose clock started at zero, with a remark', () => {
    const trace = legacy({ start: 0 }, { start: 25 });
    expect(timesOf(trace)).toEqual([
      [0, 10],
      [25, 10],
    ]);
    expect(trace.warnings).toEqual([expect.stringMatching(/^Its times, which start at 1970-01-01/)]);
  });
});

describe('a duration or an event that cannot be', () => {
  it.each([null, -1, 'x', UINT64_MAX, 1e300, 11 * 365 * 86_400e6])('%s is taken as none', (value) => {
    expect(timesOf(legacy({ start: START, duration: value }))).toEqual([[START, 0]]);
    const trace = legacy({ start: START, event: value });
    expect(trace.spans[0]?.events[0]?.time).toBe(START);
    expect(trace.warnings).toEqual(['1 event had no usable time; the start of the span is used.']);
  });

  it('is one remark, however many spans it concerns', () => {
    const trace = otlp([`${START}000`, null], [`${START}000`, '0'], [`${START}000`, 'x'], [`${START}000`, -1]);
    expect(trace.warnings).toEqual([
      '4 spans have no usable end ("work 0", "work 1", "work 2", …); their durations are set to zero.',
    ]);
  });
});

describe('any times', () => {
  const hostile = fc.oneof(
    fc.constantFrom(null, '', 'soon', '-1', -1, 0, 1e300, -1e300, 'NaN', UINT64_MAX, String(UINT64_MAX), {}, [], true),
    fc.constantFrom(START / 1e6, START / 1000, START * 1e6, 253_402_300_799_000_000, 8.64e18, 9e15),
    fc.double(),
    fc.integer({ min: -5e9, max: 5e9 }).map((seconds) => seconds * 1e6),
  );
  const FIELDS = /^(?:startTime|duration|timestamp|startTimeUnixNano|endTimeUnixNano|timeUnixNano)$/;
  const names = incidents();
  const plan = fc.record({
    incident: fc.constantFrom(...names),
    values: fc.array(hostile, { minLength: 1, maxLength: 6 }),
    /** One in so many times is replaced. */
    rarity: fc.constantFrom(1, 2, 7),
  });

  function damaged(path: string, values: readonly unknown[], rarity: number): unknown {
    let count = 0;
    return JSON.parse(readFileSync(path, 'utf8'), (key, value: unknown) => {
      if (!FIELDS.test(key)) return value;
      count += 1;
      return count % rarity === 0 ? values[(count / rarity) % values.length] : value;
    });
  }

  it.each(['legacy.json', 'v3.json'])('end in a diagnosis that can be shown in every way (%s)', async (file) => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ incident, values, rarity }) => {
        const read = readTraceDocument(damaged(join(FIXTURES, incident, file), values, rarity));
        if (read.kind !== 'traces') throw new Error(read.looksLike);
        for (const span of read.traces.flatMap(({ spans }) => spans)) {
          for (const time of [span.start, endOf(span), ...span.events.map((event) => event.time)]) {
            expect(Number.isSafeInteger(time) && time >= 0).toBe(true);
          }
        }
        const kase = caseFromDocuments({ kind: 'last', type: null }, null, NOW, {
          traces: read.traces,
          operation: null,
          workers: null,
          detail: 'any times',
          remarks: [],
        });
        const said = diagnose(kase, { deployment: 'local', apiUrl: null });
        const links = { jaegerUrl: 'http://localhost:16686', grafanaUrl: null };
        const { subject, symptom, now } = kase;
        const shown = [
          formatText(said, { width: 100, colour: false, now, redact: [], ...links }),
          formatHtml(said, { redact: [], now, view: traceViewOf(kase, new Set()), ...links }),
          JSON.stringify(cleanDiagnosis(said)),
          JSON.stringify(
            formatAnswer(said, { ...links, jaegerPublicUrl: links.jaegerUrl, redact: [], subject, symptom, now }),
          ),
        ].join('\n');
        expect(shown).not.toMatch(/\bNaN\b|Infinity|Invalid Date/);
        expect((await formatPng(said, [])).png.length).toBeGreaterThan(0);
      }),
      { numRuns: 25 },
    );
  });
});

describe('times of the ktrdr API', () => {
  const record = (created_at: unknown) =>
    readOperationAnswer({ data: { operation_id: 'op_x_1', status: 'running', created_at } }, 200, NOW);

  it.each(['0001-01-01T00:00:00', '1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', 1_795_417_598, 'soon', null])(
    '%s is no time of an operation',
    (at) => {
      expect(record(at)).toMatchObject({ record: { createdAt: null } });
    },
  );

  it('are checked for workers as well', () => {
    const worker = (last_selected: unknown) => [{ worker_id: 'w', metadata: { last_selected } }];
    expect(readWorkers(worker(START / 1e6))?.[0]?.lastSelected).toBe(START);
    for (const value of [START, 0, 1e300, -1, 'x']) expect(readWorkers(worker(value))?.[0]?.lastSelected).toBeNull();
  });
});
