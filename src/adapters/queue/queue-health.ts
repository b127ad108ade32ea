/** Checks whether the queue takes writes, by writing, and what its server reports about itself. */
import { inTime } from '../../jobs/health/in-time.ts';
import { QUEUES, type QueueClient, type QueueHealth } from '../../jobs/queue/queues.ts';
import { DISK_IS_FULL } from './pglite/disk-room.ts';
import { isDiskFull, reasonOf } from './queue-errors.ts';
import type { ServerState } from './redis/info.ts';

const COUNTED = ['waiting', 'active', 'delayed', 'failed', 'prioritized'] as const;
const WRITTEN_KEY = 'probe:write';
const WRITTEN_TTL_MS = 10_000;
const LIMIT_MS = 1_500;

/** Human-readable reasons by the first word of Redis's error replies while it takes no writes. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['READONLY', 'it is a read-only replica. Set REDIS_URL to the primary'],
  ['OOM', 'its memory is full'],
  ['MISCONF', 'it can’t save its data to disk'],
  ['LOADING', 'it is still loading its data'],
  ['NOREPLICAS', 'it has too few replicas'],
  ['MASTERDOWN', 'it is a replica without its primary'],
  ['NOAUTH', 'it requires a password'],
  ['WRONGPASS', 'it rejects the password'],
  ['NOPERM', 'its user can’t write'],
]);

interface Server {
  stateOfServer(): Promise<ServerState>;
  /** Why there is no connection, in a few words; null when there is one. */
  reason(): string | null;
}

/** Counting the jobs of all queues takes about 30 commands, and the counts needn't be exact to the second. */
const COUNTED_EVERY_MS = 10_000;

/** The check never rejects, and takes at most two seconds. */
export function createQueueCheck(client: QueueClient, server: Server): () => Promise<QueueHealth> {
  let counted: QueueHealth['queues'] = {};
  let countedAt = Number.NEGATIVE_INFINITY;
  async function counts(): Promise<QueueHealth['queues']> {
    if (performance.now() - countedAt < COUNTED_EVERY_MS) return counted;
    counted = await countJobs(client);
    countedAt = performance.now();
    return counted;
  }
  return () => checkQueue(client, server, counts);
}

async function checkQueue(
  client: QueueClient,
  { stateOfServer, reason }: Server,
  counts: () => Promise<QueueHealth['queues']>,
): Promise<QueueHealth> {
  const written = client.store.set(WRITTEN_KEY, new Date().toISOString(), WRITTEN_TTL_MS);
  // A server that takes no writes may still report why, and a Redis user without permission to ask can still use the queue.
  const [refusal, server, queues] = await Promise.all([
    inTime(written, LIMIT_MS).then(
      () => null,
      (error: unknown) => whyNotWritten(error, reason()),
    ),
    inTime(stateOfServer(), LIMIT_MS).catch((): ServerState => ({ works: true, problems: [] })),
    inTime(counts(), LIMIT_MS).catch(() => ({})),
  ]);
  // A set, because both can report the same problem.
  const problems = new Set([...(refusal === null ? [] : [refusal]), ...server.problems]);
  return { ok: refusal === null && server.works, problems: [...problems], queues };
}

async function countJobs(client: QueueClient): Promise<QueueHealth['queues']> {
  const counted = QUEUES.map(async (name) => [name, await client.queue(name).getJobCounts(...COUNTED)] as const);
  return Object.fromEntries(await Promise.all(counted));
}

function whyNotWritten(error: unknown, outage: string | null): string {
  if (isDiskFull(error)) return DISK_IS_FULL;
  const said = reasonOf(error);
  // After such an error the connection is reopened, and the next command finds none, so the outage log is checked too.
  const code = [said, outage ?? ''].map((text) => text.split(' ', 1)[0] ?? '').find((word) => REFUSALS.has(word));
  const refusal = code === undefined ? undefined : REFUSALS.get(code);
  if (refusal !== undefined) return `Redis rejects writes (${code}): ${refusal}.`;
  if (outage !== null) return `The queue isn’t responding (${outage}).`;
  if (said.includes('enableOfflineQueue')) return 'The queue isn’t responding (no connection).';
  return `The queue rejects writes (${said}).`;
}
