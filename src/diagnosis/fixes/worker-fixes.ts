/** What can be looked at and done at the containers of workers. */
import { addressOf, type Endpoint, endpointOf, isOwnHost } from '../facts/endpoints.ts';
import type { Facts } from '../facts/index.ts';
import type { WorkerLocation } from '../facts/workers.ts';
import type { Fix } from '../finding.ts';
import { workerName } from '../words.ts';
import { advice, type FixMaker, inspects, lookAt, restart, start, withNote } from './make.ts';
import { literal, type ShellWord, sh } from './shell.ts';
import type { Container, Stack } from './stack.ts';

/** Of the log, where the end is what matters. */
const LAST_LINES = 200;
/** A worker ignores the signal to stop, so docker waits for all of its grace period. */
const RESTART_TAKES = 'it takes up to 30 s';

export function workerFixes(stack: Stack, make: FixMaker, facts: Facts) {
  const { workers: list } = facts.case;
  const container = containersOf(stack);
  const isRegistered = ({ name, host }: Container) =>
    (list ?? []).some(({ endpointUrl }) => {
      const known = container(locationAt(endpointUrl));
      return known?.name === name && known.host === host;
    });
  /** What else a restart would kill, by the worker list. */
  const victimAt = (endpoint: Endpoint | null): string => {
    const worker = list?.find(({ endpointUrl }) => endpoint !== null && addressAt(endpointUrl) === addressOf(endpoint));
    const running = make.wordsOf([worker?.currentOperationId ?? null])?.[0];
    return running === undefined ? 'kills what runs on it' : `kills ${running}, which it holds`;
  };
  const logOf = (worker: WorkerLocation, label: string, otherwise: string) =>
    lookAt(container(worker), label, otherwise, (name) => sh`docker logs --tail ${LAST_LINES} ${name}`);
  return {
    listWorkers: () =>
      make.apiFix('List the workers', '/api/v1/workers', 'List the workers: ask the ktrdr API for /api/v1/workers.'),
    workerStates: (workerType: string) => statesIn(stack, workerType),
    /** Starts what has stopped: the first of a type, or all on its machine. */
    startWorkers(workerType: string, which: 'first' | 'all' = 'first'): Fix {
      const [first, ...rest] = stack.ofType(workerType);
      if (first === undefined) return noneOf(stack, workerType);
      const others = which === 'all' ? rest.filter(({ host }) => host === first.host) : [];
      return startNew([first, ...others], `Start a ${workerName(workerType)} worker`);
    },
    /** One that isn't registered, or the next one where no list of the workers is known. */
    addWorker(workerType: string, running: number): Fix {
      const all = stack.ofType(workerType);
      const next = list === null ? all[running] : all.find((one) => !isRegistered(one));
      return next === undefined
        ? noneOf(stack, workerType)
        : startNew([next], `Start one more ${workerName(workerType)} worker`);
    },
    workerLogs: (worker: WorkerLocation) =>
      logOf(worker, "Read the worker's log", `Read the log of the worker that ran it${whichOf(stack, worker)}.`),
    agentLogs: (kind: 'design' | 'assessment') =>
      logOf(
        { endpoint: null, workerType: `agent_${kind}` },
        `Read the ${kind} agent's log`,
        `Read the ${kind} agent's log where that agent runs: this deployment has no service for it.`,
      ),
    restartWorker(worker: WorkerLocation): Fix {
      const found = container(worker);
      const effect = `${RESTART_TAKES} and ${victimAt(worker.endpoint)}`;
      return found === null
        ? advice(`Restart the container of that worker${whichOf(stack, worker)}; ${effect}.`)
        : restart(found, 'Restart the worker', effect);
    },
    /** Only for one that has stopped: it does nothing to one that runs. */
    startWorkerAt(worker: WorkerLocation): Fix {
      const found = container(worker);
      return found === null
        ? advice(`Start the container of that worker again if it has stopped${whichOf(stack, worker)}.`)
        : start([found], 'Start the worker, if it has stopped');
    },
    ...looksAtWorkers(stack, make, facts),
  };
}

