import type { Diagnosis } from '../../src/diagnosis/finding.ts';

/** A diagnosis that says nothing, to be filled with what a test is about. */
export const nothingFound: Diagnosis = {
  schemaVersion: 1,
  operationId: null,
  verdict: 'nothing-found',
  headline: 'Nothing in the spans explains it.',
  explanation: '',
  status: 'unknown',
  statusSource: 'none',
  operationType: null,
  operation: {
    symbol: null,
    timeframe: null,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    progressPercent: null,
    progressStep: null,
    request: null,
    httpStatus: null,
  },
  traces: [],
  flow: [],
  criticalPath: null,
  baseline: null,
  primary: null,
  others: [],
  notChecked: [],
  lacks: [],
  sources: [],
  analysisMs: 3.2,
};
