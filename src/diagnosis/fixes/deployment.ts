/** What differs between ktrdr's deployments: how containers are addressed, service names, and ports. */
import type { ShellCommand } from '../finding.ts';
import { literal, type ShellWord, sh } from './shell.ts';

export const DEPLOYMENTS = ['local', 'sandbox', 'homelab'] as const;
export type Deployment = (typeof DEPLOYMENTS)[number];

interface Layout {
  /** What every Docker Compose command of this deployment begins with. */
  readonly compose: readonly ShellWord[];
  /** Starts all services, where single ones must not be started; null elsewhere. */
  readonly startAll: ShellCommand | null;
  /** Compose services per worker type, in the order to start them. */
  readonly workers: Readonly<Record<string, readonly ShellWord[]>>;
  /** Compose service that listens on a port of the host. */
  readonly ports: Readonly<Record<number, ShellWord>>;
}

const compose = [literal('docker'), literal('compose')];
const training = [literal('training-worker-1'), literal('training-worker-2')] as const;
const backtesting = [literal('backtest-worker-1'), literal('backtest-worker-2')] as const;
const ports = {
  5003: backtesting[0],
  5004: backtesting[1],
  5005: training[0],
  5006: training[1],
  8000: literal('backend'),
};

export const LAYOUTS: Readonly<Record<Deployment, Layout>> = {
  local: { compose, startAll: null, workers: { training, backtesting }, ports },
  sandbox: {
    compose: [...compose, literal('-f'), literal('docker-compose.sandbox.yml')],
    startAll: sh`uv run kinfra sandbox up`,
    workers: {
      training,
      backtesting,
      agent_design: [literal('design-agent-1')],
      agent_assessment: [literal('assessment-agent-1')],
    },
    // Worker ports depend on the sandbox's slot; only the agents' are fixed.
    ports: { 5010: literal('design-agent-1'), 5020: literal('assessment-agent-1') },
  },
  homelab: {
    compose,
    startAll: null,
    workers: {
      training: [...training, literal('training-worker-3')],
      backtesting: [...backtesting, literal('backtest-worker-3')],
    },
    ports: { ...ports, 5007: literal('backtest-worker-3'), 5008: literal('training-worker-3') },
  },
};
