/** A response that all requests in the process share for a short time. */
import { setMaxListeners } from 'node:events';
import { createCache } from '../../jobs/cache.ts';
import type { Clock } from '../../jobs/ports.ts';
import { type Failed, isFailed, stopped } from './client.ts';

export interface Shared<Good> {
  /** The response that another request got or is waiting for, or else the one from `ask`. Failures aren't kept. */
  get(signal: AbortSignal, ask: (signal: AbortSignal) => Promise<Good | Failed>): Promise<Good | Failed>;
  /** Keeps this response as if it had just arrived. */
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
    // A shared call ends at the time limit of the request that started it, not at this one's.
    const isOthers = !isOwn && !signal.aborted && isFailed(answer) && answer.failure.code === 'timed-out';
    return isOthers ? get(signal, ask) : answer;
  }

  return { get, keep: (answer) => cache.set(KEY, answer), forget: () => cache.delete(KEY) };
}

/** Stops waiting when the signal aborts, without ending the call for the others that share it. */
function unlessStopped<Answer>(answer: Promise<Answer>, signal: AbortSignal, host: string): Promise<Answer | Failed> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    // Many requests share this signal, so Node's warning about a listener leak would be wrong.
    setMaxListeners(0, signal);
    const stop = () => resolve(stopped(host, started));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
