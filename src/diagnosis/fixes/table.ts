/**
 * Every command that a finding may recommend, each in one entry: only those that exist and report the truth in today's ktrdr.
 * Left out on purpose: `ktrdr ib test|status|cleanup` (always print OK), `--scale` (service names and ports are fixed), the IB
 * host's `/health/detailed` (always false), `POST …/retry` (dispatches nothing).
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

export type FixTable = ReturnType<typeof fixesFor>;

/** `clean` is what every text goes through that is shown: a value that it would change is in no command. */
export function fixesFor({ deployment, apiUrl }: DeploymentOptions, clean: Clean) {
  const fixOf = fixesWith(clean);
  const api = (apiUrl ?? 'http://localhost:8000').replace(/(?<!\/)\/+$/, '');
  const services = servicesIn(deployment);
  return {
    ...workerFixes(services, fixOf, api),
    ...backendFixes(services, fixOf, api),
    ...operationFixes(fixOf),
    ...dataFixes(fixOf),
    ...strategyFixes(fixOf),
    ...HOST_FIXES,
  };
}

export function advice(text: string): Fix {
  return { kind: 'advice', text };
}

function workerFixes({ start, restart, logs, ofType, at, isService }: Services, fixOf: FixOf, api: string) {
  const askWorker = 'Ask the worker’s /health address whether it lives.';
  const ifKnown = (worker: WorkerLocation, make: (service: ShellWord) => Fix, otherwise: string) => {
    const service = at(worker);
    return service === null ? advice(otherwise) : make(service);
  };
  return {
    listWorkers: () =>
      fixOf(
        [`${api}/api/v1/workers`],
        (url) => inspects('List the workers', sh`curl -s ${url}`),
        'List the workers: ask the ktrdr API for /api/v1/workers.',
      ),
    /** Starts the first service of a type; an advice where the deployment has none of that type. */
    startWorkers(workerType: string, which: 'first' | 'all' = 'first'): Fix {
      const services = ofType(workerType);
      if (services.length === 0)
        return advice(`Start a ${workerName(workerType)} worker: this deployment has no service for it.`);
      return changes(
        `Start a ${workerName(workerType)} worker`,
        start(which === 'first' ? services.slice(0, 1) : services),
      );
    },
    /** The next service of a type, to have one more worker. */
    addWorker(workerType: string, running: number): Fix {
      const next = ofType(workerType)[running];
      if (next === undefined)
        return advice(`This deployment has no further ${workerName(workerType)} worker to start.`);
      return changes(`Start one more ${workerName(workerType)} worker`, start([next]));
    },
    workerLogs: (worker: WorkerLocation) =>
      ifKnown(worker, (service) => inspects("Read the worker's log", logs(service)), 'Read the log of that worker.'),
    restartWorker: (worker: WorkerLocation) =>
      ifKnown(worker, (service) => changes('Restart the worker', restart(service)), 'Restart that worker.'),
    startWorkerAt: (worker: WorkerLocation) =>
      ifKnown(worker, (service) => changes('Start the worker', start([service])), 'Start that worker again.'),
    workerHealth({ endpoint }: WorkerLocation): Fix {
      if (endpoint === null) return advice(askWorker);
      // Names of Compose services are known inside their network only; their ports are those of the host.
      const address = addressOf(isService(endpoint.host) ? { ...endpoint, host: 'localhost' } : endpoint);
      return fixOf(
        [`http://${address}/health`],
        (url) => inspects("Ask for the worker's health", sh`curl -s ${url}`),
        askWorker,
      );
    },
  };
}

