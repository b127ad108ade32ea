/** An operation of ktrdr, its workers and checkpoint, in the shapes that its API has. */
import type { RecordedAction, RecordedState } from '@ktrdr-bot/local-slack';
import type { Json } from './recorded-action.ts';

export const ID = 'op_training_20260109_060025_4183136f';
const OPERATION = `/api/v1/operations/${ID}`;

export function training(changes: Json = {}): Json {
  const parameters = {
    ...{ symbols: ['EURUSD'], timeframes: ['1h'], start_date: '2023-01-01', end_date: '2023-06-30' },
    strategy_yaml: "name: lab_long\nversion: '3.0'\n",
  };
  return {
    ...{ operation_id: ID, operation_type: 'training', status: 'running', error_message: null },
    ...{ created_at: '2026-01-09T06:00:25Z', started_at: '2026-01-09T06:00:26Z', completed_at: null },
    metadata: { symbol: 'EURUSD', timeframe: '1h', mode: 'training', start_date: null, end_date: null, parameters },
    result_summary: null,
    ...changes,
  };
}

export function worker(changes: Json = {}): Json {
  const idle = { status: 'available', current_operation_id: null, health_check_failures: 0 };
  return { worker_id: 'training-worker-1', worker_type: 'training', ...idle, ...changes };
}

export const BUSY = worker({ status: 'busy', current_operation_id: ID });

export function checkpoint(request: Json = {}): Json {
  const original = {
    ...{ symbols: ['EURUSD'], timeframes: ['1h'], start_date: '2023-01-01', end_date: '2023-06-30' },
    ...{ strategy_path: '/app/strategies/lab_long.yaml', ...request },
  };
  return { operation_id: ID, created_at: '2026-01-09T06:05:00Z', state: { epoch: 30, original_request: original } };
}

export function state(
  operation: Json | null,
  workers: readonly Json[],
  more: Partial<RecordedState> = {},
): RecordedState {
  return { operations: { [ID]: operation }, workers, checkpoints: { [ID]: checkpoint() }, ...more };
}

/** A cancel that works at once. */
export const CANCEL: RecordedAction = {
  request: { method: 'DELETE', path: OPERATION, body: { reason: 'recorded' } },
  response: {
    status: 200,
    body: { success: true, data: { operation_id: ID, status: 'cancelled', remote_cancelled: true } },
  },
  before: state(training(), [BUSY]),
  after: [state(training({ status: 'cancelled', error_message: 'recorded' }), [worker()], { secondsAfter: 0 })],
};

/** A resume that works at once. */
export const RESUME: RecordedAction = {
  request: { method: 'POST', path: `${OPERATION}/resume`, body: null },
  response: { status: 200, body: { success: true, data: { operation_id: ID, status: 'resuming' } } },
  before: state(training({ status: 'failed', error_message: 'The worker died.' }), [worker()]),
  after: [state(training({ status: 'resuming', started_at: '2026-01-09T07:00:00Z' }), [BUSY], { secondsAfter: 0 })],
};
