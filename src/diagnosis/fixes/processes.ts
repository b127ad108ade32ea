/** The container of the process that ran an operation, and commands that inspect it, or find it first. */
import type { WorkerLocation } from '../facts/workers.ts';
import type { Fix, ShellCommand } from '../finding.ts';
import { workerName } from '../words.ts';
import { AGENTS } from './deployment.ts';
import { inspects, type Look, lookAt, withItsName } from './make.ts';
import { literal, type ShellWord, sh } from './shell.ts';
import type { Container, Stack } from './stack.ts';

/** How many lines of the log; its end is what matters. */
const LAST_LINES = 200;

export const LOOKS = {
  worker: { label: 'Read the worker’s log', reading: 'The last lines show what it was doing, or how it ended.' },
  backend: { label: 'Read the backend’s log', reading: 'Go to the time of the failure.' },
  database: {
    label: 'Read the database’s log',
    reading: 'It’s running if the last line is “ready to accept connections”.',
  },
} as const satisfies Record<string, Look>;

export function logsOf(container: Container, look: Look): Fix {
  return lookAt(container, look, logsIn);
}

export function logsIn(name: ShellWord): ShellCommand {
  return sh`docker logs --tail ${LAST_LINES} ${name}`;
}

/** The container of a worker, by its address or because it is the only one of its type; else that of the backend, which runs or calls everything else. */
export function containerOf(stack: Stack, { endpoint, workerType }: WorkerLocation): Container | null {
  if (endpoint !== null) return stack.at(endpoint);
  if (workerType === null) return null;
  const [only, ...others] = stack.ofType(workerType);
  const hasNoAgents = only === undefined && Object.hasOwn(AGENTS, workerType) && stack.deployment !== 'sandbox';
  if (hasNoAgents || RUN_BY_BACKEND.test(workerType)) return stack.backend;
  return only !== undefined && others.length === 0 ? only : null;
}

const RUN_BY_BACKEND = /^(?:data_load|dummy|agent_research)$/;

/** A command for the container of a process; if the address shows no container, one that lists the possible ones. */
export function looksAt(stack: Stack) {
  return (process: WorkerLocation, look: Look, make: (name: ShellWord) => ShellCommand): Fix => {
    const container = containerOf(stack, process);
    if (container !== null) return lookAt(container, look, make);
    const { workerType } = process;
    const label = `Find the container of that ${workerType === null ? '' : `${workerName(workerType)} `}worker`;
    return inspects(label, withItsName(make, look.reading), statesIn(stack, workerType));
  };
}

/** Containers of all workers if the type is unknown. */
export function statesIn({ deployment, project }: Stack, workerType: string | null): ShellCommand {
  if (deployment === 'homelab') return sh`uv run kinfra deploy status all`;
  const filter =
    workerType !== null && Object.hasOwn(CONTAINERS, workerType) ? CONTAINERS[workerType] : literal('name=worker');
  return project === null
    ? sh`docker ps -a --filter ${filter ?? []}`
    : sh`docker ps -a --filter label=com.docker.compose.project=${project} --filter ${filter ?? []}`;
}

export const CONTAINERS: Readonly<Record<string, ShellWord>> = {
  training: literal('name=training-worker'),
  backtesting: literal('name=backtest-worker'),
  agent_design: literal('name=design-agent'),
  agent_assessment: literal('name=assessment-agent'),
};