function backendFixes({ compose, start, logs, at, ofType }: Services, fixOf: FixOf, api: string) {
  const backend = literal('backend');
  const database = literal('db');
  return {
    /** Of the worker, or of the backend, which runs downloads. */
    diskSpace: (process: WorkerLocation) =>
      inspects('Show the free disk space', sh`${compose} exec ${at(process) ?? backend} df -h`),
    /** What is mounted into that process's container, and whether it may be written to. */
    mounts: (process: WorkerLocation) =>
      inspects('Show what is mounted there', sh`${compose} exec ${at(process) ?? backend} mount`),
    migrate: () => changes('Create the tables of the database', sh`${compose} exec ${backend} alembic upgrade head`),
    agentLogs: (kind: string) =>
      ofType(`agent_${kind}`)[0] === undefined
        ? advice(`Read the log of the ${kind} agent’s container.`)
        : inspects(`Read the ${kind} agent’s log`, logs(ofType(`agent_${kind}`)[0] ?? backend)),
    backendLogs: () => inspects("Read the backend's log", logs(backend)),
    startBackend: () => changes('Start the backend', start([backend])),
    backendHealth: () =>
      fixOf(
        [`${api}/api/v1/health`],
        (url) => inspects('Ask for the backend’s health', sh`curl -s ${url}`),
        'Ask the backend’s /api/v1/health whether it lives.',
      ),
    databaseLogs: () => inspects("Read the database's log", logs(database)),
    startDatabase: () => changes('Start the database', start([database])),
    /** Never the password. */
    databaseSettings: (process: WorkerLocation) =>
      inspects(
        'Show the database settings of that process',
        sh`${compose} exec ${at(process) ?? backend} env | grep '^KTRDR_DB_' | grep -v PASSWORD`,
      ),
    tracingSettings: () =>
      inspects('Show the tracing settings of the backend', sh`${compose} exec ${backend} env | grep -i otlp`),
  };
}

/** For programs on the host itself, outside of the containers. */
const HOST_FIXES = {
  startIbHost: () => changes('Start the IB host service', sh`uv run kinfra local-prod start-ib-host`),
  ibHostHealth: () => inspects('Is the IB host service listening?', sh`curl -s http://localhost:5001/health`),
  /** A container that calls its own localhost. */
  ibHostFromContainer: () =>
    advice(
      'If the service runs and the backend is a container, set IB_HOST_SERVICE_URL=http://host.docker.internal:5001 for the backend: it does not read KTRDR_IB_HOST_* for downloads.',
    ),
  startTrainingHost: () => changes('Start the training host service', sh`uv run kinfra local-prod start-training-host`),
  gatewayPort: (port = IB_GATEWAY_PORT) =>
    inspects('Does anything listen on the IB Gateway’s port?', sh`nc -z -v localhost ${port}`),
  dockerSpace: () => inspects('Show what Docker keeps on the disk', sh`docker system df`),
  memoryKills: () =>
    inspects('Did the kernel kill a process for memory?', sh`dmesg | grep -i 'killed process' | tail -5`),
};

function operationFixes(fixOf: FixOf) {
  return {
    showStatus: (id: string | null) =>
      fixOf(
        [id],
        (known) => inspects('Show its status and message', sh`ktrdr --json status ${known}`),
        'Look it up with `ktrdr ops`.',
      ),
    follow: (id: string | null) =>
      fixOf(
        [id],
        (known) => inspects('Follow it', sh`ktrdr follow ${known}`),
        'Follow it with `ktrdr follow` and its id.',
      ),
    resume: (id: string | null) =>
      fixOf(
        [id],
        (known) => changes('Resume from the last checkpoint', sh`ktrdr resume ${known}`),
        'Then start it again.',
      ),
    cancel: (id: string | null) =>
      fixOf([id], (known) => changes('Cancel it', sh`ktrdr cancel ${known}`), 'Cancel it by its id.'),
    showCheckpoint: (id: string | null) =>
      fixOf(
        [id],
        (known) => inspects('Is there a checkpoint?', sh`ktrdr checkpoints show ${known}`),
        'Look for its checkpoint with `ktrdr list checkpoints`.',
      ),
    recentFailures: () => inspects('List failed operations', sh`ktrdr ops --status failed`),
    activeOperations: () => inspects('List what is running', sh`ktrdr ops --active`),
  };
}

