/** Shares responses that several rows of a search need, so that each is requested once. */
import { type CacheOptions, createCache } from '../cache.ts';
import type { Clock, KtrdrApi, TraceAnswer, TraceSource } from '../ports.ts';

export interface AskedSources {
  readonly traces: TraceSource;
  readonly ktrdr: KtrdrApi | null;
}

/** Shorter than the wait before a second reading of a record, which must come with a list of workers of the same moment. */
const WORKERS_TTL_MS = 1000;
const MAX_ENTRIES = 500;

/** `signal` ends the shared requests, so that one row can't end those of another. */
export function sharedSources(
  { traces, ktrdr, clock }: AskedSources & { readonly clock: Clock },
  signal: AbortSignal,
): AskedSources {
  const services = asking<Awaited<ReturnType<TraceSource['services']>>>();
  const found = asking<TraceAnswer>();
  const workers = asking<Awaited<ReturnType<KtrdrApi['workers']>>>({
    ttlMs: WORKERS_TTL_MS,
    nowMs: () => clock() / 1000,
  });
  return {
    traces: {
      ...traces,
      services: () => services('', () => traces.services(signal)),
      findOperation: (id, window, _signal, known) =>
        found(JSON.stringify([id, window]), () => traces.findOperation(id, window, signal, known)),
      getTrace: (id) => found(id, () => traces.getTrace(id, signal)),
    },
    ktrdr: ktrdr === null ? null : { ...ktrdr, workers: () => workers('', () => ktrdr.workers(signal)) },
  };
}

/** Keeps responses but retries failures. */
function asking<Answer extends { readonly kind: string }>(times: Omit<CacheOptions, 'maxEntries'> = {}) {
  const cache = createCache<Answer>({ maxEntries: MAX_ENTRIES, ...times });
  return (key: string, ask: () => Promise<Answer>): Promise<Answer> =>
    cache.fetch(key, ask, ({ kind }) => kind !== 'unavailable');
}
