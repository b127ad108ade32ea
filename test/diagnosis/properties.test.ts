/** What must not matter, over every recorded incident: the primary cause stays what it is. And nothing makes the engine fall. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTraceDocument } from '../../src/adapters/jaeger/read.ts';
import { readOperationAnswer, readWorkers } from '../../src/adapters/ktrdr/read.ts';
import type { Case, Subject } from '../../src/diagnosis/case.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis/finding.ts';
import type { Rule } from '../../src/diagnosis/rule.ts';
import { RULES } from '../../src/diagnosis/rules/index.ts';
import { micros } from '../../src/diagnosis/trace.ts';
import { diagnosisSchema } from '../../src/jobs/answer/diagnosis-schema.ts';
import { caseFromDocuments } from '../../src/jobs/gather/documents.ts';
import {
  allTraces,
  IDLE,
  servicesIn,
  shifted,
  withClockOff,
  withIdleSpan,
  withServicesRenamed,
  withTraces,
  withWorkersRenamed,
} from '../support/disturbances.ts';
import { caseOf, FIXTURES, incidentsIn } from '../support/incidents.ts';

const INCIDENTS = incidentsIn(FIXTURES);
const KNOWN = INCIDENTS.flatMap(({ dir, ...incident }) =>
  [true, false].map((api) => {
    const input = caseOf({ dir, ...incident }, 'v3', { api });
    return { name: `${incident.name}${api ? '' : ', traces only'}`, dir, input, cause: causeOf(input) };
  }),
);

function answer(input: Case, rules: readonly Rule[] = RULES): Diagnosis {
  return diagnose(input, { deployment: 'local', apiUrl: null, rules });
}

function causeOf(input: Case, rules?: readonly Rule[]): string {
  const said = answer(input, rules);
  return said.primary?.cause ?? said.verdict;
}

/** Changes drawn at random for each incident; a failure names the incident and the change. */
function itDoesNotMatter<T>(
  what: string,
  change: fc.Arbitrary<T>,
  answerTo: (input: Case, how: T, dir: string) => string,
): void {
  it.each(KNOWN.map((known) => [known.name, known] as const))(`${what}: %s`, (_name, { input, cause, dir }) => {
    fc.assert(
      fc.property(change, (how) => {
        expect(answerTo(input, how, dir)).toBe(cause);
      }),
      { numRuns: 3 },
    );
  });
}

/** A permutation as numbers to sort by, long enough for every trace. */
const anyOrder = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));

