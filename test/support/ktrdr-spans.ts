/** What ktrdr exports, in both vocabularies: `real` is what it does today, `documented` what its runbook promises. */

import type { Trace } from '../../src/diagnosis/trace.ts';
import { call, type Draft, server, span, type Telling, trace } from './build.ts';

export const API = 'ktrdr-api';
export const TRAINER = 'ktrdr-training-worker-5d1e07aa';
export const BACKTESTER = 'ktrdr-backtest-worker-c2907f1b';
export const IB_HOST = 'ktrdr-ib-host-service';

export const TRAINING = 'op_training_20260512_093000_aa11bb22';
export const BACKTEST = 'op_backtesting_20260512_093000_cc33dd44';
export const DOWNLOAD = 'op_data_load_20260512_093000_ee55ff66';
export const RESEARCH = 'op_agent_research_20260512_093000_0a1b2c3d';
export const DUMMY = 'op_dummy_20260512_093000_99887766';

const TRAINING_URL = 'http://training-worker-1:5005/training/start';
const BACKTEST_URL = 'http://backtest-worker-1:5003/backtests/start';

export function transition(
  id: string,
  at: number,
  from: string,
  to: string,
  told: { readonly error?: string; readonly reason?: string; readonly service?: string } = {},
): Draft {
  return span('operation.state_transition', {
    at,
    took: 0.1,
    status: 'ok',
    ...(told.service === undefined ? {} : { service: told.service }),
    attributes: {
      'operation.id': id,
      'operation.from_status': from,
      'operation.to_status': to,
      ...(told.error === undefined ? {} : { 'operation.error': told.error }),
      ...(told.reason === undefined ? {} : { 'operation.cancellation_reason': told.reason }),
    },
  });
}

export function register(
  id: string,
  type: string,
  told: {
    readonly at?: number;
    readonly symbol?: string;
    readonly timeframe?: string;
    readonly raises?: Telling['raises'];
  } = {},
): Draft {
  const { at = 40, symbol = 'EURUSD', timeframe = '1h', raises } = told;
  const attributes = {
    'operation.id': id,
    'data.symbol': symbol,
    'data.timeframe': timeframe,
    'operation.type': type,
    'operation.status': 'pending',
    'operation.is_backend_local': false,
  };
  if (raises !== undefined)
    return span('operations.create', { at, took: 8, raises, attributes: { 'operation.id': id } });
  return span(
    'operations.create',
    { at, took: 9, status: 'ok', attributes: { 'operation.id': id } },
    span('operation.register', { at: at + 3, took: 5, status: 'ok', attributes }),
  );
}

export interface Counts {
  readonly type?: string;
  readonly total?: number;
  readonly capable: number;
  readonly available: number;
  readonly at?: number;
}

/** The counts are text in today's ktrdr. */
export function selection({ type = 'backtesting', total, capable, available, at = 7 }: Counts): Draft {
  const selected = available > 0;
  return span('workers.select', {
    at,
    took: 0.1,
    status: 'ok',
    attributes: {
      'worker.type': type,
      'worker.total_workers': String(total ?? capable),
      'worker.capable_workers': String(capable),
      'worker.available_workers': String(available),
      'worker.selection_status': selected ? 'success' : 'no_workers_available',
      ...(selected ? { 'worker.selected_id': `${type}-worker-4f0d11ce` } : {}),
    },
  });
}

export function backtestRequest(http: number, ...children: readonly Draft[]): Draft {
  return server(
    'POST /api/v1/backtests/start',
    API,
    http,
    { at: 0, took: 80 },
    span('workers.list', { at: 5, took: 0.1, status: 'ok' }),
    ...children,
  );
}

export function trainingRequest(http: number, telling: Telling, ...children: readonly Draft[]): Draft {
  return server(
    'POST /api/v1/trainings/start',
    API,
    http,
    { at: 0, took: 60, ...(telling.at === undefined ? {} : { at: telling.at }) },
    span(
      'training.start',
      {
        at: 1,
        took: 55,
        status: 'ok',
        ...telling,
        attributes: { 'data.start_date': '2023-01-01', 'data.end_date': '2024-12-31' },
      },
      span('workers.list', { took: 0.1, status: 'ok' }),
      span('workers.list', { took: 0.1, status: 'ok' }),
      ...children,
    ),
  );
}

/** The call to a backtest worker and what the worker then does. */
export function toBacktester(...work: readonly Draft[]): Draft {
  return call(
    'POST',
    BACKTEST_URL,
    200,
    { at: 20, took: 9 },
    server('POST /backtests/start', BACKTESTER, 200, { at: 22, took: 5 }, ...work),
  );
}

function toTrainer(...work: readonly Draft[]): Draft {
  return call(
    'POST',
    TRAINING_URL,
    200,
    { at: 20, took: 9 },
    server('POST /training/start', TRAINER, 200, { at: 22, took: 5 }, ...work),
  );
}

export function failedCall(url: string, raises: readonly [string, string], at = 20, took = 6): Draft {
  return call('POST', url, null, { at, took, raises });
}

/** Only the root trace that the detector leaves. */
export function orphanCheck(id: string, at: number): Trace {
  return trace(
    transition(id, at, 'running', 'failed', { service: API, error: 'Operation was RUNNING but no worker claimed it' }),
  );
}

export function loading(
  type: 'training' | 'backtest',
  at: number,
  rows: number | null,
  told: Telling & { readonly symbol?: string; readonly timeframe?: string } = {},
): Draft {
  const { symbol = 'EURUSD', timeframe = '1h', ...telling } = told;
  const key = type === 'training' ? 'data.timeframes' : 'data.timeframe';
  return span(`${type}.data_loading`, {
    at,
    took: 70,
    ...telling,
    attributes: {
      'data.symbol': symbol,
      [key]: timeframe,
      ...(rows === null ? {} : { 'data.rows': rows }),
      ...telling.attributes,
    },
  });
}

