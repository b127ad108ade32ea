import { QUEUES, type QueueClient, type QueueHealth } from '../../jobs/queue/queues.ts';
import type { ServerState } from './redis/info.ts';

/** A queue without work for this long has lost its workers, or they have lost their connection without noticing. */
const UNATTENDED_MS = 60_000;
const COUNTED = ['waiting', 'active', 'delayed', 'failed'] as const;

/** Keeps the time since when jobs wait while none runs, which a single check cannot show. */
export function createHealthProbe() {
  const unattendedSince = new Map<string, number>();

  function unattended(name: string, counts: Readonly<Record<string, number>>): string | null {
    const waiting = counts['waiting'] ?? 0;
    if (waiting === 0 || (counts['active'] ?? 0) > 0) {
      unattendedSince.delete(name);
      return null;
    }
    const since = unattendedSince.get(name) ?? Date.now();
    unattendedSince.set(name, since);
    const seconds = Math.round((Date.now() - since) / 1000);
    return seconds * 1000 < UNATTENDED_MS
      ? null
      : `${waiting} jobs wait in "${name}" and no worker has taken one for ${seconds} s: start a worker (ROLES), or restart it.`;
  }

  return {
    async check(client: QueueClient, stateOfServer: () => Promise<ServerState>): Promise<QueueHealth> {
      try {
        const server = await stateOfServer();
        const problems = [...server.problems];
        let isAttended = true;
        const counted: Record<string, Record<string, number>> = {};
        for (const name of QUEUES) {
          const counts = await client.queue(name).getJobCounts(...COUNTED);
          counted[name] = counts;
          const problem = unattended(name, counts);
          if (problem === null) continue;
          isAttended = false;
          problems.push(problem);
        }
        return { ok: server.works && isAttended, problems, queues: counted };
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        const reason = said.includes('enableOfflineQueue') ? 'there is no connection to it' : said;
        return { ok: false, problems: [`The queue does not answer (${reason}).`], queues: {} };
      }
    },
  };
}