function inOrderOf<T>(items: readonly T[], order: Iterator<number>): readonly T[] {
  return items
    .map((item) => ({ item, rank: order.next().value ?? 0 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

describe('the primary cause does not depend on', () => {
  itDoesNotMatter('the order of spans and traces', anyOrder, (input, order) => {
    const numbers = order[Symbol.iterator]();
    const traces = inOrderOf(input.traces, numbers).map((trace) => ({
      ...trace,
      spans: inOrderOf(trace.spans, numbers),
    }));
    return causeOf({ ...input, traces });
  });

  itDoesNotMatter('the order of rules', fc.shuffledSubarray([...RULES], { minLength: RULES.length }), causeOf);

  const idleSpans = fc.array(fc.tuple(fc.constantFrom(...IDLE), fc.nat(), fc.boolean()), {
    minLength: 1,
    maxLength: 8,
  });
  itDoesNotMatter('spans of no matter', idleSpans, (input, spans) =>
    causeOf(spans.reduce((changed, [idle, which, isInside]) => withIdleSpan(changed, idle, which, isInside), input)),
  );

  itDoesNotMatter('the names of workers', fc.stringMatching(/^[0-9a-f]{8}$/), (input, seed) =>
    causeOf(withWorkersRenamed(input, seed)),
  );

  const names = fc.record({
    before: fc.constantFrom('', 'prod-', 'acme.', 'EU_'),
    after: fc.constantFrom('', '-v2', '.local', '_0'),
    capitals: fc.infiniteStream(fc.boolean()),
  });
  itDoesNotMatter('what a deployment calls its services', names, (input, { before, after, capitals }) => {
    const letters = capitals[Symbol.iterator]();
    const renamed = new Map(
      servicesIn(input).map((service) => {
        const mixed = service.replace(/[a-z]/g, (letter) => (letters.next().value ? letter.toUpperCase() : letter));
        return [service, `${before}${mixed}${after}`];
      }),
    );
    return causeOf(withServicesRenamed(input, (service) => renamed.get(service) ?? service));
  });

  itDoesNotMatter('the calendar', fc.integer({ min: -2e7, max: 2e7 }), (input, seconds) =>
    causeOf(shifted(input, seconds)),
  );

  const off = fc.tuple(fc.nat(), fc.integer({ min: -3000, max: 3000 }));
  itDoesNotMatter('one clock a few milliseconds off', off, (input, [which, offset]) =>
    causeOf(withClockOff(input, servicesIn(input)[which % servicesIn(input).length], micros(offset))),
  );

  itDoesNotMatter('traces that are delivered twice', fc.nat(), (input, which) => {
    const traces = allTraces(input);
    return causeOf(withTraces(input, [...traces, ...traces.slice(which % (traces.length + 1))]));
  });

  itDoesNotMatter('spans and warnings that come twice', fc.constantFrom('legacy', 'v3'), (input, dialect, dir) => {
    const document = readTraceDocument(twice(JSON.parse(readFileSync(join(dir, `${dialect}.json`), 'utf8'))));
    return document.kind === 'traces' ? causeOf(withTraces(input, document.traces)) : document.looksLike;
  });
});

/** Every list of spans, of resources and of warnings repeated. */
function twice(document: unknown): unknown {
  return JSON.parse(JSON.stringify(document), (key, value: unknown) =>
    Array.isArray(value) && /^(?:spans|resourceSpans|warnings)$/.test(key) ? [...value, ...value] : value,
  );
}

describe('nothing makes the engine fall', () => {
  const subject = fc.constantFrom<Subject>(
    { kind: 'last', type: null },
    { kind: 'trace', traceId: '0'.repeat(32) },
    { kind: 'operation', operationId: 'op_training_20260109_060025_4183136f' },
  );

  it('any JSON', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), fc.jsonValue(), fc.jsonValue(), subject, diagnosable), {
      numRuns: 300,
    });
  });

  /** Small ones: the shape is what matters. */
  const documents = INCIDENTS.flatMap(({ dir }) => ['legacy.json', 'v3.json'].map((file) => join(dir, file))).filter(
    (path) => statSync(path).size < 40_000,
  );
  const wound = fc.tuple(
    fc.array(fc.nat(), { minLength: 1, maxLength: 12 }),
    fc.oneof(fc.jsonValue(), fc.constantFrom(null, -1, 2 ** 64, '', '1e999', 'NaN', [], {})),
  );

  it('recorded answers with anything in the place of anything', () => {
    expect(documents.length).toBeGreaterThan(20);
    fc.assert(
      fc.property(
        fc.constantFrom(...documents),
        fc.array(wound, { minLength: 1, maxLength: 4 }),
        subject,
        (path, wounds, asked) => {
          const [document, operation, workers] = [
            path,
            ...['operation.json', 'workers.json'].map((file) => path.replace(/[^/]+$/, file)),
          ].map(read);
          const hurt = (value: unknown) =>
            wounds.reduce((whole, [way, replacement]) => replaced(whole, way, replacement), value);
          diagnosable(hurt(document), hurt(operation), hurt(workers), asked);
          diagnosable(hurt(document), operation, workers, subjectOf(path) ?? asked);
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each(KNOWN.map(({ name, input }) => [name, input] as const))(
    '%s is answered in the published shape',
    (_name, input) => {
      const said: unknown = JSON.parse(JSON.stringify(answer(input)));
      expect(diagnosisSchema.parse(said)).toEqual(said);
    },
  );
});

/** Reads what can be read, and expects an answer in the published shape. */
function diagnosable(document: unknown, operation: unknown, workers: unknown, asked: Subject): void {
  const read = readTraceDocument(document);
  const now = micros(Date.parse('2026-11-23T08:00:00Z') * 1000);
  const input = caseFromDocuments(asked, null, now, {
    traces: read.kind === 'traces' ? read.traces : [],
    operation: readOperationAnswer(operation, 200, now),
    workers: readWorkers(workers),
    detail: 'any answers',
    remarks: [],
  });
  diagnosisSchema.parse(JSON.parse(JSON.stringify(answer(input))));
}

function subjectOf(path: string): Subject | null {
  const operationId: unknown = JSON.parse(readFileSync(path.replace(/[^/]+$/, 'case.json'), 'utf8')).operationId;
  return typeof operationId === 'string' ? { kind: 'operation', operationId } : null;
}

function read(path: string): unknown {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? null : JSON.parse(readFileSync(path, 'utf8'));
}

/** Follows the way as far as it goes and puts the replacement there. */
function replaced(value: unknown, [step, ...rest]: readonly number[], replacement: unknown): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return replacement;
  const keys = Object.keys(value);
  if (keys.length === 0) return replacement;
  const key = keys[step % keys.length] ?? '';
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === key ? replaced(item, rest, replacement) : item));
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return { ...fields, [key]: replaced(fields[key], rest, replacement) };
}
