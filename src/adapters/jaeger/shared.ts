/** What all questions of the process share for a short time. */
import { setMaxListeners } from 'node:events';
import { createCache } from '../../jobs/cache.ts';
import type { Clock } from '../../jobs/ports.ts';
import { type Failed, isFailed, stopped } from './client.ts';

export interface Shared<Good> {
  /** The answer of another question, also of one under way, or that of `ask`. A failure is only for those who wait for it. */
  get(signal: AbortSignal, ask: (signal: AbortSignal) => Promise<Good | Failed>): Promise<Good | Failed>;
  /** As if it had just been answered. */
  keep(answer: Good): void;
  forget(): void;
}

const KEY = 'shared';

export function createShared<Good extends { readonly kind: string }>(
  host: string,
  options: { readonly keptMs: number; readonly now: Clock },
): Shared<Good> {
  const cache = createCache<Good | Failed>({
    maxEntries: 1,
    ttlMs: options.keptMs,
    nowMs: () => options.now() / 1000,
  });

  async function get(
    signal: AbortSignal,
    ask: (signal: AbortSignal) => Promise<Good | Failed>,
  ): Promise<Good | Failed> {
    let isOwn = false;
    const load = () => {
      isOwn = true;
      return ask(signal);
    };
    const answer = await unlessStopped(
      cache.fetch(KEY, load, (loaded) => !isFailed(loaded)),
      signal,
      host,
    );
    // One that is shared with another question ended with that question's time limit, not with this one's.
    const isOthers = !isOwn && !signal.aborted && isFailed(answer) && answer.failure.code === 'timed-out';
    return isOthers ? get(signal, ask) : answer;
  }

  return { get, keep: (answer) => cache.set(KEY, answer), forget: () => cache.delete(KEY) };
}

/** Who stops waiting leaves the others their answer. */
function unlessStopped<Answer>(answer: Promise<Answer>, signal: AbortSignal, host: string): Promise<Answer | Failed> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    // Many requests wait under the same signal, which is no leak.
    setMaxListeners(0, signal);
    const stop = () => resolve(stopped(host, started));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
