/** Whole cases that several tests need: a refused start, a worker that fails, a download that fails. */
import type { Case } from '../../src/diagnosis/case.ts';
import type { Trace } from '../../src/diagnosis/trace.ts';
import { call, caseOf, type Draft, NO_ANSWER, record, server, span, type Telling, trace } from './build.ts';
import {
  API,
  BACKTEST,
  BACKTESTER,
  DOWNLOAD,
  documentedTrace,
  documentedWork,
  failedCall,
  features,
  loading,
  selection,
  transition,
} from './ktrdr-spans.ts';

type DocumentedType = Parameters<typeof documentedTrace>[1];
type WorkerType = Parameters<typeof documentedWork>[1];

/** An operation with a documented trace, diagnosed long after it ended, without the ktrdr API. */
export function documentedCase(id: string, type: DocumentedType, http: number, ...inside: readonly Draft[]): Case {
  return caseOf({ id, now: 90_000, traces: [documentedTrace(id, type, http, ...inside)] });
}

/** The same for an operation that a worker accepted and ran. */
export function documentedRun(id: string, type: WorkerType, worker: Telling, ...work: readonly Draft[]): Case {
  return documentedCase(id, type, 200, ...documentedWork(id, type, worker, ...work));
}

/** A documented dispatch that failed, with the call below it. */
export function failedDispatch(id: string, took: number, ...calls: readonly Draft[]): Draft {
  const attributes = { 'operation.id': id, 'dispatch.status': 'failed' };
  return span('operation.dispatch', { at: 14, took, status: 'error', attributes }, ...calls);
}

export const VALIDATE = 'http://localhost:5001/data/validate';
export const HOST_TIMEOUT = 'Host service timeout: Request timed out after 4 attempts: ';

/** Four requests to the IB host service that each time out after 30 s. */
export const fourTimeouts = [0, 1, 2, 3].map((i) => failedCall(VALIDATE, NO_ANSWER, 200 + i * 31_000, 30_000));

export function failedDownload(error: string, at: number, from = 'running'): Draft {
  return transition(DOWNLOAD, at, from, 'failed', { error });
}

export function failedDownloadRecord(error: string, at: number) {
  return record(DOWNLOAD, 'failed', { ended: at, errorMessage: error, symbol: 'AAPL', timeframe: '1h' });
}

/** A request to resume, and what followed it. */
export const resume = (id: string, http: number, at: number, ...inside: readonly Draft[]) =>
  trace(
    server(
      'POST /api/v1/operations/{operation_id}/resume',
      API,
      http,
      { at, took: 60, attributes: { 'http.target': `/api/v1/operations/${id}/resume` } },
      ...inside,
    ),
  );

/** A backtest that a worker resumed, and how it ended. */
export const resumedBacktest = (...end: readonly Draft[]) =>
  resume(
    BACKTEST,
    200,
    30_000,
    transition(BACKTEST, 30_010, 'cancelled', 'resuming'),
    selection({ capable: 1, available: 1, total: 2, at: 30_020 }),
    call(
      'POST',
      'http://backtest-worker-1:5003/backtests/resume',
      200,
      { at: 30_030, took: 8 },
      server(
        'POST /backtests/resume',
        BACKTESTER,
        200,
        { at: 30_032, took: 5 },
        transition(BACKTEST, 30_060, 'resuming', 'running'),
        loading('backtest', 30_200, 224_929),
        loading('backtest', 30_900, 224_929),
        features(31_700, 224_929),
        ...end,
      ),
    ),
  );

/** The trace of an operation that a worker accepted and ran. */
export function documentedRunTrace(id: string, type: WorkerType, worker: Telling, ...work: readonly Draft[]): Trace {
  return documentedTrace(id, type, 200, ...documentedWork(id, type, worker, ...work));
}

/** A request that the backend received to start a training run and answered with an error. */
export function failedTrainingStart(telling: Telling, ...calls: readonly Draft[]): Trace {
  const start = span('training.start', { at: 1, took: 50, ...telling }, ...calls);
  return trace(server('POST /api/v1/trainings/start', API, 500, { at: 0, took: 60 }, start));
}
