// Generated from the files of this folder by `npm run generate`; not edited by hand.
import type { Rule } from '../rule.ts';
import { rule as agent } from './agent.ts';
import { rule as backendRestarted } from './backend-restarted.ts';
import { rule as backendSpansOnly } from './backend-spans-only.ts';
import { rule as cancelled } from './cancelled.ts';
import { rule as dataMissing } from './data-missing.ts';
import { rule as database } from './database.ts';
import { rule as duplicateOperation } from './duplicate-operation.ts';
import { rule as exportOverhead } from './export-overhead.ts';
import { rule as failedWithoutTrace } from './failed-without-trace.ts';
import { rule as ibGateway } from './ib-gateway.ts';
import { rule as invalidInput } from './invalid-input.ts';
import { rule as progressNotTraced } from './progress-not-traced.ts';
import { rule as progressStalled } from './progress-stalled.ts';
import { rule as resources } from './resources.ts';
import { rule as resumeFailed } from './resume-failed.ts';
import { rule as serviceTimeout } from './service-timeout.ts';
import { rule as serviceUnreachable } from './service-unreachable.ts';
import { rule as silentEmptyDownload } from './silent-empty-download.ts';
import { rule as singletonMismatch } from './singleton-mismatch.ts';
import { rule as slow } from './slow.ts';
import { rule as statusMisreported } from './status-misreported.ts';
import { rule as stillRunning } from './still-running.ts';
import { rule as traceNotFound } from './trace-not-found.ts';
import { rule as traceSplit } from './trace-split.ts';
import { rule as unhandledException } from './unhandled-exception.ts';
import { rule as workerLost } from './worker-lost.ts';
import { rule as workerRejected } from './worker-rejected.ts';
import { rule as workerSelectionMissing } from './worker-selection-missing.ts';
import { rule as workerUnreachable } from './worker-unreachable.ts';
import { rule as workersUnavailable } from './workers-unavailable.ts';

export const RULES: readonly Rule[] = [
  agent,
  backendRestarted,
  backendSpansOnly,
  cancelled,
  dataMissing,
  database,
  duplicateOperation,
  exportOverhead,
  failedWithoutTrace,
  ibGateway,
  invalidInput,
  progressNotTraced,
  progressStalled,
  resources,
  resumeFailed,
  serviceTimeout,
  serviceUnreachable,
  silentEmptyDownload,
  singletonMismatch,
  slow,
  statusMisreported,
  stillRunning,
  traceNotFound,
  traceSplit,
  unhandledException,
  workerLost,
  workerRejected,
  workerSelectionMissing,
  workerUnreachable,
  workersUnavailable,
];
