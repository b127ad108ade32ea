// Generated from the folders beside this file by `npm run generate`; do not edit.
import type { Rule } from '../rule.ts';
import { rule as agent } from './agent/rule.ts';
import { rule as backendRestarted } from './backend-restarted/rule.ts';
import { rule as backendSpansOnly } from './backend-spans-only/rule.ts';
import { rule as cancelled } from './cancelled/rule.ts';
import { rule as dataMissing } from './data-missing/rule.ts';
import { rule as database } from './database/rule.ts';
import { rule as duplicateOperation } from './duplicate-operation/rule.ts';
import { rule as exportOverhead } from './export-overhead/rule.ts';
import { rule as failedWithoutTrace } from './failed-without-trace/rule.ts';
import { rule as ibGateway } from './ib-gateway/rule.ts';
import { rule as invalidInput } from './invalid-input/rule.ts';
import { rule as progressNotTraced } from './progress-not-traced/rule.ts';
import { rule as progressStalled } from './progress-stalled/rule.ts';
import { rule as resources } from './resources/rule.ts';
import { rule as resultUseless } from './result-useless/rule.ts';
import { rule as resumeFailed } from './resume-failed/rule.ts';
import { rule as serviceTimeout } from './service-timeout/rule.ts';
import { rule as serviceUnreachable } from './service-unreachable/rule.ts';
import { rule as silentEmptyDownload } from './silent-empty-download/rule.ts';
import { rule as singletonMismatch } from './singleton-mismatch/rule.ts';
import { rule as slow } from './slow/rule.ts';
import { rule as statusMisreported } from './status-misreported/rule.ts';
import { rule as stillRunning } from './still-running/rule.ts';
import { rule as traceNotFound } from './trace-not-found/rule.ts';
import { rule as traceSplit } from './trace-split/rule.ts';
import { rule as unhandledException } from './unhandled-exception/rule.ts';
import { rule as workerLost } from './worker-lost/rule.ts';
import { rule as workerRejected } from './worker-rejected/rule.ts';
import { rule as workerSelectionMissing } from './worker-selection-missing/rule.ts';
import { rule as workerUnreachable } from './worker-unreachable/rule.ts';
import { rule as workersUnavailable } from './workers-unavailable/rule.ts';

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
  resultUseless,
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
