import type { Micros, Trace } from './trace.ts';
import type { OperationType } from './vocabulary/operations.ts';

/**
 * Everything that was gathered about one operation, as plain JSON. It is the only input of the diagnosis:
 * one format serves the pipeline, the fixtures, a saved bug report and the replay in the demo.
 */
export interface Case {
  readonly subject: Subject;
  /** Absent when the request named the operation. */
  readonly guess?: Guess;
  /** What the requester saw; the diagnosis addresses it even when no fault is found. */
  readonly symptom: Symptoms | null;
  /** When the diagnosis was requested. It has no other clock. */
  readonly now: Micros;
  /** Traces that name the operation, or the requested trace. */
  readonly traces: readonly Trace[];
  /** Related traces of the same minutes: `ib.connect`, status polls, the operation that keeps a worker busy. */
  readonly neighbours: readonly Trace[];
  /** The ktrdr API's response for the operation; null when there was no request or no response. */
  readonly operation: OperationAnswer | null;
  /** The same record read again a little later, when the first said "running": a change shows that it runs. */
  readonly operationLater: OperationAnswer | null;
  /** `GET /api/v1/workers`; null without a request or a response. An empty list is a response. */
  readonly workers: readonly WorkerRecord[] | null;
  /** Records of other operations that matter: the one in a worker's `current_operation_id`, a failed child. */
  readonly otherOperations: readonly OperationRecord[];
  /** Comparable earlier operations, newest first. */
  readonly baseline: readonly Trace[];
  /** Names that the trace store lists; null when they were not requested. */
  readonly services: readonly string[] | null;
  /** How the search for the operation went; absent where none was made. */
  readonly search?: SearchOutcome;
  /** The time range of the search; null where none was made (a trace ID, files). */
  readonly window: { readonly from: Micros; readonly to: Micros } | null;
  readonly sources: readonly SourceReport[];
}

export interface SearchOutcome {
  /** Sentences on requests about the operation that got no response, or a partial one. If empty, no trace found means there is none. */
  readonly unanswered: readonly string[];
  /** How many services were searched; null for one search over all of them. */
  readonly searchedServices: number | null;
  /** IDs similar to the one that wasn't found, most similar first. */
  readonly similarIds: readonly string[];
}

export type { OperationType };

export type Subject =
  | { readonly kind: 'operation'; readonly operationId: string }
  | { readonly kind: 'trace'; readonly traceId: string }
  /** No operation was named: the matching run, started or rejected. `type` null means any; `percent` is its progress, 0–100. */
  | { readonly kind: 'last'; readonly type: OperationType | null; readonly percent?: number };

/** Which operation was selected, if the request named none. */
export interface Guess {
  /** A sentence. */
  readonly text: string;
  /** IDs of other operations that also match, newest first. */
  readonly others: readonly string[];
}

export const SYMPTOMS = ['stuck', 'slow', 'failed', 'no-workers', 'broken-trace'] as const;
export type Symptom = (typeof SYMPTOMS)[number];
/** What the requester saw: one symptom, or two in the order in which they were named. */
export type Symptoms = Symptom | readonly [Symptom, Symptom];

export function symptomsIn(symptom: Symptoms | null): readonly Symptom[] {
  if (symptom === null) return [];
  return typeof symptom === 'string' ? [symptom] : symptom;
}

/** The first two, each once; null without any. */
export function symptomsOf(named: readonly Symptom[]): Symptoms | null {
  const [first, second] = new Set(named);
  if (first === undefined) return null;
  return second === undefined ? first : [first, second];
}

/** ktrdr's own. */
export const STATUSES = ['pending', 'running', 'resuming', 'completed', 'failed', 'cancelled'] as const;
export type OperationStatus = (typeof STATUSES)[number] | 'unknown';

/** One response to `GET /api/v1/operations/{id}`. */
export type OperationAnswer =
  | { readonly kind: 'record'; readonly record: OperationRecord; readonly readAt: Micros }
  /** 404: ktrdr does not know the ID (never created, or forgotten after a restart). */
  | { readonly kind: 'not-found'; readonly readAt: Micros }
  /** Any other response, e.g. 400 with a database error in it. */
  | { readonly kind: 'error'; readonly httpStatus: number; readonly message: string; readonly readAt: Micros };

/** The parts of ktrdr's operation record that explain something; times are microseconds. */
export interface OperationRecord {
  readonly operationId: string;
  readonly parentOperationId: string | null;
  /** One of ktrdr's operation types, or one that a later version added. */
  readonly operationType: string | null;
  readonly status: OperationStatus;
  readonly createdAt: Micros | null;
  readonly startedAt: Micros | null;
  readonly completedAt: Micros | null;
  readonly progress: RecordProgress;
  readonly symbol: string | null;
  readonly timeframe: string | null;
  readonly strategy?: string | null;
  readonly startDate: string | null;
  readonly endDate: string | null;
  /** `metadata.parameters.worker_id`: the worker that took it. */
  readonly workerId: string | null;
  readonly errorMessage: string | null;
  readonly warnings: readonly string[];
  /** `result_summary`, scalars only. */
  readonly resultSummary: Readonly<Record<string, string | number | boolean | null>>;
  /** Finished epochs of a training run, oldest first. Updated only by status polls, so it may lag. */
  readonly epochs: readonly { readonly epoch: number; readonly at: Micros; readonly seconds: number }[];
  readonly isBackendLocal: boolean | null;
}

interface RecordProgress {
  /** 0–100. */
  readonly percentage: number | null;
  /** Empty if the worker was asked and hasn't reported a step yet; null if the backend has only its own stored state. */
  readonly currentStep: string | null;
  readonly stepsCompleted: number | null;
  readonly stepsTotal: number | null;
}

/** One item of `GET /api/v1/workers`. */
export interface WorkerRecord {
  readonly workerId: string;
  /** `training`, `backtesting`, `agent_design`, `agent_assessment`. */
  readonly workerType: string;
  readonly endpointUrl: string | null;
  readonly status: 'available' | 'busy' | 'temporarily_unavailable' | 'unknown';
  readonly currentOperationId: string | null;
  readonly lastHealthCheck: Micros | null;
  readonly lastHealthyAt: Micros | null;
  readonly healthCheckFailures: number;
  /** When the registry last selected it. */
  readonly lastSelected: Micros | null;
  readonly gpu: boolean | null;
}

export interface SourceReport {
  readonly name: 'jaeger' | 'ktrdr-api' | 'file';
  readonly state: 'ok' | 'partial' | 'unavailable' | 'off';
  /** One sentence a person can act on; names a host, never a credential. */
  readonly detail: string;
  readonly tookMs: number;
}
