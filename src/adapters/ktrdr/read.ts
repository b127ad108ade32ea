/**
 * Reads ktrdr's responses into the records of a case. A missing or mistyped field is absent, never an error. Fields that
 * explain nothing (strategy YAML, capital, metrics of the model) are dropped here.
 */
import type { OperationAnswer, OperationRecord, OperationStatus, WorkerRecord } from '../../diagnosis/case.ts';
import { isPlausibleTime, type Micros, micros } from '../../diagnosis/trace.ts';
import { isPlaceholder } from '../../diagnosis/vocabulary/attributes.ts';
import { canonicalType } from '../../diagnosis/vocabulary/operations.ts';
import { microsOfIso } from './time.ts';

type Json = Readonly<Record<string, unknown>>;

const STATUSES = ['pending', 'running', 'resuming', 'completed', 'failed', 'cancelled'] as const;
const WORKER_STATUSES = ['available', 'busy', 'temporarily_unavailable'] as const;
const MAX_FIELD_CHARACTERS = 4000;
const LONGEST_SUMMARY_TEXT = 300;
const MOST_EPOCHS = 2000;

/**
 * Reads the body of `GET /api/v1/operations/{id}`. `httpStatus` is null for a saved body, which is then identified by its
 * shape. Null when it isn't one of ktrdr's responses.
 */
export function readOperationAnswer(json: unknown, httpStatus: number | null, readAt: Micros): OperationAnswer | null {
  const body = object(json);
  if (body === null) return null;
  const data = object(body['data']) ?? body;
  const operationId = text(data['operation_id']);
  if (operationId !== null && (data['status'] !== undefined || data['operation_type'] !== undefined))
    return { kind: 'record', record: readRecord(operationId, data), readAt };
  const message = errorText(body);
  if (message === null) return null;
  if (/^Operation not found\b/i.test(message)) return { kind: 'not-found', readAt };
  return { kind: 'error', httpStatus: httpStatus ?? 400, message, readAt };
}

/** Reads the body of `GET /api/v1/workers`: a bare list, or one wrapped in `workers` or `data`. Null when it is neither. */
export function readWorkers(json: unknown): readonly WorkerRecord[] | null {
  const list = Array.isArray(json) ? json : (object(json)?.['workers'] ?? object(json)?.['data']);
  if (!Array.isArray(list)) return null;
  const workers = list.map(readWorker).filter((worker) => worker !== null);
  return workers.length === list.length ? workers : null;
}

/** The ids in the body of `GET /api/v1/operations`, in the given order; null when it is not such a list. */
export function readOperationIds(json: unknown): readonly string[] | null {
  const list = object(json)?.['data'];
  if (!Array.isArray(list)) return null;
  return list.map((item) => text(object(item)?.['operation_id'])).filter((id) => id !== null);
}

/** The body of `GET /api/v1/health`; null when it is not ktrdr's. */
export function readHealth(json: unknown): { readonly status: string; readonly version: string } | null {
  const status = text(object(json)?.['status']);
  return status === null ? null : { status, version: text(object(json)?.['version']) ?? '(unknown version)' };
}

/** The message in an error body from ktrdr, followed by the underlying reason if the body has one. */
export function errorText(body: unknown): string | null {
  const { error, detail, message } = object(body) ?? {};
  const source = object(error) ?? object(detail);
  if (source === null) return text(error) ?? text(detail) ?? (detail === undefined ? null : brief(detail));
  const head = text(source['message']) ?? text(source['error']) ?? text(message) ?? text(source['code']);
  const reason = text(object(source['details'])?.['error']);
  return [head, reason].filter((part) => part !== null).join(': ') || brief(source);
}

function readRecord(operationId: string, data: Json): OperationRecord {
  const metadata = object(data['metadata']) ?? {};
  const parameters = object(metadata['parameters']) ?? {};
  const progress = object(data['progress']) ?? {};
  return {
    operationId,
    parentOperationId: text(data['parent_operation_id']),
    operationType: typeOf(data['operation_type']),
    status: recordStatusOf(data['status']),
    createdAt: microsOfIso(data['created_at']),
    startedAt: microsOfIso(data['started_at']),
    completedAt: microsOfIso(data['completed_at']),
    progress: {
      percentage: number(progress['percentage']),
      currentStep: progress['current_step'] === '' ? '' : text(progress['current_step']),
      stepsCompleted: number(progress['steps_completed']),
      stepsTotal: number(progress['steps_total']),
    },
    symbol: text(metadata['symbol']) ?? joined(parameters['symbols']),
    timeframe: text(metadata['timeframe']) ?? joined(parameters['timeframes']),
    strategy: strategyOf(parameters, object(data['result_summary'])),
    startDate: text(metadata['start_date']) ?? text(parameters['start_date']),
    endDate: text(metadata['end_date']) ?? text(parameters['end_date']),
    workerId: text(parameters['worker_id']),
    errorMessage: text(data['error_message']) ?? joined(data['errors']),
    warnings: texts(data['warnings']),
    resultSummary: resultOf(data['result_summary']),
    epochs: readEpochs(data['metrics']),
    isBackendLocal: typeof data['is_backend_local'] === 'boolean' ? data['is_backend_local'] : null,
  };
}

