import { describe, expect, it } from 'vitest';
import { readActionRecord, readCheckpoint } from '../../../src/adapters/ktrdr/actions-read.ts';
import { readWorkers } from '../../../src/adapters/ktrdr/read.ts';
import { strategyOf } from '../../../src/jobs/action/own-checkpoint.ts';
import { type Plan, planIn } from '../../../src/jobs/action/plan.ts';
import type { WantedAction } from '../../../src/jobs/action/wanted.ts';
import { checkpoint, ID, training, worker } from './operation-states.ts';
import { type Json, object } from './recorded-action.ts';

const CHOICES = { reason: 'because', taskId: 'op_training_new', model: null };

function planned(
  kind: WantedAction['kind'],
  operation: Json,
  { saved, workers = [worker()] }: { saved?: Json | null; workers?: readonly Json[] } = {},
  more: Partial<typeof CHOICES> & { data?: WantedAction['data'] } = {},
): Plan {
  const record = readActionRecord({ success: true, data: operation });
  if (record === null) throw new Error('no operation');
  const { data, ...choices } = more;
  const situation = {
    record,
    checkpoint: saved === null ? null : readCheckpoint(saved ?? checkpoint()),
    workers: readWorkers(workers) ?? [],
  };
  return planIn({ kind, operationId: ID, ...(data && { data }) }, { ...CHOICES, ...choices }, situation);
}

function withParameters(parameters: Json, more: Json = {}): Json {
  const metadata = object(training()['metadata']);
  return training({
    status: 'failed',
    ...more,
    metadata: { ...metadata, parameters: { ...object(metadata['parameters']), ...parameters } },
  });
}

const FAILED = training({ status: 'failed' });

describe('a resume', () => {
  it('goes on from the operation’s own checkpoint, however the same day is written', () => {
    for (const start_date of ['2023-01-01', '2023-01-01T00:00:00', '2023-01-01T00:00:00Z'])
      expect(planned('resume', FAILED, { saved: checkpoint({ start_date }) })).toMatchObject({
        kind: 'ready',
        call: { method: 'POST', path: `/api/v1/operations/${ID}/resume`, body: null },
      });
  });

  it.each([
    [
      'symbols',
      { symbols: ['GBPUSD'] },
      'the checkpoint may belong to another run: its symbol is GBPUSD, but this operation’s is EURUSD',
    ],
    ['more symbols', { symbols: ['EURUSD', 'GBPUSD'] }, 'its symbol is EURUSD, GBPUSD'],
    ['timeframes', { timeframes: ['4h'] }, 'its timeframe is 4h'],
    ['start date', { start_date: '2019-06-01' }, 'its start date is 2019-06-01'],
    ['end date', { end_date: '2024-06-30' }, 'its end date is 2024-06-30'],
    ['strategy', { strategy_path: '/app/strategies/lab_short.yaml' }, 'its strategy is lab_short'],
    ['no strategy', { strategy_path: null }, 'its strategy can’t be compared'],
    ['no dates', { end_date: null }, 'its end date can’t be compared'],
  ])('is refused for a checkpoint with other %s', (_name, request, why) => {
    const plan = planned('resume', FAILED, { saved: checkpoint(request) });
    expect(plan).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining(why),
      instead: { kind: 'start-again' },
    });
  });

  it('is refused for a checkpoint that doesn’t say what it was made for', () => {
    const saved = { ...checkpoint(), state: { epoch: 30, original_request: 'dict of 10' } };
    expect(planned('resume', FAILED, { saved })).toMatchObject({ kind: 'refused' });
  });

  it.each(['pending', 'running', 'resuming', 'completed'])('is refused while ktrdr shows it as %s', (status) => {
    const why = status === 'completed' ? 'it has completed' : expect.stringContaining(`shows it as ${status}`);
    expect(planned('resume', training({ status }))).toEqual({ kind: 'refused', why });
  });

  it.each([
    ['no worker at all', [], 'no training worker is registered'],
    ['one of another type', [worker({ worker_type: 'backtesting' })], 'no training worker is registered'],
    ['a busy one', [worker({ status: 'busy' })], 'no training worker is free'],
    ['a silent one', [worker({ status: 'temporarily_unavailable' })], 'no training worker is free'],
  ])('is refused with %s', (_name, workers, why) => {
    expect(planned('resume', FAILED, { workers })).toMatchObject({ kind: 'refused', why });
  });

  it('is refused for what ktrdr can’t resume', () => {
    expect(planned('resume', training({ status: 'failed', operation_type: 'data_load' }))).toMatchObject({
      kind: 'refused',
    });
  });
});

