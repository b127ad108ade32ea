import { describe, expect, it } from 'vitest';
import type { OperationType, Symptom } from '../../../src/diagnosis/case.ts';
import { type Attributes, type Micros, micros, type Span, type Trace } from '../../../src/diagnosis/trace.ts';
import { BACKEND_SERVICE } from '../../../src/diagnosis/vocabulary/operations.ts';
import { servicesLike } from '../../../src/diagnosis/vocabulary/services.ts';
import { attemptQueries, attemptsOf, firstToFind } from '../../../src/jobs/gather/attempts.ts';
import { guessAmong, stateOf } from '../../../src/jobs/gather/guess.ts';
import type { Looked } from '../../../src/jobs/gather/source-log.ts';
import type { TraceQuery } from '../../../src/jobs/ports.ts';

const SECOND = 1_000_000;
const NOW = micros(1000 * SECOND);

interface Sketch {
  readonly id: string;
  readonly parent?: string;
  readonly name: string;
  readonly at: number;
  readonly attributes?: Attributes;
  readonly kind?: Span['kind'];
}

function trace(traceId: string, ...sketches: readonly Sketch[]): Trace {
  const spans = sketches.map(
    ({ id, parent = null, name, at, attributes = {}, kind = 'server' }): Span => ({
      traceId,
      spanId: id,
      parentId: parent,
      followsFrom: false,
      name,
      service: 'ktrdr-api',
      kind,
      start: micros(at * SECOND),
      duration: micros(0),
      status: { code: 'unset', message: null },
      attributes,
      events: [],
      resource: {},
    }),
  );
  return { traceId, spans, warnings: [] };
}

const START = 'POST /api/v1/backtests/start';
const registered = (operationId: string, type: string) => ({ 'operation.id': operationId, 'operation.type': type });

function newestAttempt(traces: readonly Trace[], type: OperationType | null, now: Micros) {
  const states = attemptsOf(traces, type, now).map((attempt) => stateOf(attempt, traces, null, now));
  return guessAmong(states, { kind: 'last', type }, null)?.subject ?? null;
}

describe('the newest attempt', () => {
  it('is named by its operation when it became one, and by its trace when it was refused', () => {
    const accepted = trace(
      'a',
      { id: '1', name: START, at: 10 },
      { id: '2', parent: '1', name: 'operation.register', at: 11, attributes: registered('op_1', 'backtesting') },
    );
    const refused = trace('b', { id: '1', name: START, at: 20 });
    expect(newestAttempt([accepted], 'backtesting', NOW)).toEqual({ kind: 'operation', operationId: 'op_1' });
    expect(newestAttempt([accepted, refused], 'backtesting', NOW)).toEqual({ kind: 'trace', traceId: 'b' });
    expect(newestAttempt([accepted, refused], 'training', NOW)).toBeNull();
  });

  it('is the last of a client’s tries in one trace', () => {
    const tries = trace(
      'a',
      { id: '0', name: 'cli.backtest', at: 9, kind: 'internal' },
      { id: '1', parent: '0', name: START, at: 10 },
      { id: '2', parent: '0', name: START, at: 12 },
      { id: '3', parent: '2', name: 'operations.create', at: 13, attributes: { 'operation.id': 'op_2' } },
    );
    expect(newestAttempt([tries], null, NOW)).toEqual({ kind: 'operation', operationId: 'op_2' });
  });

  it('of an agent is the research, not the training that the research started', () => {
    const research = trace(
      'a',
      { id: '1', name: 'POST /api/v1/agent/trigger', at: 10 },
      { id: '2', parent: '1', name: 'operation.register', at: 11, attributes: registered('op_r', 'agent_research') },
      { id: '3', parent: '1', name: 'POST /api/v1/trainings/start', at: 20 },
      { id: '4', parent: '3', name: 'operation.register', at: 21, attributes: registered('op_t', 'training') },
    );
    expect(newestAttempt([research], 'agent_research', NOW)).toEqual({ kind: 'operation', operationId: 'op_r' });
    expect(newestAttempt([research], 'training', NOW)).toEqual({ kind: 'operation', operationId: 'op_t' });
  });

  it('is recognised in the runbook’s words, where nothing but the registration names a type', () => {
    const documented = trace('a', {
      id: '1',
      name: 'operation.register',
      at: 10,
      attributes: registered('op_1', 'DATA_DOWNLOAD'),
    });
    expect(newestAttempt([documented], 'data_load', NOW)).toEqual({ kind: 'operation', operationId: 'op_1' });
    expect(newestAttempt([documented], 'training', NOW)).toBeNull();
  });

  it('is not one after the question, unless there is no other', () => {
    const before = trace('a', { id: '1', name: START, at: 990 });
    const after = trace('b', { id: '1', name: START, at: 1030 });
    expect(newestAttempt([before, after], null, NOW)).toEqual({ kind: 'trace', traceId: 'a' });
    expect(newestAttempt([after], null, NOW)).toEqual({ kind: 'trace', traceId: 'b' });
  });

  it('ends for parents that form a circle, and names that objects inherit', () => {
    const circle = trace(
      'a',
      { id: '1', parent: '2', name: 'toString', at: 1, attributes: { 'operation.id': 'op_1' } },
      { id: '2', parent: '1', name: 'constructor', at: 2, attributes: registered('op_1', 'constructor') },
    );
    expect(newestAttempt([circle], null, NOW)).toBeNull();
  });
});