export function features(at: number, rows: number, telling: Telling = {}): Draft {
  return span('backtest.feature_compute', { at, took: 60, ...telling, attributes: { 'data.rows': rows } });
}

export function backtestTrace(...work: readonly Draft[]): Trace {
  return trace(
    backtestRequest(
      200,
      selection({ capable: 1, available: 1, total: 2 }),
      toBacktester(register(BACKTEST, 'backtesting'), transition(BACKTEST, 60, 'pending', 'running'), ...work),
    ),
  );
}

export function trainingTrace(...work: readonly Draft[]): Trace {
  return trace(
    trainingRequest(
      200,
      {},
      toTrainer(register(TRAINING, 'training'), transition(TRAINING, 60, 'pending', 'running'), ...work),
    ),
  );
}

/** A download runs in the backend; its first span ends when the thread has been started. */
export function downloadTrace(...work: readonly Draft[]): Trace {
  const attributes = {
    'data.symbol': 'AAPL',
    'data.timeframe': '1h',
    'operation.id': DOWNLOAD,
    'progress.percentage': 0,
    'progress.phase': 'Validating symbol AAPL',
    'progress.updated_at': Date.UTC(2026, 4, 12, 9, 30, 0) / 1000,
  };
  return trace(
    server(
      'POST /api/v1/data/acquire/download',
      API,
      200,
      { at: 0, took: 70 },
      span(
        'data.download',
        { at: 4, took: 56, status: 'ok', attributes },
        register(DOWNLOAD, 'data_load', { at: 5, symbol: 'AAPL' }),
        transition(DOWNLOAD, 45, 'pending', 'running'),
      ),
      ...work,
    ),
  );
}

export function poll(id: string, at: number, http: number | null = 200, raises?: Telling['raises']): Trace {
  return trace(
    server(
      'GET /api/v1/operations/{operation_id}',
      API,
      200,
      { at, took: 10, attributes: { 'http.target': `/api/v1/operations/${id}` } },
      call('GET', `http://training-worker-1:5005/api/v1/operations/${id}`, http, {
        at: at + 1,
        took: 5,
        ...(raises === undefined ? {} : { raises }),
      }),
    ),
  );
}

/** The shape that the runbook describes: everything carries the operation's id, and a worker's work is one span. */
export function documentedTrace(
  id: string,
  type: 'TRAINING' | 'BACKTESTING' | 'DATA_DOWNLOAD',
  http: number,
  ...inside: readonly Draft[]
): Trace {
  const [command, route] = {
    TRAINING: ['train', 'trainings/start'],
    BACKTESTING: ['backtest', 'backtests/start'],
    DATA_DOWNLOAD: ['data_load', 'data/acquire/download'],
  }[type] as [string, string];
  const failed = http >= 400;
  const state = { status: failed ? 'error' : 'unset', ...(failed ? { description: 'start failed' } : {}) } as const;
  return trace(
    span(
      `cli.${command}`,
      {
        service: 'ktrdr-cli',
        at: 0,
        took: 100,
        ...state,
        attributes: { 'cli.command': command, 'cli.status': failed ? 'error' : 'success' },
      },
      call(
        'POST',
        `http://localhost:8000/api/v1/${route}`,
        http,
        { at: 2, took: 96 },
        server(`POST /api/v1/${route}`, API, http, { at: 4, took: 92 }, documentedRegister(id, type), ...inside),
      ),
    ),
  );
}

export function documentedRegister(id: string, type: string, attributes: Telling['attributes'] = {}): Draft {
  return span('operation.register', {
    at: 6,
    took: 1.5,
    status: 'ok',
    attributes: {
      'operation.id': id,
      'operation.type': type,
      'operation.status': 'PENDING',
      'data.symbol': 'TSLA',
      'data.timeframe': '15m',
      ...attributes,
    },
  });
}

export function documentedSelection(
  id: string,
  status: string,
  counts: Readonly<Record<'total' | 'capable' | 'available', number>> | null,
  took = 3,
): Draft {
  const counted =
    counts === null
      ? {}
      : {
          'worker_registry.total_workers': counts.total,
          'worker_registry.capable_workers': counts.capable,
          'worker_registry.available_workers': counts.available,
        };
  return span('worker_registry.select_worker', {
    at: 9,
    took,
    attributes: { 'operation.id': id, 'worker_registry.selection_status': status, ...counted },
  });
}

/** Selection, dispatch and the worker's span with its work below. */
export function documentedWork(
  id: string,
  type: 'TRAINING' | 'BACKTESTING',
  worker: Telling,
  ...work: readonly Draft[]
): readonly Draft[] {
  const [name, service, url] =
    type === 'TRAINING' ? ['worker.training', TRAINER, TRAINING_URL] : ['worker.backtest', BACKTESTER, BACKTEST_URL];
  return [
    documentedSelection(id, 'SUCCESS', { total: 4, capable: 2, available: 2 }),
    span(
      'operation.dispatch',
      { at: 14, took: 40, attributes: { 'operation.id': id, 'dispatch.status': 'success' } },
      call(
        'POST',
        url ?? '',
        200,
        { at: 15, took: 38 },
        span(
          name ?? '',
          {
            service: service ?? '',
            at: 20,
            took: 900,
            ...worker,
            attributes: { 'operation.id': id, 'worker.type': type, 'worker.status': 'BUSY', ...worker.attributes },
          },
          ...work,
        ),
      ),
    ),
  ];
}
