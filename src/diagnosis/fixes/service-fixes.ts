/** Checks of the backend, the database, and the volumes that all processes share, and changes to them. */
import type { Facts } from '../facts/index.ts';
import type { WorkerLocation } from '../facts/workers.ts';
import type { Fix } from '../finding.ts';
import { advice, at, type FixMaker, inspects, lookAt, looks, start, withNote } from './make.ts';
import { containerOf, LOOKS, logsOf, looksAt } from './processes.ts';
import { literal, type ShellWord, sh } from './shell.ts';
import type { Container, Stack } from './stack.ts';

export function serviceFixes(stack: Stack, { apiFix }: FixMaker, { workers }: Facts) {
  const { deployment, backend, database } = stack;
  const isHomelab = deployment === 'homelab';
  const lookAtProcess = looksAt(stack);
  return {
    backendLogs: () => logsOf(backend, LOOKS.backend),
    startBackend: () => start([backend], 'Start the backend, if it has stopped'),
    backendHealth: () =>
      apiFix(
        { label: 'Check the backend’s health', reading: 'No response means it isn’t running.' },
        '/api/v1/health',
        looks('Check the backend’s /api/v1/health endpoint.'),
      ),
    databaseLogs: () => logsOf(database, LOOKS.database),
    startDatabase: () => start([database], 'Start the database, if it has stopped'),
    /** Never the password. */
    databaseSettings: (process: WorkerLocation) =>
      lookAtProcess(
        process,
        {
          label: 'Show the database settings of that process',
          reading: 'They must match the backend’s.',
        },
        (name) => sh`docker exec ${name} env | grep '^KTRDR_DB_' | grep -v PASSWORD`,
      ),
    tracingSettings: () =>
      lookAt(
        backend,
        {
          label: 'Show the tracing settings of the backend',
          reading: 'The endpoint must be this Jaeger’s collector.',
        },
        (name) => sh`docker exec ${name} env | grep -i otlp`,
      ),
    migrations: () =>
      lookAt(
        backend,
        {
          label: 'Show the schema version',
          reading: 'No version means there are no tables. Without “(head)”, they’re outdated.',
        },
        (name) => sh`docker exec ${name} ${alembicIn(deployment)} current`,
      ),
    migrate: () => migrationIn(deployment, backend),
    /** The volume is the same for all processes of a deployment. */
    diskSpace: (process: WorkerLocation = workers.location): Fix => {
      const container = containerOf(stack, process) ?? backend;
      const look = { label: 'Show the free space of the volume', reading: '“100%” means full.' };
      return isHomelab && container.host !== null
        ? inspects(look.label, look.reading, at(container.host, sh`df -h /mnt/ktrdr_data`))
        : lookAt(container, look, (name) => sh`docker exec ${name} df -h /app/data /app/models`);
    },
    dockerSpace: (process: WorkerLocation = workers.location) => dockerSpaceOf(stack, process),
    /** The source, destination, and writability of each volume. */
    mounts: (process: WorkerLocation = workers.location) =>
      lookAtProcess(
        process,
        {
          label: 'Show the container’s mounts',
          reading: 'A folder that isn’t listed isn’t shared; “rw=false” is read-only.',
        },
        (name) =>
          sh`docker inspect -f '{{range .Mounts}}{{.Source}} -> {{.Destination}} rw={{.RW}}{{println}}{{end}}' ${name}`,
      ),
  };
}

function migrationIn(deployment: Stack['deployment'], { name, host, note }: Container): Fix {
  const label = 'Create the database tables';
  if (name === null) return advice(`${label}: run alembic upgrade head in the backend’s container.`);
  const slot =
    'containers of a pool slot have no migrations: there, run uv run alembic upgrade head in the worktree, with KTRDR_DB_PORT';
  return {
    kind: 'command',
    label: withNote(label, deployment === 'sandbox' ? slot : note),
    command: at(host, sh`docker exec ${name} ${alembicIn(deployment)} upgrade head`),
    effect: 'changes',
  };
}

function alembicIn(deployment: Stack['deployment']): readonly ShellWord[] {
  return deployment === 'homelab'
    ? [literal('python'), literal('-m'), literal('alembic')]
    : [literal('/app/.venv/bin/alembic')];
}

/** What Docker itself keeps on the disk of that process's machine. */
function dockerSpaceOf(stack: Stack, process: WorkerLocation): Fix {
  const isHomelab = stack.deployment === 'homelab';
  const host = isHomelab ? (containerOf(stack, process)?.host ?? null) : null;
  return isHomelab && host === null
    ? looks('Run docker system df on the host of that process to see Docker’s disk usage.')
    : inspects('Show Docker’s disk usage', 'RECLAIMABLE shows how much can be freed.', at(host, sh`docker system df`));
}
