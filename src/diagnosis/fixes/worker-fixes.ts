/** Checks of workers' containers, and changes to them. */
import { addressOf, type Endpoint, endpointOf, isOwnHost } from '../facts/endpoints.ts';
import type { Facts } from '../facts/index.ts';
import type { WorkerLocation } from '../facts/workers.ts';
import type { Fix } from '../finding.ts';
import { workerName } from '../words.ts';
import { advice, at, type FixMaker, inspects, type Look, looks, restart, start, withNote } from './make.ts';
import { CONTAINERS, containerOf, LOOKS, logsIn, logsOf, looksAt, statesIn } from './processes.ts';
import { sh } from './shell.ts';
import type { Container, Stack } from './stack.ts';

/** A worker ignores the signal to stop, so docker waits for all of its grace period. */
const RESTART_TAKES = 'it takes up to 30 s';

export function workerFixes(stack: Stack, make: FixMaker, facts: Facts) {
  const { workers: list } = facts.case;
  const container = (worker: WorkerLocation) => containerOf(stack, worker);
  const isRegistered = ({ name, host }: Container) =>
    (list ?? []).some(({ endpointUrl }) => {
      const known = container(locationAt(endpointUrl));
      return known?.name === name && known.host === host;
    });
  /** What else a restart would kill, by the worker list. */
  const victimAt = (endpoint: Endpoint | null): string => {
    const worker = list?.find(({ endpointUrl }) => endpoint !== null && addressAt(endpointUrl) === addressOf(endpoint));
    const running = make.wordsOf([worker?.currentOperationId ?? null])?.[0];
    return running === undefined
      ? 'kills whatever the worker is running'
      : `kills ${running}, which the worker is running`;
  };
  const look = looksAt(stack);
  return {
    /** Uses the command line if only the sandbox knows the address of its API. */
    listWorkers: () => {
      const list = { label: 'List the workers', reading: 'Shows each worker’s type, status, and current operation.' };
      const otherwise = looks('List the workers with /api/v1/workers of the ktrdr API.');
      return stack.api === null
        ? make.ktrdrFix([], otherwise, (ktrdr) => inspects(list.label, list.reading, sh`${ktrdr} workers`))
        : make.apiFix(list, '/api/v1/workers', otherwise);
    },
    workerStates: (workerType: string) => showStates(stack, workerType),
    /** Starts what has stopped: the first of a type, or all on its machine. */
    startWorkers(workerType: string, which: 'first' | 'all' = 'first'): Fix {
      const [first, ...rest] = stack.ofType(workerType);
      if (first === undefined) return noneOf(stack, workerType);
      const others = which === 'all' ? rest.filter(({ host }) => host === first.host) : [];
      return startNew([first, ...others], `Start a ${workerName(workerType)} worker`);
    },
    /** A worker that isn't registered, or the next one if the list of workers is unknown. */
    addWorker(workerType: string, running: number): Fix {
      const all = stack.ofType(workerType);
      const next = list === null ? all[running] : all.find((one) => !isRegistered(one));
      return next === undefined
        ? noneOf(stack, workerType)
        : startNew([next], `Start another ${workerName(workerType)} worker`);
    },
    workerLogs: (worker: WorkerLocation) =>
      look(worker, container(worker) === stack.backend ? LOOKS.backend : LOOKS.worker, logsIn),
    /** Null if the deployment has no such agent. */
    agentLogs(kind: 'design' | 'assessment'): Fix | null {
      const [agent] = stack.ofType(`agent_${kind}`);
      const { reading } = LOOKS.worker;
      return agent === undefined ? null : logsOf(agent, { label: `Read the ${kind} agent’s log`, reading });
    },
    restartWorker(worker: WorkerLocation): Fix {
      const found = container(worker);
      const effect = `${RESTART_TAKES} and ${victimAt(worker.endpoint)}`;
      return found === null
        ? advice(`Restart the container of that worker${whichOf(stack, worker)}; ${effect}.`)
        : restart(found, 'Restart the worker', effect);
    },
    /** Only for a stopped container: it has no effect on a running one. */
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
  const look = looksAt(stack);
  return {
    /** Null if the address at which it listens is unknown. */
    workerHealth({ endpoint, workerType }: WorkerLocation): Fix | null {
      const health: Look = {
        label: 'Check the worker’s health',
        reading: 'No response means it’s hung or stopped.',
      };
      if (endpoint === null) return null;
      const { port } = endpoint;
      const isReachable = stack.at(endpoint) === null && !isOwnHost(endpoint);
      if (port !== null && !isReachable)
        return look(
          { endpoint, workerType },
          health,
          (name) => sh`docker exec ${name} curl -s http://localhost:${port}/health`,
        );
      return fixOf([`http://${addressOf(endpoint)}/health`], looks('Check the worker’s /health endpoint.'), (url) =>
        inspects(health.label, health.reading, sh`curl -s ${url}`),
      );
    },
    /** For all containers on that worker's machine; null if the machine is unknown. */
    containerLoad(worker: WorkerLocation = workers.location): Fix | null {
      const host = containerOf(stack, worker)?.host ?? null;
      if (stack.deployment === 'homelab' && host === null) return null;
      return inspects(
        'Show CPU usage there',
        'Each row is a container; 100% is one core.',
        at(host, sh`docker stats --no-stream`),
      );
    },
    /** From the worker's own container, with its network and its proxy. */
    reach(host: string, worker: WorkerLocation = workers.location): Fix {
      const label = `Check that it can reach ${host}`;
      const reading = 'Any HTTP status means that it can. An error shows what’s wrong.';
      return fixOf([`https://${host}`], looks(`${label}.`), (url) =>
        look(worker, { label, reading }, (name) => sh`docker exec ${name} curl -sSI ${url}`),
      );
    },
    /** Whether docker saw the container killed for memory, its last exit status, and how often it was restarted. */
    memoryKills: (worker: WorkerLocation = workers.location) =>
      look(
        worker,
        {
          label: 'Check for out-of-memory kills',
          reading: '“true” means an out-of-memory kill. “false exit 137” means something else killed it.',
        },
        (name) =>
          sh`docker inspect -f '{{.State.OOMKilled}} exit {{.State.ExitCode}} restarts {{.RestartCount}}' ${name}`,
      ),
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

function noneOf(stack: Stack, workerType: string): Fix {
  const { deployment } = stack;
  if (deployment === 'sandbox' && Object.hasOwn(CONTAINERS, workerType)) return showStates(stack, workerType);
  const name = workerName(workerType);
  if (stack.ofType(workerType).length === 0)
    return advice(`Start a ${name} worker wherever this ktrdr has one: the “${deployment}” deployment has none.`);
  const need = deployment === 'homelab' ? ': it needs the scale-2 profile and the database secrets' : '';
  return advice(`This deployment has no other ${name} worker to start${need}.`);
}

function showStates(stack: Stack, workerType: string): Fix {
  const name = Object.hasOwn(CONTAINERS, workerType) ? `${workerName(workerType)} ` : '';
  const label = stack.deployment === 'homelab' ? 'Show running containers' : `Show the ${name}workers’ containers`;
  return inspects(label, 'Use docker start to start a stopped one.', statesIn(stack, workerType));
}
