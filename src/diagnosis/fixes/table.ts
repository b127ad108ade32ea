/**
 * Every command that a finding may recommend: only those that exist and tell the truth in today's ktrdr. Left out on purpose:
 * `ktrdr ib test|status|cleanup` (always print OK), `--scale` (service names and ports are fixed), the IB host's
 * `/health/detailed` (always false), `POST …/retry` (dispatches nothing).
 */
import { addressOf, type Endpoint } from '../facts/endpoints.ts';
import type { Fix, ShellCommand } from '../finding.ts';
import { sh } from '../shell.ts';
import { type Deployment, LAYOUTS } from './deployment.ts';

export interface DeploymentOptions {
  readonly deployment: Deployment;
  /** Base URL of the ktrdr backend as a person would call it, or null for the usual one. */
  readonly apiUrl: string | null;
}

export type FixTable = ReturnType<typeof fixesFor>;

export function fixesFor({ deployment, apiUrl }: DeploymentOptions) {
  const layout = LAYOUTS[deployment];
  const api = (apiUrl ?? 'http://localhost:8000').replace(/\/+$/, '');
  const backend = 'backend';
  const serviceAt = (endpoint: Endpoint) => {
    if (/^[a-z][a-z0-9-]*-\d+$/.test(endpoint.host)) return endpoint.host;
    return endpoint.port === null ? null : (layout.ports[endpoint.port] ?? null);
  };
  const servicesFor = (workerType: string) => layout.workers[workerType] ?? [];
  const firstOf = (workerType: string) => servicesFor(workerType)[0] ?? null;

  return {
    listWorkers: () => inspects('List the workers', sh`curl -s ${`${api}/api/v1/workers`}`),
    /** Starts the first service of a type; null where the deployment has none of that type. */
    startWorkers(workerType: string, which: 'first' | 'all' = 'first'): Fix {
      const services = servicesFor(workerType);
      if (services.length === 0) return advice(`Start a worker of type ${workerType}: this deployment has no service for it.`);
      return changes(`Start a ${workerName(workerType)} worker`, layout.start(which === 'first' ? services.slice(0, 1) : services));
    },
    /** The next service of a type, to have one more worker. */
    addWorker(workerType: string, running: number): Fix {
      const next = servicesFor(workerType)[running];
      if (next === undefined) return advice(`All ${workerName(workerType)} worker services of this deployment are in use: wait, or stop another operation.`);
      return changes(`Start one more ${workerName(workerType)} worker`, layout.start([next]));
    },
    workerLogs(at: Endpoint | null, workerType: string | null): Fix {
      const service = (at === null ? null : serviceAt(at)) ?? (workerType === null ? null : firstOf(workerType));
      return service === null ? advice('Read the log of that worker.') : inspects("Read the worker's log", layout.logs(service));
    },
    restartWorker(at: Endpoint | null, workerType: string | null): Fix {
      const service = (at === null ? null : serviceAt(at)) ?? (workerType === null ? null : firstOf(workerType));
      return service === null ? advice('Restart that worker.') : changes('Restart the worker', layout.restart(service));
    },
    startWorkerAt(at: Endpoint | null, workerType: string | null): Fix {
      const service = (at === null ? null : serviceAt(at)) ?? (workerType === null ? null : firstOf(workerType));
      return service === null ? advice('Start that worker again.') : changes('Start the worker', layout.start([service]));
    },
    workerHealth: (at: Endpoint) => inspects("Ask for the worker's health", sh`curl -s ${`http://${addressOf(at)}/health`}`),
    backendLogs: () => inspects("Read the backend's log", layout.logs(backend)),
    restartBackend: () => changes('Restart the backend', layout.restart(backend)),
    startBackend: () => changes('Start the backend', layout.start([backend])),
    backendHealth: () => inspects('Ask for the backend’s health', sh`curl -s ${`${api}/api/v1/health`}`),
    databaseLogs: () => inspects("Read the database's log", layout.logs('db')),
    startDatabase: () => changes('Start the database', layout.start(['db'])),
    databaseSettings: (service: string) => inspects('Show the database settings of that process', sh`docker compose exec ${service} sh -c ${"env | grep '^KTRDR_DB_' | grep -v PASSWORD"}`),
    startIbHost: () => changes('Start the IB host service', sh`uv run kinfra local-prod start-ib-host`),
    ibHostHealth: () => inspects('Is the IB host service listening?', sh`curl -s http://localhost:5001/health`),
    startTrainingHost: () => changes('Start the training host service', sh`uv run kinfra local-prod start-training-host`),
    gatewayPort: (port: number) => inspects('Does anything listen on the IB Gateway’s port?', sh`nc -z -v localhost ${port}`),
    showStatus: (operationId: string) => inspects('Show its status and message', sh`ktrdr --json status ${operationId}`),
    follow: (operationId: string) => inspects('Follow it', sh`ktrdr follow ${operationId}`),
    resume: (operationId: string) => changes('Resume from the last checkpoint', sh`ktrdr resume ${operationId}`),
    cancel: (operationId: string) => changes('Cancel it', sh`ktrdr cancel ${operationId}`),
    showCheckpoint: (operationId: string) => inspects('Is there a checkpoint?', sh`ktrdr checkpoints show ${operationId}`),
    recentFailures: () => inspects('List failed operations', sh`ktrdr ops --status failed`),
    activeOperations: () => inspects('List what is running', sh`ktrdr ops --active`),
    dataRange: (symbol: string, timeframe: string) => inspects('Show the range that is cached', sh`ktrdr data range ${symbol} -t ${timeframe}`),
    loadData: (symbol: string, timeframe: string) => changes('Download it (the IB host service must run)', sh`ktrdr data load ${symbol} --timeframe ${timeframe} --mode full`),
    listStrategies: () => inspects('List the strategies', sh`ktrdr list strategies`),
    validateStrategy: (path: string) => inspects('Check the strategy', sh`ktrdr validate ${path}`),
    migrateStrategy: (path: string) => changes('Bring it to version 3', sh`ktrdr migrate ${path}`),
    listModels: () => inspects('List the models', sh`ktrdr list models`),
    jaegerServices: (jaegerUrl: string) => inspects('Which services does Jaeger know?', sh`curl -s ${`${jaegerUrl.replace(/\/+$/, '')}/api/v3/services`}`),
    tracingSettings: () => inspects('Show the tracing settings of the backend', sh`docker compose exec backend sh -c ${'env | grep -i otlp'}`),
    memoryKills: () => inspects('Did the kernel kill a process for memory?', sh`sh -c ${"dmesg | grep -i 'killed process' | tail -5"}`),
  };
}

export function advice(text: string): Fix {
  return { kind: 'advice', text };
}

/** `backtesting` is what ktrdr calls the type; people say backtest worker. */
export function workerName(workerType: string): string {
  return workerType === 'backtesting' ? 'backtest' : workerType.replace('agent_', '').replaceAll('_', ' ');
}

function inspects(label: string, command: ShellCommand): Fix {
  return { kind: 'command', label, command, effect: 'inspects' };
}

function changes(label: string, command: ShellCommand): Fix {
  return { kind: 'command', label, command, effect: 'changes' };
}
