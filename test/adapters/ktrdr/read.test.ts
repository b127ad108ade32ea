import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOperationAnswer, readWorkers } from '../../../src/adapters/ktrdr/read.ts';
import { microsOfIso } from '../../../src/adapters/ktrdr/time.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { incidentNamed } from '../../support/incident-named.ts';
import { FIXTURES, incidentsIn } from '../../support/incidents.ts';

const AT = micros(1);

function saved(dir: string, name: string): unknown {
  return JSON.parse(readFileSync(join(dir, name), 'utf8'));
}

function recordOf(dir: string) {
  const answer = readOperationAnswer(saved(dir, 'operation.json'), null, AT);
  if (answer?.kind !== 'record') throw new Error(`no record in ${dir}`);
  return answer.record;
}

describe('every recorded answer', () => {
  const recorded = incidentsIn(FIXTURES).filter(({ dir }) => existsSync(join(dir, 'operation.json')));

  it.each(recorded.map((incident) => [incident.name, incident] as const))('%s is read', (_, { dir, expected }) => {
    const answer = readOperationAnswer(saved(dir, 'operation.json'), null, AT);
    expect(answer?.kind).toMatch(/^(?:record|error)$/);
    if (answer?.kind === 'record') {
      expect(answer.record.operationId).toBe(expected.operationId);
      expect(answer.record.status).not.toBe('unknown');
      expect(answer.record.createdAt).not.toBeNull();
    }
    expect(JSON.stringify(answer)).not.toMatch(/strategy_yaml|initial_capital|win_rate|fuzzy_sets/);
    expect(readWorkers(saved(dir, 'workers.json'))?.every((worker) => worker.status !== 'unknown')).toBe(true);
  });
});

describe('an operation record', () => {
  it('keeps what explains: worker, range, progress and epochs with their pace', () => {
    const record = recordOf(incidentNamed('10a-').dir);
    expect(record).toMatchObject({
      workerId: expect.stringMatching(/^training-worker-/),
      startDate: expect.stringMatching(/^2022/),
      progress: { currentStep: expect.stringMatching(/^Epoch/), stepsTotal: 600 },
      isBackendLocal: false,
    });
    expect(record.epochs.length).toBeGreaterThan(2);
    expect(record.epochs.map(({ epoch }) => epoch)).toEqual(record.epochs.map((_, i) => i));
    expect(record.epochs[0]?.at).toBeGreaterThan(record.startedAt ?? Number.POSITIVE_INFINITY);
    expect(record.epochs[0]?.seconds).toBeGreaterThan(0);
  });

  it('finds epochs behind polls that brought none', () => {
    const polls = [
      [],
      0,
      [{ epoch: 1, timestamp: '2026-01-01T00:00:02Z', duration: 1 }],
      1,
      [{ epoch: 0, timestamp: '2026-01-01T00:00:01Z' }],
    ];
    const answer = readOperationAnswer(
      { data: { operation_id: 'x', status: 'RUNNING', metrics: { epochs: polls } } },
      200,
      AT,
    );
    expect(answer).toMatchObject({
      record: {
        status: 'running',
        epochs: [
          { epoch: 0, seconds: 0 },
          { epoch: 1, seconds: 1 },
        ],
      },
    });
  });

  it('survives fields of any other type', () => {
    const hostile = {
      operation_id: 'x',
      status: 7,
      progress: 'half',
      metadata: [],
      metrics: { epochs: [null, [3]] },
      errors: [null, 'b'],
    };
    expect(readOperationAnswer({ success: true, data: hostile }, 200, AT)).toMatchObject({
      kind: 'record',
      record: { status: 'unknown', progress: { percentage: null }, errorMessage: 'b', epochs: [] },
    });
  });
});

describe('other answers for an operation, told by their shape', () => {
  it.each([
    ['FastAPI’s 404', { detail: 'Operation not found: op_x' }, { kind: 'not-found' }],
    [
      'ktrdr’s error',
      { success: false, error: { code: 'C', message: 'Failed', details: { error: 'why' } } },
      { kind: 'error', message: 'Failed: why' },
    ],
    [
      'a detail with fields',
      { detail: { message: 'Invalid strategy', error_code: 'S' } },
      { kind: 'error', message: 'Invalid strategy' },
    ],
    [
      'a validation error',
      { detail: [{ loc: ['query'], msg: 'bad' }] },
      { kind: 'error', message: expect.stringContaining('bad') },
    ],
  ])('%s', (_, body, expected) => {
    expect(readOperationAnswer(body, null, AT)).toMatchObject(expected);
  });

  it.each([[null], [[]], ['text'], [{}], [{ data: [] }], [{ status: 'ok' }]])('%j is none', (body) => {
    expect(readOperationAnswer(body, null, AT)).toBeNull();
  });
});

describe('a worker list', () => {
  it('may be bare or wrapped, and an empty one is an answer', () => {
    const item = {
      worker_id: 'w',
      worker_type: 'training',
      status: 'AVAILABLE',
      metadata: { last_selected: 1795418051.166445 },
    };
    const [worker] = readWorkers([item]) ?? [];
    expect(worker).toMatchObject({
      workerId: 'w',
      status: 'available',
      lastSelected: 1795418051166445,
      currentOperationId: null,
    });
    expect(readWorkers({ workers: [item] })).toEqual([worker]);
    expect(readWorkers([])).toEqual([]);
  });

  it.each([[null], [{}], [[{ id: 1 }]], [{ success: false, error: {} }]])('%j is none', (body) => {
    expect(readWorkers(body)).toBeNull();
  });
});

describe('times', () => {
  it.each([
    ['2026-11-23T07:18:13.961326Z', 1795418293961326],
    ['2026-11-23T07:18:13.961326', 1795418293961326],
    ['2026-11-23T08:18:13.961326+01:00', 1795418293961326],
    ['2026-11-23 07:18:13', 1795418293000000],
    ['2026-11-23T07:18:13.5Z', 1795418293500000],
    ['2026-11-23', 1795392000000000],
  ])('%s', (text, expected) => {
    expect(microsOfIso(text)).toBe(expected);
  });

  it.each(['', 'yesterday', '2026-13-01T00:00:00Z', '20261123', null, 5])('%s is no time', (text) => {
    expect(microsOfIso(text)).toBeNull();
  });
});
