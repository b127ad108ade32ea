/**
 * Every command that a finding may recommend: only those that exist and tell the truth in today's ktrdr. Left out on purpose:
 * `ktrdr ib test|status|cleanup` (always print OK), `--scale` (service names and ports are fixed), the IB host's
 * `/health/detailed` (always false), `POST …/retry` (dispatches nothing).
 */
import type { Clean } from '../clean.ts';
import { addressOf, type Endpoint, IB_GATEWAY_PORT } from '../facts/endpoints.ts';
import type { WorkerLocation } from '../facts/workers.ts';
import type { Fix, ShellCommand } from '../finding.ts';
import { workerName } from '../words.ts';
import { type Deployment, LAYOUTS } from './deployment.ts';
import { literal, type ShellWord, sh, wordOf } from './shell.ts';

export interface DeploymentOptions {
  readonly deployment: Deployment;
  /** Base URL of the ktrdr backend as a person would call it, or null for the usual one. */
  readonly apiUrl: string | null;
}

const BACKEND = literal('backend');
const DATABASE = literal('db');
const ASK_WORKER = 'Ask the worker’s /health address whether it lives.';

export type FixTable = ReturnType<typeof fixesFor>;

/** `clean` is what every text goes through that is shown: a value that it would change is in no command. */
export function fixesFor({ deployment, apiUrl }: DeploymentOptions, clean: Clean) {
  const layout = LAYOUTS[deployment];
  const api = (apiUrl ?? 'http://localhost:8000').replace(/(?<!\/)\/+$/, '');
  /** A worker's type is text from a span: `constructor` is none. */
  const servicesFor = (workerType: string) =>
    Object.hasOwn(layout.workers, workerType) ? (layout.workers[workerType] ?? []) : [];
  /** The compose service of a worker: by its address, else the first of its type. */
  const serviceOf = ({ endpoint, workerType }: WorkerLocation) =>
    serviceAt(endpoint) ?? servicesFor(workerType ?? '')[0] ?? null;
  const serviceNamed = (host: string) =>
    Object.values(layout.workers)
      .flat()
      .find((service) => service === host);
  const serviceAt = (endpoint: Endpoint | null) => {
    if (endpoint === null) return null;
    return serviceNamed(endpoint.host) ?? layout.ports[endpoint.port ?? 0] ?? null;
  };
  /** Names of compose services are known inside their network only; their ports are those of the host. */
  const fromHost = (endpoint: Endpoint) =>
    addressOf(serviceNamed(endpoint.host) !== undefined ? { ...endpoint, host: 'localhost' } : endpoint);
  const forWorker = (place: WorkerLocation, make: (service: ShellWord) => Fix, otherwise: string) => {
    const service = serviceOf(place);
    return service === null ? advice(otherwise) : make(service);
  };
  /** A command for values that can be typed as they are; without one of them, or for any other, an advice. */
  const forValues = (values: readonly (string | null)[], make: (...words: ShellWord[]) => Fix, otherwise: string) => {
    const words = values.map((value) => (value === null ? null : wordOf(value, clean))).filter((word) => word !== null);
    return words.length === values.length ? make(...words) : advice(otherwise);
  };
  const ask = (label: string, url: string, otherwise: string) =>
    forValues([url], (address) => inspects(label, sh`curl -s ${address}`), otherwise);

  return {
    listWorkers: () =>
      ask('List the workers', `${api}/api/v1/workers`, 'List the workers: ask the ktrdr API for /api/v1/workers.'),
    /** Starts the first service of a type; an advice where the deployment has none of that type. */
    startWorkers(workerType: string, which: 'first' | 'all' = 'first'): Fix {
      const services = servicesFor(workerType);
      if (services.length === 0)
        return advice(`Start a ${workerName(workerType)} worker: this deployment has no service for it.`);
      return changes(
        `Start a ${workerName(workerType)} worker`,
        layout.start(which === 'first' ? services.slice(0, 1) : services),
      );
    },
    /** The next service of a type, to have one more worker. */
    addWorker(workerType: string, running: number): Fix {
      const next = servicesFor(workerType)[running];
      if (next === undefined)
        return advice(`This deployment has no further ${workerName(workerType)} worker to start.`);
      return changes(`Start one more ${workerName(workerType)} worker`, layout.start([next]));
    },
    workerLogs: (place: WorkerLocation) =>
      forWorker(
        place,
        (service) => inspects("Read the worker's log", layout.logs(service)),
        'Read the log of that worker.',
      ),
    restartWorker: (place: WorkerLocation) =>
      forWorker(place, (service) => changes('Restart the worker', layout.restart(service)), 'Restart that worker.'),
    startWorkerAt: (place: WorkerLocation) =>
      forWorker(place, (service) => changes('Start the worker', layout.start([service])), 'Start that worker again.'),
    workerHealth: ({ endpoint }: WorkerLocation) =>
      endpoint === null
        ? advice(ASK_WORKER)
        : ask("Ask for the worker's health", `http://${fromHost(endpoint)}/health`, ASK_WORKER),
    backendLogs: () => inspects("Read the backend's log", layout.logs(BACKEND)),
    startBackend: () => changes('Start the backend', layout.start([BACKEND])),
    backendHealth: () =>
      ask('Ask for the backend’s health', `${api}/api/v1/health`, 'Ask the backend’s /api/v1/health whether it lives.'),
    databaseLogs: () => inspects("Read the database's log", layout.logs(DATABASE)),
    startDatabase: () => changes('Start the database', layout.start([DATABASE])),
    databaseSettings: (place: WorkerLocation) =>
      inspects('Show the database settings of that process', layout.databaseSettings(serviceOf(place) ?? BACKEND)),
    tracingSettings: () => inspects('Show the tracing settings of the backend', layout.tracingSettings(BACKEND)),
    startIbHost: () => changes('Start the IB host service', sh`uv run kinfra local-prod start-ib-host`),
    ibHostHealth: () => inspects('Is the IB host service listening?', sh`curl -s http://localhost:5001/health`),
    /** A container that calls its own localhost. */
    ibHostFromContainer: () =>
      advice(
        'If the service runs and the backend is a container, set IB_HOST_SERVICE_URL=http://host.docker.internal:5001 for the backend: it does not read KTRDR_IB_HOST_* for downloads.',
      ),
    startTrainingHost: () =>
      changes('Start the training host service', sh`uv run kinfra local-prod start-training-host`),
    gatewayPort: (port = IB_GATEWAY_PORT) =>
      inspects('Does anything listen on the IB Gateway’s port?', sh`nc -z -v localhost ${port}`),
    showStatus: (id: string | null) =>
      forValues(
        [id],
        (known) => inspects('Show its status and message', sh`ktrdr --json status ${known}`),
        'Look it up with `ktrdr ops`.',
      ),
    follow: (id: string | null) =>
      forValues(
        [id],
        (known) => inspects('Follow it', sh`ktrdr follow ${known}`),
        'Follow it with `ktrdr follow` and its id.',
      ),
    resume: (id: string | null) =>
      forValues(
        [id],
        (known) => changes('Resume from the last checkpoint', sh`ktrdr resume ${known}`),
        'Then start it again.',
      ),
    cancel: (id: string | null) =>
      forValues([id], (known) => changes('Cancel it', sh`ktrdr cancel ${known}`), 'Cancel it by its id.'),
    showCheckpoint: (id: string | null) =>
      forValues(
        [id],
        (known) => inspects('Is there a checkpoint?', sh`ktrdr checkpoints show ${known}`),
        'Look for its checkpoint with `ktrdr list checkpoints`.',
      ),
    recentFailures: () => inspects('List failed operations', sh`ktrdr ops --status failed`),
    activeOperations: () => inspects('List what is running', sh`ktrdr ops --active`),
    dataRange: (symbol: string, timeframe: string) =>
      forValues(
        [symbol, timeframe],
        (known, size) => inspects('Show the range that is cached', sh`ktrdr data range ${known} -t ${size}`),
        'Show the range that is cached with `ktrdr data range`, the symbol and the timeframe.',
      ),
    loadData: (symbol: string, timeframe: string) =>
      forValues(
        [symbol, timeframe],
        (known, size) =>
          changes(
            'Download it (the IB host service must run)',
            sh`ktrdr data load ${known} --timeframe ${size} --mode full`,
          ),
        'Download it with `ktrdr data load`, the symbol and the timeframe (the IB host service must run).',
      ),
    listStrategies: () => inspects('List the strategies', sh`ktrdr list strategies`),
    /** `strategy` is a name or a path; without one the fix is an advice. */
    validateStrategy: (strategy: string | null) =>
      forValues(
        [pathOf(strategy)],
        (path) => inspects('Check the strategy', sh`ktrdr validate ${path}`),
        'Check the strategy with `ktrdr validate` and the path of its file.',
      ),
    migrateStrategy: (strategy: string | null) =>
      forValues(
        [pathOf(strategy)],
        (path) => changes('Bring it to version 3', sh`ktrdr migrate ${path}`),
        'Bring a version 2 strategy to version 3 with `ktrdr migrate` and the path of its file.',
      ),
    listModels: () => inspects('List the models', sh`ktrdr list models`),
    memoryKills: () =>
      inspects('Did the kernel kill a process for memory?', sh`dmesg | grep -i 'killed process' | tail -5`),
  };
}

export function advice(text: string): Fix {
  return { kind: 'advice', text };
}

function inspects(label: string, command: ShellCommand): Fix {
  return { kind: 'command', label, command, effect: 'inspects' };
}

function changes(label: string, command: ShellCommand): Fix {
  return { kind: 'command', label, command, effect: 'changes' };
}

function pathOf(strategy: string | null): string | null {
  if (strategy === null) return null;
  if (strategy.includes('/')) return strategy.startsWith('-') ? `./${strategy}` : strategy;
  return `strategies/${/\.ya?ml$/.test(strategy) ? strategy : `${strategy}.yaml`}`;
}
