/** Marks a queue as one bot's. Two bots on one queue would take each other's requests and reply in the wrong Slack. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnusableQueue } from './queue-errors.ts';

export interface OwnerKey {
  /** False when a value exists. */
  setIfAbsent(value: string): Promise<boolean>;
  get(): Promise<string | null>;
  /** A sentence that says what to do when the queue belongs to another bot. */
  readonly advice: string;
}

const RETRY_MS = 1000;

/**
 * Claims the queue, or checks the earlier claim. Retries while the queue is unreachable. `identity` is the same for all
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

/** The value in the queue that marks it as owned by the bot with this identity. */
export function ownerNamed(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 32);
}
