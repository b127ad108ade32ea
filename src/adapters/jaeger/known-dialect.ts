/** Remembers the dialect for a while, so that not every question costs two more requests. */
import { createCache } from '../../jobs/cache.ts';
import type { Clock } from '../../jobs/ports.ts';
import type { Client } from './client.ts';

const KEPT_MS = 10 * 60 * 1000;
const KEY = 'dialect';

type Detection = Awaited<ReturnType<Client['detect']>>;

export interface KnownDialect {
  current(signal: AbortSignal): Promise<Detection>;
  forget(): void;
}

export function rememberDialect(client: Client, api: 'auto' | 'v1' | 'v3', now: Clock): KnownDialect {
  const known = createCache<Detection>({ maxEntries: 1, ttlMs: KEPT_MS, nowMs: () => now() / 1000 });

  async function current(signal: AbortSignal): Promise<Detection> {
    if (api !== 'auto') return { kind: 'dialect', dialect: { api, both: false } };
    let isOwn = false;
    const detected = await known.fetch(KEY, () => {
      isOwn = true;
      return client.detect(signal);
    });
    if (detected.kind === 'dialect') return detected;
    known.delete(KEY);
    // A detection shared with another request ended with that request's time limit, not with this one's.
    const isOver = isOwn || signal.aborted || detected.failure.code !== 'timed-out';
    return isOver ? detected : current(signal);
  }

  return { current, forget: () => known.delete(KEY) };
}
