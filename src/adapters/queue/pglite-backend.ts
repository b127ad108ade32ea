import {
  type BackendFactory,
  createPostgresBackend,
  DEFAULT_SCHEMA,
  type IQueueBackend,
  runMigrations,
  Worker,
} from 'bullmq';
import type { Logger } from 'pino';
import { QUEUES, type QueueBackend, WORKER_SETTINGS } from '../../jobs/queues.ts';
import { createPgliteStore } from '../store/pglite-store.ts';
import { createPglitePool } from './pglite-pool.ts';
import { createQueueClient } from './queue-client.ts';
import { createHealthProbe } from './queue-health.ts';

export interface PgliteBackendOptions {
  /** Its own; it is created when absent. */
  readonly directory: string;
  readonly description: string;
  readonly log: Logger;
  release(): Promise<void>;
}

/** The queue in this process's own PostgreSQL: needs nothing installed, and nothing else can work on it. */
export async function openPgliteBackend({
  directory,
  description,
  log,
  release,
}: PgliteBackendOptions): Promise<QueueBackend> {
  // Loaded only here, because it is large and servers with a Redis do without it.
  const { PGlite } = await import('@electric-sql/pglite');
  const db = await PGlite.create(directory);
  const pool = createPglitePool(db);
  await runMigrations(await pool.connect(), DEFAULT_SCHEMA);
  await db.exec(`SET search_path TO "${DEFAULT_SCHEMA}"`);

  const factory: BackendFactory<IQueueBackend> = (name, options, more) =>
    createPostgresBackend(name, { ...options, connection: pool }, more);
  const client = createQueueClient(await createPgliteStore(db), factory, log);
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
      await client.close();
      await db.close();
      await release();
    },
  };
}