function looksAtWorkers(stack: Stack, { fixOf }: FixMaker, { workers }: Facts) {
  const container = containersOf(stack);
  return {
    workerHealth({ endpoint, workerType }: WorkerLocation): Fix {
      const label = "Ask for the worker's health";
      const askWorker = 'Ask the worker’s /health address whether it lives.';
      const found = container({ endpoint, workerType });
      if (endpoint === null) return advice(askWorker);
      if (found !== null && endpoint.port !== null) {
        const { port } = endpoint;
        return lookAt(
          found,
          label,
          askWorker,
          (name) => sh`docker exec ${name} curl -s http://localhost:${port}/health`,
        );
      }
      if (isOwnHost(endpoint)) return advice(askWorker);
      return fixOf([`http://${addressOf(endpoint)}/health`], askWorker, (url) => inspects(label, sh`curl -s ${url}`));
    },
    /** Whether docker saw the container killed for memory, its last exit status, and how often it was restarted. */
    memoryKills: (worker: WorkerLocation = workers.location) =>
      lookAt(
        container(worker),
        'Was it killed for memory?',
        'Ask docker inspect for State.OOMKilled of the worker’s container: true means that it was killed for memory.',
        (name) =>
          sh`docker inspect -f '{{.State.OOMKilled}} exit {{.State.ExitCode}} restarts {{.RestartCount}}' ${name}`,
      ),
  };
}

/** The container of a worker, by its address; without one only where there is but one of its type. */
export function containersOf({ at, ofType }: Stack) {
  return ({ endpoint, workerType }: WorkerLocation): Container | null => {
    if (endpoint !== null) return at(endpoint);
    const [only, ...others] = ofType(workerType ?? '');
    return only !== undefined && others.length === 0 ? only : null;
  };
}

function locationAt(endpointUrl: string | null): WorkerLocation {
  return { endpoint: endpointUrl === null ? null : endpointOf(endpointUrl), workerType: null };
}

function addressAt(endpointUrl: string | null): string | null {
  const { endpoint } = locationAt(endpointUrl);
  return endpoint === null ? null : addressOf(endpoint);
}

/** For a sentence: `: ktrdr-training-worker-1-1 or ktrdr-training-worker-2-1`. */
function whichOf({ ofType }: Stack, { workerType }: WorkerLocation): string {
  const names = ofType(workerType ?? '').map(({ name, service, host }) =>
    host === null ? (name ?? service) : `${service} on ${host.split('.')[0]}`,
  );
  return names.length === 0 ? '' : ` (${names.join(' or ')})`;
}

function startNew(containers: readonly [Container, ...Container[]], label: string): Fix {
  const [{ creation }] = containers;
  return start(containers, withNote(label, creation && `if it was never created: ${creation}`));
}

function noneOf({ deployment, ...stack }: Stack, workerType: string): Fix {
  if (deployment === 'sandbox' && Object.hasOwn(CONTAINERS, workerType))
    return statesIn({ deployment, ...stack }, workerType);
  const need = deployment === 'homelab' ? ': it needs the profile scale-2 and the secrets of the database' : '';
  return advice(`This deployment has no further ${workerName(workerType)} worker to start${need}.`);
}

function statesIn({ deployment, project }: Stack, workerType: string): Fix {
  if (deployment === 'homelab') return inspects('Show which containers run', sh`uv run kinfra deploy status all`);
  const name = Object.hasOwn(CONTAINERS, workerType) ? CONTAINERS[workerType] : undefined;
  const filter = name ?? literal('name=worker');
  return inspects(
    `Show the ${name === undefined ? '' : `${workerName(workerType)} `}workers’ containers: docker start starts one that has stopped`,
    project === null
      ? sh`docker ps -a --filter ${filter}`
      : sh`docker ps -a --filter label=com.docker.compose.project=${project} --filter ${filter}`,
  );
}

const CONTAINERS: Readonly<Record<string, ShellWord>> = {
  training: literal('name=training-worker'),
  backtesting: literal('name=backtest-worker'),
  agent_design: literal('name=design-agent'),
  agent_assessment: literal('name=assessment-agent'),
};
