/** What differs between ktrdr's deployments: service names, ports, and how containers are started and read. */
import type { ShellCommand } from '../finding.ts';
import { sh } from '../shell.ts';

export const DEPLOYMENTS = ['local', 'sandbox', 'homelab'] as const;
export type Deployment = (typeof DEPLOYMENTS)[number];

export interface Layout {
  /** Compose services per worker type, in the order to start them. */
  readonly workers: Readonly<Record<string, readonly string[]>>;
  /** Compose service that listens on a port of the host. */
  readonly ports: Readonly<Record<number, string>>;
  start(services: readonly string[]): ShellCommand;
  restart(service: string): ShellCommand;
  logs(service: string): ShellCommand;
  /** The settings of a service for its database; never the password. */
  databaseSettings(service: string): ShellCommand;
  tracingSettings(service: string): ShellCommand;
}

const compose = {
  start: (services: readonly string[]) => sh`docker compose up -d ${services}`,
  restart: (service: string) => sh`docker compose restart ${service}`,
  logs: (service: string) => sh`docker compose logs --tail=200 ${service}`,
  databaseSettings: (service: string) => sh`docker compose exec ${service} env | grep '^KTRDR_DB_' | grep -v PASSWORD`,
  tracingSettings: (service: string) => sh`docker compose exec ${service} env | grep -i otlp`,
};

export const LAYOUTS: Readonly<Record<Deployment, Layout>> = {
  local: {
    ...compose,
    workers: {
      training: ['training-worker-1', 'training-worker-2'],
      backtesting: ['backtest-worker-1', 'backtest-worker-2'],
    },
    ports: {
      5003: 'backtest-worker-1',
      5004: 'backtest-worker-2',
      5005: 'training-worker-1',
      5006: 'training-worker-2',
      8000: 'backend',
    },
  },
  sandbox: {
    workers: {
      training: ['training-worker-1', 'training-worker-2'],
      backtesting: ['backtest-worker-1', 'backtest-worker-2'],
      agent_design: ['design-agent-1'],
      agent_assessment: ['assessment-agent-1'],
    },
    // Worker ports depend on the sandbox's slot; only the agents' are fixed.
    ports: { 5010: 'design-agent-1', 5020: 'assessment-agent-1' },
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
      training: ['training-worker-1', 'training-worker-2', 'training-worker-3'],
      backtesting: ['backtest-worker-1', 'backtest-worker-2', 'backtest-worker-3'],
    },
    ports: {
      5003: 'backtest-worker-1',
      5004: 'backtest-worker-2',
      5007: 'backtest-worker-3',
      5005: 'training-worker-1',
      5006: 'training-worker-2',
      5008: 'training-worker-3',
      8000: 'backend',
    },
  },
};
