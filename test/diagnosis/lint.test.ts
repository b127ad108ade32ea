import { describe, expect, it } from 'vitest';
import { factsOf } from '../../src/diagnosis/facts/index.ts';
import { findInstrumentationGaps } from '../../src/diagnosis/lint.ts';
import { call, caseOf, type Draft, record, type Story, server, span, trace } from '../support/build.ts';
import { FIXTURES, incidentsIn, caseOf as recordedCase } from '../support/incidents.ts';

const ID = 'op_training_20260512_093000_0a1b2c3d';
const NAMED = { 'operation.id': ID };

function lint(...roots: readonly Draft[]) {
  return said({ id: ID, now: 600_000, traces: [trace(...roots)] });
}

function said(story: Story): readonly string[] {
  return findInstrumentationGaps(factsOf(caseOf(story))).map(
    ({ text, cannotTell }) => `${text} Unknown: ${cannotTell}.`,
  );
}

function work(...spans: readonly Draft[]): Draft {
  const register = span('operation.register', {
    attributes: { ...NAMED, 'operation.type': 'training', 'data.symbol': 'EURUSD' },
  });
  return server('POST /api/v1/trainings/start', 'ktrdr-api', 200, { took: 50 }, register, ...spans);
}

function transition(to: string, at: number): Draft {
  const attributes = { ...NAMED, 'operation.from_status': 'pending', 'operation.to_status': to };
  return span('operation.state_transition', { at, took: 0.01, attributes });
}

describe('what a trace does not say', () => {
  it('is nothing for a trace that says all', () => {
    const loop = span('training.training_loop', { at: 100, took: 900, attributes: { 'progress.percentage': 100 } });
    const data = span('training.data_loading', { at: 50, took: 50, attributes: { 'data.rows': 900 } });
    expect(lint(work(data, loop, transition('running', 20), transition('completed', 1100)))).toEqual([]);
  });

  it('is only the end itself when the ktrdr API says that the operation has ended', () => {
    const traces = [trace(work(transition('running', 20)))];
    const story = { id: ID, now: 600_000, traces, operation: record(ID, 'cancelled', { percentage: 10 }) };
    expect(said(story).join('\n')).toMatch(/No span records the end.*Unknown: what happened at its end\./);
  });

  it('is nothing when there is no span', () => {
    expect(said({ id: ID, now: 0 })).toEqual([]);
  });

  it.each<[string, readonly Draft[], RegExp]>([
    ['an end', [work(transition('running', 20))], /No span records the end.*whether it’s running/],
    [
      'progress',
      [work(transition('running', 20))],
      /No progress\.percentage|No span has progress\.percentage.*how far/,
    ],
    [
      'counts of a selection',
      [work(span('workers.select', { attributes: { 'worker.selection_status': 'no_workers_available' } }))],
      /No worker\.total_workers or worker\.capable_workers on 1 span \(workers\.select\).*all were busy/,
    ],
    [
      'an address',
      [work(span('POST', { kind: 'client' }), span('POST', { kind: 'client' }))],
      /No http\.url on 2 spans \(POST\).*which worker or service/,
    ],
    ['an exception', [work(span('data.download', { status: 'error' }))], /No exception on 1 span \(data\.download\)/],
    [
      'a parent',
      [span('operations.create', { lostParent: true, attributes: NAMED })],
      /The parent span is missing for 1 span/,
    ],
    ['a process', [span('operations.create', { service: '', attributes: NAMED })], /No service\.name on 1 span/],
    ['the loop', [work(span('training.data_loading', { attributes: { 'data.rows': 9 } }))], /covers the training loop/],
    ['rows', [work(span('backtest.data_loading', {}))], /No data\.rows or bars\.received on 1 span/],
    ['a symbol', [span('operation.register', { attributes: NAMED })], /No span names a symbol \(data\.symbol\)/],
    [
      'the operation',
      [call('POST', 'http://training-worker-1:5005/training/start', 200, {})],
      /No span has operation\.id/,
    ],
  ])('%s', (_what, roots, expected) => {
    expect(lint(...roots).join('\n')).toMatch(expected);
  });

  it('does not ask a refused start for an operation', () => {
    const refused = server('POST /api/v1/backtests/start', 'ktrdr-api', 503, {});
    const texts = said({ now: 1, traces: [trace(refused)] });
    expect(texts.join('\n')).not.toMatch(/operation\.id|records the end/);
  });

  it('is said in sentences, for every recorded incident', () => {
    for (const incident of incidentsIn(FIXTURES))
      for (const { text, cannotTell } of findInstrumentationGaps(
        factsOf(recordedCase(incident, 'v3', { api: true })),
      )) {
        expect(text, incident.name).toMatch(/^[A-Z].*\.$/);
        expect(cannotTell, incident.name).toMatch(/^[a-z].*[^.]$/);
      }
  });
});
