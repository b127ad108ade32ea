import type { Store } from '../../../src/jobs/ports.ts';

export interface RecordingStore extends Store {
  /** What was written, with how long it is kept, in milliseconds. */
  readonly written: ReadonlyMap<string, number | undefined>;
  /** The keys among those that still have a value, in alphabetical order. */
  left(): Promise<readonly string[]>;
}

/** The same store, which remembers the keys that were written through it. */
export function recording(store: Store): RecordingStore {
  const written = new Map<string, number | undefined>();
  return {
    ...store,
    written,
    set(key, value, ttlMs) {
      written.set(key, ttlMs);
      return store.set(key, value, ttlMs);
    },
    setIfAbsent(key, value, ttlMs) {
      written.set(key, ttlMs);
      return store.setIfAbsent(key, value, ttlMs);
    },
    append(list, value, ttlMs, most) {
      written.set(list, ttlMs);
      return store.append(list, value, ttlMs, most);
    },
    async left() {
      const keys = [...written.keys()].toSorted();
      const kept = await Promise.all(
        keys.map(
          async (key) =>
            (await store.get(key).catch(() => null)) !== null || (await store.list(key).catch(() => [])).length > 0,
        ),
      );
      return keys.filter((_, i) => kept[i]);
    },
  };
}
