/**
 * The right to post in a channel. One process has it at a time, by a lease that every write of an outbox compares. A process
 * that takes it over therefore never meets a post of its predecessor that is still under way.
 */
import { randomUUID } from 'node:crypto';
import type { Lease, Store } from '../ports.ts';

/** How soon after a crash another process can go on. */
export const LEASE_MS = 20_000;
/** The longest that a post takes. Slack's client gives it up after 10 s; the rest is for clocks and a busy process. */
export const POST_MS = 12_000;

/** Another process may have taken the lane over: this one stops without a trace. */
export class LaneLost extends Error {
  constructor(lane: string) {
    super(`The lease of ${lane} is no longer held.`);
  }
}

export interface Lane {
  readonly name: string;
  /** `write` compares the lease, and extends it unless it is young. Throws `LaneLost` when it was not held. */
  write(write: (lease: Lease) => Promise<boolean>): Promise<void>;
  /** Whether a post that begins now is over before the lease is. */
  coversPost(): boolean;
  /** Whether half of the time has passed in which posts may begin. */
  isAging(): boolean;
  release(): Promise<void>;
}

/** Null while another process has it. `now` is in milliseconds, by a clock that is never set back. */
export async function takeLane(
  store: Store,
  name: string,
  now: () => number = () => performance.now(),
): Promise<Lane | null> {
  const lease: Lease = { key: `${name}:holder`, holder: randomUUID(), ttlMs: LEASE_MS };
  // Counted from before each request, so that this clock runs out first.
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
