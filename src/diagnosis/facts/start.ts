import type { OperationType } from '../case.ts';
import type { Span } from '../trace.ts';
import { readNumber } from '../vocabulary/attributes.ts';
import { startedBy } from '../vocabulary/operations.ts';
import { spansNamed } from '../vocabulary/span-names.ts';

/** The request that asked the backend for an operation, whether it was granted or refused. */
export interface StartRequest {
  readonly span: Span;
  /** e.g. `POST /api/v1/backtests/start`. */
  readonly route: string;
  readonly httpStatus: number | null;
  /** Answered 4xx or 5xx, or without an answer and in error: no operation exists for the user. */
  readonly refused: boolean;
  readonly type: OperationType | null;
  readonly resume: boolean;
}

/** The backend's server spans that start or resume something, in order of time. */
export function requestsOf(spans: readonly Span[]): readonly StartRequest[] {
  return spansNamed(spans, ({ name }) => startedBy(name) !== null)
    .map(startRequestOf)
    .filter((request) => request !== null);
}

export function startRequestOf(span: Span): StartRequest | null {
  const started = startedBy(span.name);
  if (started === null) return null;
  const httpStatus = readNumber(span, 'httpStatus');
  return {
    span,
    route: span.name,
    httpStatus,
    refused: httpStatus === null ? span.status.code === 'error' : httpStatus >= 400,
    ...started,
  };
}

/** A worker's own server span: no `/api/` in its path. */
export function isWorkersRequest({ name }: Span): boolean {
  return /^POST \/(?:training|backtests?|designs|assessments)\/(?:start|resume)$/.test(name);
}

/** Commands that begin an operation, as opposed to those that look at one. */
export function isStartCommand({ name }: Span): boolean {
  return /^cli\.(?:train|backtest|research|data_load|data\.load|dummy)/.test(name);
}