/** The strategy of a training run, whose record has the whole file and, once completed, the name. */
function strategyOf(parameters: Json, result: Json | null): string | null {
  const named = text(parameters['strategy_name']) ?? text(object(result?.['session_info'])?.['strategy_name']);
  const yaml = parameters['strategy_yaml'];
  const inFile = typeof yaml === 'string' ? /^name:[ \t]*["']?([\w.-]+)/m.exec(yaml)?.[1] : undefined;
  return named ?? inFile ?? null;
}

function readWorker(item: unknown): WorkerRecord | null {
  const worker = object(item);
  const workerId = text(worker?.['worker_id']);
  if (worker === null || workerId === null) return null;
  const status = text(worker['status'])?.toLowerCase();
  const gpu = object(worker['capabilities'])?.['gpu'];
  const selectedSeconds = number(object(worker['metadata'])?.['last_selected']) ?? Number.NaN;
  return {
    workerId,
    workerType: (text(worker['worker_type']) ?? 'unknown').toLowerCase(),
    endpointUrl: text(worker['endpoint_url']) ?? text(worker['url']),
    status: WORKER_STATUSES.find((known) => known === status) ?? 'unknown',
    currentOperationId: text(worker['current_operation_id']),
    lastHealthCheck: microsOfIso(worker['last_health_check']),
    lastHealthyAt: microsOfIso(worker['last_healthy_at']),
    healthCheckFailures: number(worker['health_check_failures']) ?? 0,
    lastSelected: isPlausibleTime(selectedSeconds * 1e6) ? micros(selectedSeconds * 1e6) : null,
    gpu: typeof gpu === 'boolean' ? gpu : null,
  };
}

/** `metrics.epochs` alternates lists of epochs and cursors, one pair for every poll: `[[…], 0, [], 0, [{…}], 12]`. */
function readEpochs(metrics: unknown): OperationRecord['epochs'] {
  const polls = object(metrics)?.['epochs'];
  if (!Array.isArray(polls)) return [];
  const found = new Map<number, OperationRecord['epochs'][number]>();
  for (const item of polls.flat()) {
    const epoch = number(object(item)?.['epoch']);
    const at = microsOfIso(object(item)?.['timestamp']);
    if (epoch !== null && at !== null)
      found.set(epoch, { epoch, at, seconds: number(object(item)?.['duration']) ?? 0 });
  }
  return [...found.values()].sort((a, b) => a.epoch - b.epoch).slice(-MOST_EPOCHS);
}

function recordStatusOf(value: unknown): OperationStatus {
  const status = text(value)?.toLowerCase();
  return STATUSES.find((known) => known === status) ?? 'unknown';
}

function typeOf(value: unknown): string | null {
  const type = text(value)?.toLowerCase() ?? null;
  return type === null ? null : (canonicalType(type) ?? type);
}

/** The summary's own values, and the metrics that show whether the result is useful. */
function resultOf(value: unknown): OperationRecord['resultSummary'] {
  const summary = object(value) ?? {};
  const trades = object(summary['metrics'])?.['total_trades'];
  return scalars({
    ...(trades === undefined ? {} : { total_trades: trades }),
    ...object(summary['training_metrics']),
    ...object(summary['test_metrics']),
    ...summary,
  });
}

function scalars(value: unknown): OperationRecord['resultSummary'] {
  const kept: Record<string, string | number | boolean | null> = {};
  for (const [key, item] of Object.entries(object(value) ?? {})) {
    if (typeof item === 'number' || typeof item === 'boolean' || item === null) kept[key] = item;
    if (typeof item === 'string' && item.length <= LONGEST_SUMMARY_TEXT && !key.includes('yaml')) kept[key] = item;
  }
  return kept;
}

export function object(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

export function text(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const trimmed = value.trim();
  return isPlaceholder(trimmed) ? null : trimmed.slice(0, MAX_FIELD_CHARACTERS);
}

/** Rejects negative numbers, because ktrdr's counts are never negative. */
export function number(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : null;
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(text).filter((item) => item !== null) : [];
}

function joined(value: unknown): string | null {
  return texts(value).join(', ') || null;
}

function brief(value: unknown): string {
  return JSON.stringify(value).slice(0, MAX_FIELD_CHARACTERS);
}
