/** Whether the queue takes writes, tried by writing; and what its server says about itself. */
import { QUEUES, type QueueClient, type QueueHealth } from '../../jobs/queue/queues.ts';
import type { ServerState } from './redis/info.ts';

const COUNTED = ['waiting', 'active', 'delayed', 'failed', 'prioritized'] as const;
const WRITTEN_KEY = 'probe:write';
const WRITTEN_TTL_MS = 10_000;

/** The first word of what Redis answers while it takes no writes, as a reason for people. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['READONLY', 'it is a read-only replica; REDIS_URL has to lead to the primary'],
  ['OOM', 'its memory is full'],
  ['MISCONF', 'it can’t save its data to disk'],
  ['LOADING', 'it is still loading its data'],
  ['NOREPLICAS', 'it has too few replicas'],
  ['MASTERDOWN', 'it is a replica without its primary'],
  ['NOAUTH', 'it asks for a password'],
  ['WRONGPASS', 'it refuses the password'],
  ['NOPERM', 'its user may not write'],
]);

/** Never rejects. Takes as long as the client waits for an answer. */
export async function checkQueue(client: QueueClient, stateOfServer: () => Promise<ServerState>): Promise<QueueHealth> {
  // A server that takes no writes may still say why, and a user without the right to ask can still use the queue.
  const [refusal, server, queues] = await Promise.all([
    client.store.set(WRITTEN_KEY, new Date().toISOString(), WRITTEN_TTL_MS).then(() => null, whyNotWritten),
    stateOfServer().catch((): ServerState => ({ works: true, problems: [] })),
    countJobs(client).catch(() => ({})),
  ]);
  const problems = [...(refusal === null ? [] : [refusal]), ...server.problems];
  return { ok: refusal === null && server.works, problems, queues };
}

async function countJobs(client: QueueClient): Promise<QueueHealth['queues']> {
  const counted = QUEUES.map(async (name) => [name, await client.queue(name).getJobCounts(...COUNTED)] as const);
  return Object.fromEntries(await Promise.all(counted));
}

function whyNotWritten(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const [code = ''] = said.split(' ', 1);
  const reason = REFUSALS.get(code);
  if (reason !== undefined) return `Redis takes no writes (${code}): ${reason}.`;
  if (said.includes('enableOfflineQueue')) return 'The queue does not answer (there is no connection to it).';
  return `The queue does not take writes (${said}).`;
}
