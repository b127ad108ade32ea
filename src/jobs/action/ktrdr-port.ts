/** The part of the ktrdr API that actions use: three reads, and the one request that changes something. Nothing is retried. */
import type { OperationStatus, WorkerRecord } from '../../diagnosis/case.ts';
import type { Micros } from '../../diagnosis/trace.ts';

/** The fields of an operation's record that actions depend on, from `GET /api/v1/operations/{id}`. */
export interface ActionRecord {
  readonly operationId: string;
  readonly operationType: string | null;
  readonly status: OperationStatus;
  readonly createdAt: Micros | null;
  readonly startedAt: Micros | null;
  readonly errorMessage: string | null;
  /** From `metadata`. Some reads of the same record lack the dates. */
  readonly symbol: string | null;
  readonly timeframe: string | null;
  readonly mode: string | null;
  readonly startDate: string | null;
  readonly endDate: string | null;
  readonly parameters: {
    readonly symbols: readonly string[];
    readonly timeframes: readonly string[];
    readonly startDate: string | null;
    readonly endDate: string | null;
    readonly strategyName: string | null;
    /** The beginning of the file: ktrdr keeps 100 characters of it. */
    readonly strategyYaml: string | null;
    readonly initialCapital: number | null;
    readonly commission: number | null;
    readonly slippage: number | null;
    /** For a research run: the training run or backtest that it waits for, which ktrdr doesn't list as its child. */
    readonly childId: string | null;
  };
  readonly result: {
    readonly strategyName: string | null;
    readonly startDate: string | null;
    readonly endDate: string | null;
    readonly rowsDownloaded: number | null;
  };
}

/** `GET /api/v1/checkpoints/{id}`. It may belong to another operation than the ID suggests. */
export interface Checkpoint {
  readonly createdAt: Micros | null;
  /** Null for backtests. */
  readonly epoch: number | null;
  /** `state.original_request`; null when the checkpoint has none. */
  readonly request: {
    readonly symbols: readonly string[];
    readonly timeframes: readonly string[];
    readonly startDate: string | null;
    readonly endDate: string | null;
    readonly strategyPath: string | null;
    readonly strategyName: string | null;
    readonly modelPath: string | null;
  } | null;
}

/** `reason` is a sentence. */
type Unread =
  | { readonly kind: 'not-found' }
  /** ktrdr responds, but its database doesn't. */
  | { readonly kind: 'database-away' }
  | { readonly kind: 'unavailable'; readonly reason: string };
export type Read<Value> = { readonly kind: 'found'; readonly value: Value } | Unread;

type Json = string | number | boolean | null | readonly string[];

/** One request, as confirmed by a person. `path` starts with `/api/v1/`. */
export interface ActionCall {
  readonly method: 'DELETE' | 'POST';
  readonly path: string;
  readonly body: Readonly<Record<string, Json>> | null;
}

export type CallAnswer =
  /** HTTP 200 says that the record was changed or the work handed over, not that anything stopped or started. */
  | {
      readonly kind: 'accepted';
      /** ID of the operation that was started. */
      readonly newId: string | null;
      readonly remoteCancelled: boolean | null;
    }
  /** ktrdr rejected the request. `code` is its error code, such as `OPERATIONS-CancelError`. */
  | { readonly kind: 'rejected'; readonly httpStatus: number; readonly message: string; readonly code: string | null }
  /** There was no usable response, so the change may have happened. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** It can't have happened: there was no connection. */
  | { readonly kind: 'not-sent'; readonly reason: string };

export interface KtrdrActions {
  operation(operationId: string, signal: AbortSignal): Promise<Read<ActionRecord>>;
  /** The only read that always queries the database. */
  checkpoint(operationId: string, signal: AbortSignal): Promise<Read<Checkpoint>>;
  workers(signal: AbortSignal): Promise<Read<readonly WorkerRecord[]>>;
  /** Ids of the downloads that the backend has in memory, newest first. */
  downloads(signal: AbortSignal): Promise<Read<readonly string[]>>;
  /** Sent once. Waits longer than a frozen worker can delay ktrdr (60 s). */
  call(call: ActionCall, signal: AbortSignal): Promise<CallAnswer>;
}