it('is searched for by request and by registration, in both spellings', () => {
  const window = { from: micros(0), to: NOW };
  const search = { window, limit: 5, backends: ['ktrdr-api'] };
  const [starts, registrations] = attemptQueries({ ...search, type: 'training' });
  expect(starts?.map(({ operation }) => operation)).toEqual(['POST /api/v1/trainings/start']);
  expect(registrations?.flatMap(({ attributes }) => Object.values(attributes ?? {}))).toEqual(['training', 'TRAINING']);
  const any = attemptQueries({ ...search, type: null }).flat();
  expect(new Set(any.map(({ operation }) => operation)).size).toBe(6);
});

it('is searched for under the names that a deployment gives to the backend', () => {
  const listed = ['prod-KTRDR-API', 'ktrdr-training-worker-ab12', 'shop'];
  const window = { from: micros(0), to: NOW };
  const searches = attemptQueries({
    type: 'training',
    window,
    limit: 5,
    backends: servicesLike(BACKEND_SERVICE, listed),
  }).flat();
  expect(new Set(searches.map(({ service }) => service))).toEqual(new Set(['prod-KTRDR-API', undefined]));
});

it('is searched for in the second spelling only when the first finds none and is answered', async () => {
  const asked: TraceQuery[] = [];
  const queries = ['training', 'TRAINING'].map((spelling) => ({
    attributes: { 'operation.type': spelling },
    window: { from: micros(0), to: NOW },
    limit: 5,
  }));
  const none = { traces: [], unanswered: [], searchedServices: null };
  const answers = (first: Looked) => async (query: TraceQuery) => {
    asked.push(query);
    return query === queries[0] ? first : none;
  };
  await firstToFind(queries, answers({ ...none, traces: [trace('a', { id: '1', name: 'x', at: 1 })] }));
  await firstToFind(queries, answers({ ...none, unanswered: ['Jaeger did not respond.'] }));
  expect(asked).toEqual([queries[0], queries[0]]);
  await firstToFind(queries, answers(none));
  expect(asked.slice(2)).toEqual(queries);
});

describe('an operation that was not named', () => {
  const state = (
    operationId: string,
    status: 'running' | 'completed' | 'failed',
    percentage: number | null = null,
  ) => ({
    traceId: 'a',
    at: 0,
    operationId,
    status,
    percentage,
  });
  const guess = (symptom: Symptom | null, percent: number | undefined, ...states: ReturnType<typeof state>[]) =>
    guessAmong(states, { kind: 'last', type: 'training', ...(percent === undefined ? {} : { percent }) }, symptom);
  const named = (operationId: string) => ({ kind: 'operation', operationId });

  it.each(['stuck', 'slow'] as const)('is one that runs when it is %s, although another is newer', (symptom) => {
    const found = guess(
      symptom,
      undefined,
      state('op_1', 'completed'),
      state('op_2', 'running'),
      state('op_3', 'running'),
    );
    expect(found?.subject).toEqual(named('op_2'));
    expect(found?.guess).toEqual({
      text: 'No operation named; showing the latest running training run (others: op_3).',
      others: ['op_3'],
    });
  });

  it('is the one whose progress fits', () => {
    const running = [state('op_1', 'running', 2.9), state('op_2', 'running', 45), state('op_3', 'running')];
    expect(guess('stuck', 45, ...running)?.subject).toEqual(named('op_2'));
    expect(guess('stuck', 45, ...running)?.guess.text).toContain('the training run at 45% (others: op_1, op_3)');
    expect(guess('stuck', 40, ...running)?.guess.text).toContain('the training run closest to 40%, at 45%');
    expect(guess(null, 45, ...running)?.subject).toEqual(named('op_2'));
    expect(guess('stuck', 45, state('op_4', 'completed', 45), state('op_5', 'running'))?.subject).toEqual(
      named('op_5'),
    );
  });

  it('is a failed one when it failed', () => {
    const found = guess('failed', undefined, state('op_1', 'running'), state('op_2', 'failed'));
    expect(found?.subject).toEqual(named('op_2'));
    expect(found?.guess.text).toBe('No operation named; showing the latest failed training run.');
  });

  it('is the newest where none fits, which the answer says', () => {
    const found = guess('stuck', undefined, state('op_1', 'completed'), state('op_2', 'failed'));
    expect(found?.subject).toEqual(named('op_1'));
    expect(found?.guess.text).toBe(
      'No operation named, and no running training run was found; showing the latest training run (others: op_2).',
    );
  });
});