function dataFixes(fixOf: FixOf) {
  return {
    dataRange: (symbol: string, timeframe: string) =>
      fixOf(
        [symbol, timeframe],
        (known, size) => inspects('Show the range that is cached', sh`ktrdr data range ${known} -t ${size}`),
        'Show the range that is cached with `ktrdr data range`, the symbol and the timeframe.',
      ),
    loadData: (symbol: string, timeframe: string) =>
      fixOf(
        [symbol, timeframe],
        (known, size) =>
          changes(
            'Download it (the IB host service must run)',
            sh`ktrdr data load ${known} --timeframe ${size} --mode full`,
          ),
        'Download it with `ktrdr data load`, the symbol and the timeframe (the IB host service must run).',
      ),
  };
}

/** `strategy` is a name or a path; without one the fix is an advice. */
function strategyFixes(fixOf: FixOf) {
  return {
    listStrategies: () => inspects('List the strategies', sh`ktrdr list strategies`),
    validateStrategy: (strategy: string | null) =>
      fixOf(
        [pathOf(strategy)],
        (path) => inspects('Check the strategy', sh`ktrdr validate ${path}`),
        'Check the strategy with `ktrdr validate` and the path of its file.',
      ),
    migrateStrategy: (strategy: string | null) =>
      fixOf(
        [pathOf(strategy)],
        (path) => changes('Bring it to version 3', sh`ktrdr migrate ${path}`),
        'Bring a version 2 strategy to version 3 with `ktrdr migrate` and the path of its file.',
      ),
    listModels: () => inspects('List the models', sh`ktrdr list models`),
  };
}

function inspects(label: string, command: ShellCommand): Fix {
  return { kind: 'command', label, command, effect: 'inspects' };
}

function changes(label: string, command: ShellCommand): Fix {
  return { kind: 'command', label, command, effect: 'changes' };
}

type FixOf = ReturnType<typeof fixesWith>;

/** A command for values that can be typed as they are; without one of them, or for any other, an advice. */
function fixesWith(clean: Clean) {
  return (values: readonly (string | null)[], make: (...words: ShellWord[]) => Fix, otherwise: string): Fix => {
    const words = values.map((value) => (value === null ? null : wordOf(value, clean))).filter((word) => word !== null);
    return words.length === values.length ? make(...words) : advice(otherwise);
  };
}

type Services = ReturnType<typeof servicesIn>;

/** The Compose services of a deployment. */
function servicesIn(deployment: Deployment) {
  const { compose, startAll, workers, ports } = LAYOUTS[deployment];
  const serviceNamed = (host: string) =>
    Object.values(workers)
      .flat()
      .find((service) => service === host);
  const serviceAt = (endpoint: Endpoint | null) =>
    endpoint === null ? null : (serviceNamed(endpoint.host) ?? ports[endpoint.port ?? 0] ?? null);
  /** A worker's type is text from a span, which may be `constructor`. */
  const ofType = (type: string) => (Object.hasOwn(workers, type) ? (workers[type] ?? []) : []);
  return {
    compose,
    ofType,
    /** The service of a worker: by its address, else the first of its type. */
    at: ({ endpoint, workerType }: WorkerLocation) => serviceAt(endpoint) ?? ofType(workerType ?? '')[0] ?? null,
    isService: (host: string) => serviceNamed(host) !== undefined,
    start: (services: readonly ShellWord[]) => startAll ?? sh`${compose} up -d ${services}`,
    restart: (service: ShellWord) => sh`${compose} restart ${service}`,
    logs: (service: ShellWord) => sh`${compose} logs --tail=200 ${service}`,
  };
}

function pathOf(strategy: string | null): string | null {
  if (strategy === null) return null;
  if (strategy.includes('/')) return strategy.startsWith('-') ? `./${strategy}` : strategy;
  return `strategies/${/\.ya?ml$/.test(strategy) ? strategy : `${strategy}.yaml`}`;
}
