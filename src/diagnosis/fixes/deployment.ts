/** What differs between ktrdr's deployments: service names, ports, and how containers are started and read. */
import type { ShellCommand } from '../finding.ts';
import { literal, type ShellWord, sh } from './shell.ts';

export const DEPLOYMENTS = ['local', 'sandbox', 'homelab'] as const;
export type Deployment = (typeof DEPLOYMENTS)[number];

export interface Layout {
  /** Compose services per worker type, in the order to start them. */
  readonly workers: Readonly<Record<string, readonly ShellWord[]>>;
  /** Compose service that listens on a port of the host. */
  readonly ports: Readonly<Record<number, ShellWord>>;
  start(services: readonly ShellWord[]): ShellCommand;
  restart(service: ShellWord): ShellCommand;
  logs(service: ShellWord): ShellCommand;
  /** The settings of a service for its database; never the password. */
  databaseSettings(service: ShellWord): ShellCommand;
  tracingSettings(service: ShellWord): ShellCommand;
}

const compose = {
  start: (services: readonly ShellWord[]) => sh`docker compose up -d ${services}`,
  restart: (service: ShellWord) => sh`docker compose restart ${service}`,
  logs: (service: ShellWord) => sh`docker compose logs --tail=200 ${service}`,
  databaseSettings: (service: ShellWord) =>
    sh`docker compose exec ${service} env | grep '^KTRDR_DB_' | grep -v PASSWORD`,
  tracingSettings: (service: ShellWord) => sh`docker compose exec ${service} env | grep -i otlp`,
};

export const LAYOUTS: Readonly<Record<Deployment, Layout>> = {
  local: {
    ...compose,
    workers: {
      training: [literal('training-worker-1'), literal('training-worker-2')],
      backtesting: [literal('backtest-worker-1'), literal('backtest-worker-2')],
    },
    ports: {
      5003: literal('backtest-worker-1'),
      5004: literal('backtest-worker-2'),
      5005: literal('training-worker-1'),
      5006: literal('training-worker-2'),
      8000: literal('backend'),
    },
  },
  sandbox: {
    workers: {
      training: [literal('training-worker-1'), literal('training-worker-2')],
      backtesting: [literal('backtest-worker-1'), literal('backtest-worker-2')],
      agent_design: [literal('design-agent-1')],
      agent_assessment: [literal('assessment-agent-1')],
    },
    // Worker ports depend on the sandbox's slot; only the agents' are fixed.
    ports: { 5010: literal('design-agent-1'), 5020: literal('assessment-agent-1') },
    // The sandbox is started as a whole: `docker compose up` is ruled out there.
    start: () => sh`uv run kinfra sandbox up`,
    restart: (service) => sh`docker compose -f docker-compose.sandbox.yml restart ${service}`,
    logs: (service) => sh`docker compose -f docker-compose.sandbox.yml logs --tail=200 ${service}`,
    databaseSettings: (service) =>
      sh`docker compose -f docker-compose.sandbox.yml exec ${service} env | grep '^KTRDR_DB_' | grep -v PASSWORD`,
    tracingSettings: (service) => sh`docker compose -f docker-compose.sandbox.yml exec ${service} env | grep -i otlp`,
  },
  homelab: {
    ...compose,
    workers: {
      training: [literal('training-worker-1'), literal('training-worker-2'), literal('training-worker-3')],
      backtesting: [literal('backtest-worker-1'), literal('backtest-worker-2'), literal('backtest-worker-3')],
    },
    ports: {
      5003: literal('backtest-worker-1'),
      5004: literal('backtest-worker-2'),
      5007: literal('backtest-worker-3'),
      5005: literal('training-worker-1'),
      5006: literal('training-worker-2'),
      5008: literal('training-worker-3'),
      8000: literal('backend'),
    },
  },
};
