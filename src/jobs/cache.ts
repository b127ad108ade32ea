/** An LRU cache with an optional time to live. */
import { LRUCache } from 'lru-cache';

export interface CacheOptions {
  readonly maxEntries: number;
  readonly ttlMs?: number;
  /** Milliseconds from any start. */
  readonly nowMs?: () => number;
}

export interface Cache<Value extends NonNullable<unknown>> {
  get(key: string): Value | undefined;
  /** `ttlMs` replaces the one of the cache for this entry. */
  set(key: string, value: Value, ttlMs?: number): void;
  delete(key: string): void;
  clear(): void;
  /** Keys of the kept entries, most recently used first. */
  keys(): readonly string[];
  /**
   * The kept value, or what `load` resolves to. Concurrent misses share one load. A rejection isn't kept, nor is a value for
   * which `isKept` is false: only the callers that waited get it.
   */
  fetch(key: string, load: () => Promise<Value>, isKept?: (value: Value) => boolean): Promise<Value>;
}

export function createCache<Value extends NonNullable<unknown>>(options: CacheOptions): Cache<Value> {
  const { maxEntries, ttlMs = 0, nowMs = () => Date.now() } = options;
  const entries = new LRUCache<string, Value, () => Promise<Value>>({
    max: maxEntries,
    ttl: ttlMs,
    // For lru-cache the time 0 means that an entry doesn't expire.
    perf: { now: () => nowMs() + 1 },
    // Otherwise the time is read once per millisecond, by a timer that an injected clock doesn't know.
    ttlResolution: 0,
    fetchMethod: (_key, _stale, { context: load }) => load(),
    // An entry that is deleted or pushed out while it loads still reaches those who wait for it.
    ignoreFetchAbort: true,
  });
  return {
    get: (key) => entries.get(key),
    set: (key, value, ttl = ttlMs) => void entries.set(key, value, { ttl }),
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
    keys: () => [...entries.keys()],
    async fetch(key, load, isKept = () => true) {
      const value = await entries.forceFetch(key, { context: load });
      // By now the entry may be a newer one.
      if (!isKept(value) && entries.peek(key) === value) entries.delete(key);
      return value;
    },
  };
}
