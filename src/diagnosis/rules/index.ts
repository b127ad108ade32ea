// Generated from the files of this folder by `npm run generate`; not edited by hand.
import type { Rule } from '../rule.ts';
import { rule as cancelled } from './cancelled.ts';
import { rule as dataMissing } from './data-missing.ts';
import { rule as database } from './database.ts';
import { rule as failedWithoutTrace } from './failed-without-trace.ts';
import { rule as ibGateway } from './ib-gateway.ts';
import { rule as invalidInput } from './invalid-input.ts';
import { rule as resources } from './resources.ts';
import { rule as serviceTimeout } from './service-timeout.ts';
import { rule as serviceUnreachable } from './service-unreachable.ts';
import { rule as stillRunning } from './still-running.ts';
import { rule as traceNotFound } from './trace-not-found.ts';
import { rule as unhandledException } from './unhandled-exception.ts';
import { rule as workerLost } from './worker-lost.ts';
import { rule as workerUnreachable } from './worker-unreachable.ts';
import { rule as workersUnavailable } from './workers-unavailable.ts';

export const RULES: readonly Rule[] = [
  cancelled,
  dataMissing,
  database,
  failedWithoutTrace,
  ibGateway,
  invalidInput,
  resources,
  serviceTimeout,
  serviceUnreachable,
  stillRunning,
  traceNotFound,
  unhandledException,
  workerLost,
  workerUnreachable,
  workersUnavailable,
];
