/** A long failed training as ktrdr would export it, made the same way every time: any number of spans, several shapes. */

/**
 * `training`: epochs of batches · `chain`: each span inside the one before · `fan`: all spans under one. Where the shape is
 * a failing one, every span has failed, each with words of its own.
 */
export type Shape = 'training' | 'chain' | 'fan' | 'failing chain' | 'failing fan';

export interface BenchSpan {
  readonly id: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly process: 'api' | 'worker';
  readonly scope: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly startMicros: number;
  readonly durationMicros: number;
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage: string | null;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly exception: Readonly<Record<string, string>> | null;
}

export const OPERATION_ID = 'op_training_20261123_062532_bbe792eb';
export const TRACE_ID = '654e1ba5ff071e56ce3a845a4597dee9';

const TELEMETRY = 'ktrdr.monitoring.service_telemetry';
const HTTP = 'opentelemetry.instrumentation.fastapi';
const TRAINER = 'ktrdr.training.model_trainer';
const START_MICROS = 1_795_415_132_000_000;
const BATCHES_PER_EPOCH = 99;
const BATCH_MICROS = 20_000;
const FRAME_SPANS = 12;
const WORKER_URL = 'http://training-worker-1:5005/training/start';
const OUT_OF_MEMORY =
  'CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8.00 GiB of which 512.00 MiB is free.';

/** Exactly `count` spans, which end with the exception that fails the operation. */
export function trainingTrace(count: number, shape: Shape = 'training'): readonly BenchSpan[] {
  const work = Array.from({ length: count - FRAME_SPANS }, (_, index) => workSpan(index, count - FRAME_SPANS, shape));
  return [...frame((count - FRAME_SPANS) * BATCH_MICROS), ...work];
}

/** The request, its way to the worker, and the states of the operation. */
function frame(workMicros: number): readonly BenchSpan[] {
  const operation = { 'operation.id': OPERATION_ID };
  const id = (index: number) => idOf(index);
  const failure = { status: 'error', statusMessage: OUT_OF_MEMORY } as const;
  const request = { 'http.method': 'POST', 'http.route': '/api/v1/trainings/start', 'http.status_code': 200 };
  const registered = { 'operation.type': 'training', 'data.symbol': 'EURUSD', 'data.timeframe': '1h' };
  const counts = { 'worker.total_workers': '2', 'worker.capable_workers': '1', 'worker.available_workers': '1' };
  const chosen = { 'worker.selection_status': 'success', 'worker.selected_id': 'training-worker-596940a3' };
  const state = (from: string, to: string) => ({ 'operation.from_status': from, 'operation.to_status': to });
  const ended = { ...operation, ...state('running', 'failed'), 'operation.error': OUT_OF_MEMORY };
  const accepted = { 'http.method': 'POST', 'http.route': '/training/start', 'http.status_code': 200 };
  const onWorker = { process: 'worker' } as const;
  const onWorkerByHttp = { ...onWorker, scope: HTTP, kind: 'server' } as const;
  return [
    span(0, null, 'POST /api/v1/trainings/start', 0, 64_599, request, { scope: HTTP, kind: 'server' }),
    span(1, id(0), 'training.start', 860, 62_886, { 'service.method': 'training.start' }, { status: 'ok' }),
    span(2, id(1), 'workers.list', 1_000, 30, { 'service.method': 'workers.list' }, { status: 'ok' }),
    span(3, id(1), 'workers.select', 1_100, 90, { ...counts, ...chosen }, { status: 'ok' }),
    span(
      4,
      id(1),
      'POST',
      2_000,
      9_376,
      { 'http.method': 'POST', 'http.url': WORKER_URL, 'http.status_code': 200 },
      { kind: 'client' },
    ),
    span(5, id(4), 'POST /training/start', 3_000, 5_006, accepted, onWorkerByHttp),
    span(6, id(5), 'operations.create', 3_500, 1_264, operation, { ...onWorker, status: 'ok' }),
    span(7, id(6), 'operation.register', 3_600, 626, { ...operation, ...registered }, { ...onWorker, status: 'ok' }),
    span(
      8,
      id(5),
      'operation.state_transition',
      9_000,
      75,
      { ...operation, ...state('pending', 'running') },
      { ...onWorker, status: 'ok' },
    ),
    span(
      9,
      id(5),
      'training.data_loading',
      12_000,
      77_653,
      { 'data.rows': 9360, 'data.symbol': 'EURUSD', 'data.timeframes': '1h', 'progress.phase': 'data_loading' },
      onWorker,
    ),
    span(
      10,
      id(5),
      'training.training_loop',
      100_000,
      workMicros,
      { ...operation, 'training.device': 'cuda:0', 'training.epochs.total': 1200, 'progress.phase': 'training' },
      { ...onWorker, ...failure, scope: TRAINER },
    ),
    span(11, id(5), 'operation.state_transition', 110_000 + workMicros, 105, ended, { ...onWorker, status: 'ok' }),
  ];
}

