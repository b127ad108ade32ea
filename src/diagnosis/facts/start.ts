import type { OperationRecord } from '../case.ts';
import type { Span } from '../trace.ts';
import { carriersOf, readNumber, readText } from '../vocabulary/attributes.ts';
import { type OperationType, startedBy } from '../vocabulary/operations.ts';
import { spansNamed } from '../vocabulary/span-names.ts';

/** The request to the backend that starts or resumes an operation, accepted or rejected. */
export interface StartRequest {
  readonly span: Span;
  /** e.g. `POST /api/v1/backtests/start`. */
  readonly route: string;
  readonly httpStatus: number | null;
  /** The response is 4xx or 5xx, or there is none and the span is in error: no operation exists for the user. */
  readonly refused: boolean;
  readonly type: OperationType | null;
  readonly resume: boolean;
}

/** In order of time. */
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

/** The command line's span of a command that starts an operation, as opposed to one that only reads it. */
export function isStartCommand({ name }: Span): boolean {
  return /^cli\.(?:train|backtest|research|data_load|data\.load|dummy)/.test(name);
}

/** What the operation works on, from its spans, else from its record. */
export interface Parameters {
  readonly symbol: string | null;
  readonly timeframe: string | null;
  readonly startDate: string | null;
  readonly endDate: string | null;
  readonly strategy: string | null;
}

export function parametersOf(own: readonly Span[], record: OperationRecord | null): Parameters {
  const first = (name: keyof Parameters) => {
    for (const span of carriersOf(own, name)) {
      const text = readText(span, name);
      if (text !== null) return text;
    }
    return null;
  };
  const day = (date: string | null) => date?.replace(/T00:00:00.*$/, '') ?? null;
  return {
    symbol: first('symbol') ?? record?.symbol ?? null,
    timeframe: first('timeframe') ?? record?.timeframe ?? null,
    startDate: day(first('startDate') ?? record?.startDate ?? null),
    endDate: day(first('endDate') ?? record?.endDate ?? null),
    strategy: first('strategy') ?? record?.strategy ?? null,
  };
}
