/**
 * The right to post in a channel. One process has it at a time, by a lease that every write of an outbox compares. So when
 * another process takes over, no post of its predecessor can still be in progress.
 */
import { randomUUID } from 'node:crypto';
import type { Lease, Store } from '../ports.ts';

/** How soon after a crash another process can go on. */
export const LEASE_MS = 20_000;
/**
 * The longest time that a post can take. Slack's client times out after 10 s; the rest allows for clock drift and a busy
 * process.
 */
export const POST_MS = 12_000;

/** Another process may have taken over the lane, so this one stops without writing anything. */
export class LaneLost extends Error {
  constructor(lane: string) {
    super(`The lease of ${lane} is no longer held.`);
  }
}

export interface Lane {
  readonly name: string;
  /** `write` compares the lease, and extends it unless it is young. Throws `LaneLost` when it was not held. */
  write(write: (lease: Lease) => Promise<boolean>): Promise<void>;
  /** Whether a post that starts now would end before the lease does. */
  coversPost(): boolean;
  /** Whether half of the time in which posts may start has passed. */
  isAging(): boolean;
  release(): Promise<void>;
}

/** Null while another process holds it. `now` is in milliseconds, from a monotonic clock. */
export async function takeLane(
  store: Store,
  name: string,
  now: () => number = () => performance.now(),
): Promise<Lane | null> {
  const lease: Lease = { key: `${name}:holder`, holder: randomUUID(), ttlMs: LEASE_MS };
  // Measured from before each request, so that it expires here before it expires in the store.
  let extendedAt = now();
  const ageMs = () => now() - extendedAt;
  const isAging = () => ageMs() >= (LEASE_MS - POST_MS) / 2;
  if (!(await store.setIfAbsent(lease.key, lease.holder, lease.ttlMs))) return null;
  return {
    name,
    async write(write) {
      const before = now();
      const needsExtension = isAging();
      if (!(await write({ ...lease, needsExtension }))) throw new LaneLost(name);
      if (needsExtension) extendedAt = before;
    },
    coversPost: () => ageMs() < LEASE_MS - POST_MS,
    isAging,
    release: () => store.release(lease),
  };
}
