import type { PGlite } from '@electric-sql/pglite';
import {
  type BackendFactory,
  createPostgresBackend,
  DEFAULT_SCHEMA,
  type IQueueBackend,
  runMigrations,
  Worker,
} from 'bullmq';
import type { Logger } from 'pino';
import { QUEUES, type QueueBackend, WORKER_SETTINGS } from '../../../jobs/queue/queues.ts';
import { createQueueClient } from '../queue-client.ts';
import { createHealthProbe } from '../queue-health.ts';
import { logUnreadable } from '../unreadable-log.ts';
import { createPglitePool } from './pool.ts';
import { createPgliteStore } from './store.ts';

export interface PgliteBackendOptions {
  /** Exists, and is used by nothing else. */
  readonly directory: string;
  readonly description: string;
  readonly log: Logger;
  release(): Promise<void>;
}

const SWEEP_MS = 10 * 60_000;

/** The queue in this process's own PostgreSQL: needs nothing installed, and nothing else can work on it. */
export async function openPgliteBackend({
  directory,
  description,
  log,
  release,
}: PgliteBackendOptions): Promise<QueueBackend> {
  const db = await createDatabase(directory);
  const pool = createPglitePool(db);
  await runMigrations(await pool.connect(), DEFAULT_SCHEMA);
  await db.exec(`SET search_path TO "${DEFAULT_SCHEMA}"`);

  const factory: BackendFactory<IQueueBackend> = (name, options, more) =>
    createPostgresBackend(name, { ...options, connection: pool }, more);
  const store = await createPgliteStore(db, logUnreadable(log));
  const client = createQueueClient(store, factory, log);
  const sweep = setInterval(() => {
    store.deleteExpired().catch((err: unknown) => log.warn({ err }, 'could not delete expired values'));
  }, SWEEP_MS).unref();
  const probe = createHealthProbe();

  return {
    kind: 'postgres',
    describe: () => description,
    front: client,
    back: client,
    worker(name, processor, settings) {
      const worker = new Worker(name, processor, { connection: {}, ...WORKER_SETTINGS, ...settings }, factory);
      worker.on('error', (err) => log.warn({ queue: name, err }, 'worker'));
      return worker;
    },
    onReady: (listener) => listener(),
    health() {
      const queues = new Map(QUEUES.map((name) => [name, client.queue(name)]));
      return probe.check(queues, async () => ({ works: true, problems: [] }));
    },
    async close() {
      clearInterval(sweep);
      await client.close();
      await db.close();
      await release();
    },
  };
}

/** The package is loaded only here, because it is large and servers with a Redis do without it. */
export async function createDatabase(directory: string): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite');
  return PGlite.create(directory);
}
