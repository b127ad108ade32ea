/** The heartbeats by which processes with workers show that they are alive, and who reads them. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Store } from '../ports.ts';
import { cell, textCell } from '../queue/store-cell.ts';

const heartbeatSchema = z.object({
  /** One process, e.g. `host-4711-1f2e`. */
  name: z.string(),
  roles: z.array(z.string()).readonly(),
  /** Whose jobs it takes. */
  queues: z.array(z.string()).readonly(),
  version: z.string(),
  startedAtMs: z.number(),
  atMs: z.number(),
  /** When it last took a job; null when it took none yet. */
  lastFetchAtMs: z.number().nullable(),
  /** The longest that its event loop was blocked since the heartbeat before. */
  eventLoopLagMs: z.number(),
  /** Equal in processes with the same `ALERTS`. Earlier versions didn't say it. */
  alerts: z.string().exactOptional(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

export const BEAT_MS = 5_000;
/** A worker that missed four heartbeats counts as gone. The store measures it, because clocks of machines differ. */
const LIFE_MS = 4 * BEAT_MS;
const MOST = 1_000;
/** A ranked set of names by the time of their start. */
const NAMES = 'workers';

const HEARTBEAT = cell<string, Heartbeat>({
  schema: heartbeatSchema,
  key: (name) => `heartbeat:${name}`,
  ttlMs: LIFE_MS,
});
const LAST_SEEN = textCell<'any'>({ key: (any) => `worker-seen:${any}` });

/** To be called every `BEAT_MS`. */
export async function beat(store: Store, heartbeat: Heartbeat): Promise<void> {
  await HEARTBEAT.set(store, heartbeat.name, heartbeat);
  await store.rank(NAMES, heartbeat.name, heartbeat.startedAtMs);
  await LAST_SEEN.set(store, 'any', String(heartbeat.atMs));
}

/** A worker that ends in order isn't missed for the rest of its last heartbeat's life. */
export async function endBeats(store: Store, name: string): Promise<void> {
  await store.unrank(NAMES, name);
  await HEARTBEAT.delete(store, name);
}

/** Those that take jobs now, oldest first. */
export async function aliveWorkers(store: Store): Promise<readonly Heartbeat[]> {
  const names = await store.ranked(NAMES, { limit: MOST });
  const beats = await Promise.all(
    names.map(async ({ member }) => {
      const heartbeat = await HEARTBEAT.get(store, member);
      // One that is only late ranks itself again with its next heartbeat.
      if (heartbeat === null && !(await HEARTBEAT.has(store, member))) await store.unrank(NAMES, member);
      return heartbeat;
    }),
  );
  return beats.filter((heartbeat) => heartbeat !== null);
}

/** By which processes see that their `ALERTS` differ: the order of entries and types makes no difference. */
export function markOfAlerts(alerts: readonly { readonly types: readonly string[] }[]): string {
  const entries = alerts.map((one) => JSON.stringify({ ...one, types: one.types.toSorted() }));
  return createHash('sha256').update(entries.toSorted().join()).digest('hex').slice(0, 12);
}

/** Whoever looks for failures uses its own `ALERTS`, so that with different ones a channel is told only sometimes. */
export function sayDifferentAlerts(workers: readonly Pick<Heartbeat, 'alerts'>[], own?: string): string | null {
  const marks = new Set([...workers.map(({ alerts }) => alerts), own].filter((mark) => mark !== undefined));
  return marks.size < 2
    ? null
    : 'Processes on this queue have different ALERTS. Set the same ALERTS everywhere, or some failures aren’t reported.';
}

/** The sentence for when there are none. */
export async function sayAbsent(store: Store): Promise<string> {
  const seen = Number(await LAST_SEEN.get(store, 'any'));
  const since = seen > 0 ? ` since ${new Date(seen).toISOString().slice(0, 19)}Z` : '';
  return `${since === '' ? 'No worker is running' : `No worker has been running${since}`}: start a process with worker in its ROLES.`;
}
