/** What can be looked at and done at the backend, the database, and the volumes that all processes share. */
import type { Facts } from '../facts/index.ts';
import type { WorkerLocation } from '../facts/workers.ts';
import type { Fix } from '../finding.ts';
import { advice, at, type FixMaker, inspects, lookAt, start, withNote } from './make.ts';
import { sh } from './shell.ts';
import type { Container, Stack } from './stack.ts';
import { containersOf } from './worker-fixes.ts';

const WORKER_TYPES = /^(?:training|backtesting|agent_design|agent_assessment)$/;

export function serviceFixes(stack: Stack, { apiFix }: FixMaker, { workers }: Facts) {
  const { deployment, backend, database } = stack;
  const ofWorker = containersOf(stack);
  const isHomelab = deployment === 'homelab';
  /** Of the worker, or of the backend, which runs everything that no worker runs. */
  const ofProcess = (process: WorkerLocation): Container | null =>
    ofWorker(process) ??
    (process.endpoint === null && process.workerType !== null && !WORKER_TYPES.test(process.workerType)
      ? backend
      : null);
  const logs = (container: Container, label: string) =>
    lookAt(container, label, label, (name) => sh`docker logs --tail 200 ${name}`);
  return {
    backendLogs: () => logs(backend, "Read the backend's log"),
    startBackend: () => start([backend], 'Start the backend, if it has stopped'),
    backendHealth: () =>
      apiFix('Ask for the backend’s health', '/api/v1/health', 'Ask the backend’s /api/v1/health whether it lives.'),
    databaseLogs: () => logs(database, "Read the database's log"),
    startDatabase: () => start([database], 'Start the database, if it has stopped'),
    /** Never the password. */
    databaseSettings: (process: WorkerLocation) =>
      lookAt(
        ofProcess(process),
        'Show the database settings of that process',
        'Show the KTRDR_DB_* variables of that process, without the password.',
        (name) => sh`docker exec ${name} env | grep '^KTRDR_DB_' | grep -v PASSWORD`,
      ),
    tracingSettings: () =>
      lookAt(
        backend,
        'Show the tracing settings of the backend',
        'Show the OTLP variables of the backend.',
        (name) => sh`docker exec ${name} env | grep -i otlp`,
      ),
    migrate: () => migrationIn(deployment, backend),
    /** The volume is the same for all processes of a deployment. */
    diskSpace: (process: WorkerLocation = workers.location): Fix => {
      const container = ofProcess(process) ?? backend;
      const label = 'Show the free space of the volume';
      return isHomelab && container.host !== null
        ? inspects(label, at(container.host, sh`df -h /mnt/ktrdr_data`))
        : lookAt(container, label, label, (name) => sh`docker exec ${name} df -h /app/data /app/models`);
    },
    /** What docker itself keeps on the disk of that process's machine. */
    dockerSpace: (process: WorkerLocation = workers.location): Fix => {
      const host = isHomelab ? (ofProcess(process)?.host ?? null) : null;
      return isHomelab && host === null
        ? advice('Run docker system df on the host of that process: it shows what Docker keeps on the disk.')
        : inspects('Show what Docker keeps on the disk', at(host, sh`docker system df`));
    },
    /** Source, destination, and whether it can be written, of each. */
    mounts: (process: WorkerLocation = workers.location) =>
      lookAt(
        ofProcess(process),
        'Show what is mounted into the container',
        'Show with docker inspect what is mounted into the container of that process.',
        (name) =>
          sh`docker inspect -f '{{range .Mounts}}{{.Source}} -> {{.Destination}} rw={{.RW}}{{println}}{{end}}' ${name}`,
      ),
  };
}

function migrationIn(deployment: Stack['deployment'], { name, host, note }: Container): Fix {
  const label = 'Create the tables of the database';
  if (name === null) return advice(`${label}: run alembic upgrade head in the container of the backend.`);
  const command =
    deployment === 'homelab'
      ? sh`docker exec ${name} python -m alembic upgrade head`
      : sh`docker exec ${name} /app/.venv/bin/alembic upgrade head`;
  const slot =
    'a slot of the pool has no migrations in its containers: there, run uv run alembic upgrade head in the worktree, with KTRDR_DB_PORT';
  return {
    kind: 'command',
    label: withNote(label, deployment === 'sandbox' ? slot : note),
    command: at(host, command),
    effect: 'changes',
  };
}