describe('the name of a strategy', () => {
  const rest = 'x'.repeat(200);
  it.each([
    ['name: lab_long\nversion: 3', 'lab_long'],
    ['name: "lab-long"\nversion: 3', 'lab-long'],
    ["name: 'lab.long' # mine\nversion: 3", 'lab.long'],
    ['# first a comment\nname: lab_long\n', 'lab_long'],
    // Short enough to be whole.
    ['name: lab_long', 'lab_long'],
    // Cut in the middle of the name, perhaps.
    [`${`# ${rest}`.slice(0, 87)}\nname: lab_lo`, null],
    // The comment is longer than what is kept.
    [`# ${rest}`.slice(0, 100), null],
    ['description: name: x\n', null],
    ['  name: indented\n', null],
    ['', null],
  ])('in %j is %s', (strategy_yaml, name) => {
    const record = readActionRecord({ data: withParameters({ strategy_yaml }) });
    expect(record && strategyOf(record)).toBe(name);
  });

  it('is taken from the result, or the checkpoint, when the record has only the beginning of a comment', () => {
    const hidden = { strategy_yaml: `# ${rest}`.slice(0, 100) };
    const result_summary = { session_info: { strategy_name: 'of_result' } };
    expect(planned('start-again', withParameters(hidden, { result_summary }), { saved: null })).toMatchObject({
      call: { body: { strategy_name: 'of_result' } },
    });
    expect(planned('start-again', withParameters(hidden))).toMatchObject({
      call: { body: { strategy_name: 'lab_long' } },
    });
    expect(
      planned('start-again', withParameters(hidden), { saved: checkpoint({ symbols: ['GBPUSD'] }) }),
    ).toMatchObject({ kind: 'refused' });
  });
});

describe('starting again', () => {
  it('sends what the record has and the id that was chosen, and nothing that is null', () => {
    const plan = planned('start-again', withParameters({ start_date: null, end_date: null }), { saved: null });
    expect(plan).toMatchObject({ kind: 'ready' });
    expect(plan.kind === 'ready' && plan.call).toEqual({
      method: 'POST',
      path: '/api/v1/trainings/start',
      body: { symbols: ['EURUSD'], timeframes: ['1h'], strategy_name: 'lab_long', task_id: 'op_training_new' },
    });
  });

  it.each(['agent_research', 'dummy', 'a_type_of_tomorrow'])('is refused for %s', (operation_type) => {
    expect(planned('start-again', training({ status: 'failed', operation_type }))).toMatchObject({ kind: 'refused' });
  });

  it('asks for the model of a backtest, and knows it only from its own checkpoint', () => {
    const metadata = {
      symbol: 'EURUSD',
      timeframe: '1h',
      start_date: '2023-01-01',
      end_date: '2023-06-30',
      parameters: { strategy_name: 'lab_long' },
    };
    const backtest = { ...training({ status: 'failed', operation_type: 'backtesting' }), metadata };
    const workers = [worker({ worker_type: 'backtesting' })];
    const request = {
      symbol: 'EURUSD',
      timeframe: '1h',
      symbols: null,
      timeframes: null,
      strategy_path: null,
      strategy_name: 'lab_long',
      model_path: 'models/lab_long/1h_v1',
    };
    expect(planned('start-again', backtest, { workers, saved: checkpoint(request) })).toMatchObject({
      kind: 'needs-model',
      known: 'models/lab_long/1h_v1',
    });
    expect(
      planned('start-again', backtest, { workers, saved: checkpoint({ ...request, end_date: '2020-01-01' }) }),
    ).toMatchObject({ kind: 'needs-model', known: null });
    expect(planned('start-again', backtest, { workers, saved: null }, { model: 'models/x' as never })).toMatchObject({
      kind: 'ready',
      call: { path: '/api/v1/backtests/start', body: { strategy_name: 'lab_long', model_path: 'models/x' } },
    });
  });
});

describe('loading data', () => {
  const data = { symbol: 'AUDUSD', timeframe: '1h', mode: 'full' };
  it('goes back as far as the operation did, in full only', () => {
    expect(planned('load-data', FAILED, {}, { data })).toMatchObject({
      call: { body: { ...data, start_date: '2023-01-01', end_date: '2023-06-30' } },
    });
    const tail = planned('load-data', FAILED, {}, { data: { ...data, mode: 'tail' } });
    expect(tail.kind === 'ready' && tail.call.body).toEqual({ ...data, mode: 'tail' });
  });
});
