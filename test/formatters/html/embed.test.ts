/** What the page of a report gets: every span with its parents before it, the gap in its place, evidence, and clean texts. */
import { describe, expect, it } from 'vitest';
import type { Case } from '../../../src/diagnosis/case.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { micros, type Span } from '../../../src/diagnosis/trace.ts';
import { traceViewOf } from '../../../src/diagnosis/trace-view.ts';
import { type Embedded, embed } from '../../../src/formatters/html/embed.ts';
import { FLAGS } from '../../../src/formatters/html/report-data.ts';
import { linksTo } from '../../../src/formatters/links.ts';
import { incidentNamed } from '../../support/incident-named.ts';
import { caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';

const NO_LINKS = linksTo(null, null);

function embedded(kase: Case, related: readonly string[] = [], redact: readonly RegExp[] = []): Embedded {
  const diagnosis = diagnose(kase, { deployment: 'local', apiUrl: null });
  return embed(traceViewOf(kase, new Set(related)), diagnosis, NO_LINKS, redact);
}

function with100Attributes(kase: Case, spans: number): Case {
  const [trace] = kase.traces;
  const [first] = trace?.spans ?? [];
  if (trace === undefined || first === undefined) throw new Error('The incident has no span.');
  const more = Array.from({ length: spans }, (_, i): Span => {
    const attributes = Object.fromEntries(Array.from({ length: 100 }, (_, k) => [`field.${k}`, `value ${i} ${k}`]));
    const spanId = `eeee${i.toString(16).padStart(12, '0')}`;
    return { ...first, spanId, parentId: first.spanId, start: micros(first.start + i), attributes, events: [] };
  });
  return { ...kase, traces: [{ ...trace, spans: [...trace.spans, ...more] }] };
}

describe.each(incidentsIn(FIXTURES).map((incident) => [incident.name, incident] as const))('%s', (_name, incident) => {
  const kase = caseOf(incident, 'v3', { api: true });
  const { data, positionOf } = embedded(kase);
  const { spans, strings } = data;

  it('has each span once, after its parent, and refers to texts that are there', () => {
    const ids = spans.id.filter((id) => id !== '');
    expect(ids.toSorted()).toEqual(kase.traces.flatMap((trace) => trace.spans.map(({ spanId }) => spanId)).toSorted());
    expect(spans.parent.every((parent, at) => parent < at)).toBe(true);
    const texts = [spans.name, spans.service, spans.kind, ...spans.attributes, ...spans.evidence, ...data.resources];
    for (const at of texts.flat()) expect(typeof strings[at]).toBe('string');
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
  });

  it('marks the spans of the flow as the flow does', () => {
    const diagnosis = diagnose(kase, { deployment: 'local', apiUrl: null });
    for (const step of diagnosis.flow) {
      const at = positionOf(step) ?? -1;
      expect([step.operation, (spans.start[at] ?? 0) / 1000]).toEqual([step.operation, step.startMs]);
      expect((spans.self[at] ?? 0) > 0).toBe(step.onCriticalPath);
      expect(((spans.flags[at] ?? 0) & FLAGS.failed) !== 0).toBe(step.error);
    }
    const culprit = diagnosis.primary?.culprit ?? null;
    const marked = [...spans.flags.keys()].filter((at) => ((spans.flags[at] ?? 0) & FLAGS.culprit) !== 0);
    expect(marked).toEqual(culprit === null || positionOf(culprit) === null ? [] : [positionOf(culprit)]);
    const gaps = spans.flags.filter((flags) => (flags & FLAGS.gap) !== 0).length;
    expect(gaps).toBe(diagnosis.primary?.gap === undefined ? 0 : 1);
  });
});

it('puts the time without spans before what came after it, and keeps the parents right', () => {
  const killed = caseOf(incidentNamed('10d-'), 'v3', { api: true });
  const diagnosis = diagnose(killed, { deployment: 'local', apiUrl: null });
  const view = traceViewOf(killed, new Set());
  const second = view.spans.filter(({ parent }) => parent === -1)[1];
  const startMs = second === undefined ? 1 : (second.span.start - view.startedAt) / 1000;
  const gap = { startMs: startMs / 2, durationMs: startMs / 4 };
  const primary = diagnosis.primary === null ? null : { ...diagnosis.primary, gap };
  const { spans } = embed(view, { ...diagnosis, primary }, NO_LINKS, []).data;
  const at = spans.flags.indexOf(FLAGS.gap);
  if (second !== undefined) expect(spans.id[at + 1]).toBe(second.span.spanId);
  const parentId = new Map(view.spans.map(({ span, parent }) => [span.spanId, view.spans[parent]?.span.spanId]));
  for (const [i, id] of spans.id.entries())
    if (id !== '') expect(spans.id[spans.parent[i] ?? -1]).toBe(parentId.get(id));
});

it('has related traces when they are asked for', () => {
  const killed = caseOf(incidentNamed('10a-'), 'v3', { api: true });
  const [first] = killed.traces;
  const related = {
    ...killed,
    traces: killed.traces.slice(0, 1),
    neighbours: killed.traces.slice(0, 1).map((trace) => ({
      ...trace,
      traceId: 'ab'.repeat(16),
      spans: trace.spans.map((span) => ({ ...span, traceId: 'ab'.repeat(16) })),
    })),
  };
  const count = first?.spans.length ?? 0;
  expect(traceViewOf(related, new Set()).spans).toHaveLength(count);
  const { spans } = traceViewOf(related, new Set(['ab'.repeat(16)]));
  expect(spans).toHaveLength(2 * count);
  expect(spans.every(({ span, parent }) => parent === -1 || spans[parent]?.span.traceId === span.traceId)).toBe(true);
});

it('leaves out the details of spans that matter least when the file would be too large, and says of how many', () => {
  const kase = with100Attributes(caseOf(incidentNamed('06a-'), 'v3', { api: true }), 1000);
  const { data } = embedded(kase);
  const without = data.spans.flags.filter((flags) => (flags & FLAGS.withoutDetails) !== 0).length;
  expect(data.withoutDetails).toBe(without);
  expect(without).toBeGreaterThan(100);
  expect(without).toBeLessThan(900);
  const important = data.spans.flags.filter((_, at) => (data.spans.self[at] ?? 0) > 0);
  expect(important.length).toBeGreaterThan(5);
  expect(important.every((flags) => (flags & FLAGS.withoutDetails) === 0)).toBe(true);
});

it('hides values by their name, by their form, and by the patterns of the operator', () => {
  const kase = caseOf(incidentNamed('06a-'), 'v3', { api: true });
  const secret = ['ghp', '0123456789abcdefghijABCDEFGHIJ'].join('_');
  const traces = kase.traces.map((trace) => ({
    ...trace,
    spans: trace.spans.map((span) => ({
      ...span,
      attributes: { 'api.token': 'plain-words', note: `see ${secret}`, customer: 'CORP-4711', 'db.pin': 123456 },
      events: [{ name: 'log', time: span.start, attributes: { message: `Authorization: Bearer ${secret}` } }],
    })),
  }));
  const text = JSON.stringify(embedded({ ...kase, traces }, [], [/CORP-\d+/]).data);
  for (const value of [secret, 'plain-words', 'CORP-4711']) expect(text).not.toContain(value);
  expect(text).toContain('api.token');
});
