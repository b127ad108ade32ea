/** Two bots on one queue would answer each other's questions, each in the other's Slack. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnusableQueue } from './queue-errors.ts';

export interface OwnerKey {
  /** False when there is a value already. */
  setIfAbsent(value: string): Promise<boolean>;
  get(): Promise<string | null>;
  /** A sentence on what to do when the queue belongs to another. */
  readonly advice: string;
}

const RETRY_MS = 1000;

/**
 * Writes whose the queue is, or compares, and tries again while the queue is unreachable. `identity` is the same for all
 * processes of one bot and differs between Slack apps. Aborts `unusable` and rejects when the queue belongs to another.
 */
export async function claimOnceThere(
  identity: string,
  key: OwnerKey,
  { unusable, closing }: { readonly unusable: AbortController; readonly closing: AbortSignal },
): Promise<void> {
  const mine = ownerNamed(identity);
  for (;;) {
    const owner = await (async () => ((await key.setIfAbsent(mine)) ? mine : key.get()))().catch(() => null);
    if (owner === mine) return;
    if (owner !== null) {
      unusable.abort(new UnusableQueue(`The queue belongs to another Slack app. ${key.advice}`));
      throw unusable.signal.reason;
    }
    await sleep(RETRY_MS, undefined, { signal: closing });
  }
}

/** What stands in the queue for the bot of this identity. */
export function ownerNamed(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 32);
}
