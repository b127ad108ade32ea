/** What differs between ktrdr's deployments: services, projects, hosts, ports, and folders, as its compose files have them. */
import { literal, type ShellWord } from './shell.ts';

export const DEPLOYMENTS = ['local', 'local-prod', 'sandbox', 'homelab'] as const;
export type Deployment = (typeof DEPLOYMENTS)[number];

interface ComposeLayout {
  readonly kind: 'compose';
  /** Its usual project; null where there is none, as for the slots of the sandbox. */
  readonly project: string | null;
  /** Services per worker type, in the order to start them. Null where two layouts share the deployment's name. */
  readonly workers: Readonly<Record<string, readonly ShellWord[]>> | null;
  readonly ports: Readonly<Record<number, ShellWord>>;
}

/** A deployment of containers with fixed names on several hosts. */
interface HostsLayout {
  readonly kind: 'hosts';
  readonly core: ShellWord;
  readonly machines: readonly Machine[];
}

interface Machine {
  readonly host: ShellWord;
  /** What `kinfra deploy workers` calls it. */
  readonly target: string;
  /** Container by the port that it publishes; those without a profile come first. */
  readonly containers: Readonly<Record<number, ShellWord>>;
  /** What to know before selecting a container by this host's name. */
  readonly note: string | null;
}

export const BACKEND = literal('backend');
export const DATABASE = literal('db');

const training = [literal('training-worker-1'), literal('training-worker-2')] as const;
const backtesting = [literal('backtest-worker-1'), literal('backtest-worker-2')] as const;
export const AGENTS = {
  agent_design: [literal('design-agent-1')],
  agent_assessment: [literal('assessment-agent-1')],
} as const;
/** Services of both kinds of sandbox: the stack of a worktree, and the slot of a pool with one worker of each type. */
export const SANDBOX_SERVICES = [
  ...training,
  ...backtesting,
  literal('training-worker'),
  literal('backtest-worker'),
  ...AGENTS.agent_design,
  ...AGENTS.agent_assessment,
] as const;
const ports = { 5003: backtesting[0], 5004: backtesting[1], 5005: training[0], 5006: training[1], 8000: BACKEND };

const workersOfHomelab = {
  5003: backtesting[0],
  5005: training[0],
  5004: backtesting[1],
  5006: training[1],
  5007: literal('backtest-worker-3'),
  5008: literal('training-worker-3'),
};

export const LAYOUTS: Readonly<Record<Deployment, ComposeLayout | HostsLayout>> = {
  local: { kind: 'compose', project: 'ktrdr', workers: { training, backtesting }, ports },
  'local-prod': {
    kind: 'compose',
    project: 'ktrdr-prod',
    workers: { training, backtesting, ...AGENTS },
    ports: { ...ports, 5010: AGENTS.agent_design[0], 5020: AGENTS.agent_assessment[0] },
  },
  // Its ports depend on the slot, and a worker there never registers under them.
  sandbox: { kind: 'compose', project: null, workers: null, ports: {} },
  homelab: {
    kind: 'hosts',
    core: literal('backend.ktrdr.home.mynerd.place'),
    machines: [
      {
        host: literal('workers-b.ktrdr.home.mynerd.place'),
        target: 'workers-b',
        containers: workersOfHomelab,
        note: 'also check workers-c: it registers under this address unless WORKER_HOSTNAME is set there',
      },
      {
        host: literal('workers-c.ktrdr.home.mynerd.place'),
        target: 'workers-c',
        containers: workersOfHomelab,
        note: null,
      },
      {
        host: literal('ktrdr-gpuworker.ktrdr.home.mynerd.place'),
        target: 'gpu',
        containers: { 5005: literal('training-worker-gpu') },
        note: null,
      },
    ],
  },
};