function workSpan(index: number, count: number, shape: Shape): BenchSpan {
  const [isChain, isFan] = [shape.endsWith('chain'), shape.endsWith('fan')];
  const isEpoch = shape === 'training' && index % (BATCHES_PER_EPOCH + 1) === 0;
  const epoch = Math.floor(index / (BATCHES_PER_EPOCH + 1));
  const epochEnd = Math.min((epoch + 1) * (BATCHES_PER_EPOCH + 1), count);
  const isLast = index === count - 1;
  const firstOfEpoch = epoch * (BATCHES_PER_EPOCH + 1);
  const parentIndex = isFan || isEpoch || index === 0 ? 10 : FRAME_SPANS + (isChain ? index - 1 : firstOfEpoch);
  const lengthInBatches = isEpoch ? epochEnd - index : isChain ? count - index : 1;
  const attributes = {
    'training.epoch': epoch,
    'training.batch': index - firstOfEpoch,
    'training.batch_size': 32,
    'training.loss': 1 / (1 + (index % 9973) / 1000),
    'training.device': 'cuda:0',
    'progress.percentage': Math.floor((index / count) * 100),
  };
  const exception = {
    'exception.type': 'torch.OutOfMemoryError',
    'exception.message': OUT_OF_MEMORY,
    'exception.stacktrace': `Traceback (most recent call last):\n  File "/app/ktrdr/training/model_trainer.py", line 412, in _run_batch\n    outputs = self.model(features)\ntorch.OutOfMemoryError: ${OUT_OF_MEMORY}\n`,
    'exception.escaped': 'False',
  };
  return span(
    FRAME_SPANS + index,
    idOf(parentIndex),
    isEpoch ? 'training.epoch' : 'training.batch',
    100_000 + index * BATCH_MICROS,
    lengthInBatches * BATCH_MICROS - 100,
    isEpoch ? { ...attributes, 'operation.id': OPERATION_ID } : attributes,
    {
      process: 'worker',
      scope: TRAINER,
      ...(shape.startsWith('failing') ? { status: 'error', statusMessage: `ValueError: batch ${index} is empty` } : {}),
      ...(isLast ? { status: 'error', statusMessage: `OutOfMemoryError: ${OUT_OF_MEMORY}`, exception } : {}),
    },
  );
}

function span(
  index: number,
  parentId: string | null,
  name: string,
  atMicros: number,
  durationMicros: number,
  attributes: BenchSpan['attributes'],
  told: Partial<BenchSpan> = {},
): BenchSpan {
  return {
    id: idOf(index),
    parentId: index === 10 ? idOf(5) : parentId,
    name,
    process: 'api',
    scope: TELEMETRY,
    kind: 'internal',
    startMicros: START_MICROS + atMicros,
    durationMicros,
    status: 'unset',
    statusMessage: null,
    attributes,
    exception: null,
    ...told,
  };
}

/** Looks random and is unique: multiplication by an odd number is a bijection. */
function idOf(index: number): string {
  const half = (factor: number) => (Math.imul(index + 1, factor) >>> 0).toString(16).padStart(8, '0');
  return half(0x9e3779b1) + half(0x85ebca6b);
}
