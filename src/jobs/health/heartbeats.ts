/** The heartbeats by which processes with workers show that they are alive, and who reads them. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Store } from '../ports.ts';
import { cell, textCell } from '../queue/store-cell.ts';

const heartbeatSchema = z.object({
  /** One process, e.g. `host-4711-1f2e`. */
  name: z.string(),
  roles: z.array(z.string()).readonly(),
  /** Queues whose jobs it takes. */
  queues: z.array(z.string()).readonly(),
  version: z.string(),
  startedAtMs: z.number(),
  atMs: z.number(),
  /** When it last took a job; null if it hasn't taken one yet. */
  lastFetchAtMs: z.number().nullable(),
  /** The longest block of its event loop since the previous heartbeat. */
  eventLoopLagMs: z.number(),
  /** Equal in processes with the same `ALERTS`. Earlier versions didn't send it. */
  alerts: z.string().exactOptional(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

export const BEAT_MS = 5_000;
/** A worker that missed four heartbeats counts as lost. The store measures the time, because the clocks of machines differ. */
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

/** Removes the heartbeat on a normal shutdown, so that the worker doesn't count as alive until it expires. */
export async function endBeats(store: Store, name: string): Promise<void> {
  await store.unrank(NAMES, name);
  await HEARTBEAT.delete(store, name);
}

/** The workers that take jobs now, oldest first. */
export async function aliveWorkers(store: Store): Promise<readonly Heartbeat[]> {
  const names = await store.ranked(NAMES, { limit: MOST });
  const beats = await Promise.all(
    names.map(async ({ member }) => {
      const heartbeat = await HEARTBEAT.get(store, member);
      // A worker that is only late adds itself again with its next heartbeat.
      if (heartbeat === null && !(await HEARTBEAT.has(store, member))) await store.unrank(NAMES, member);
      return heartbeat;
    }),
  );
  return beats.filter((heartbeat) => heartbeat !== null);
}

/** A fingerprint by which processes detect that their `ALERTS` differ, regardless of the order of entries and types. */
export function markOfAlerts(alerts: readonly { readonly types: readonly string[] }[]): string {
  const entries = alerts.map((one) => JSON.stringify({ ...one, types: one.types.toSorted() }));
  return createHash('sha256').update(entries.toSorted().join()).digest('hex').slice(0, 12);
}

/** The process that looks for failures uses its own `ALERTS`, so if they differ, a channel gets alerts only sometimes. */
export function sayDifferentAlerts(workers: readonly Pick<Heartbeat, 'alerts'>[], own?: string): string | null {
  const marks = new Set([...workers.map(({ alerts }) => alerts), own].filter((mark) => mark !== undefined));
  return marks.size < 2
    ? null
    : 'Processes on this queue have different ALERTS. Set the same ALERTS everywhere, or some failures aren’t reported.';
}

/** The sentence to show when there are no workers. */
export async function sayAbsent(store: Store): Promise<string> {
  const seen = Number(await LAST_SEEN.get(store, 'any'));
  const since = seen > 0 ? ` since ${new Date(seen).toISOString().slice(0, 19)}Z` : '';
  return `${since === '' ? 'No worker is running' : `No worker has been running${since}`}: start a process with worker in its ROLES.`;
}
