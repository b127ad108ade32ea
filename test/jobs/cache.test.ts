import { describe, expect, it } from 'vitest';
import { createCache } from '../../src/jobs/cache.ts';

/** A load that ends when the test wants. */
function pending() {
  let resolve = (_value: string) => {};
  const promise = new Promise<string>((settle) => {
    resolve = settle;
  });
  return { load: () => promise, resolve: (value: string) => resolve(value) };
}

describe('a cache', () => {
  it('keeps an entry for its time, by the clock that is given', () => {
    let nowMs = 0;
    const cache = createCache<string>({ maxEntries: 10, ttlMs: 60_000, nowMs: () => nowMs });
    cache.set('a', 'kept');
    cache.set('b', 'kept', 5000);
    nowMs += 5001;
    expect([cache.get('a'), cache.get('b')]).toEqual(['kept', undefined]);
    nowMs += 60_000;
    expect(cache.get('a')).toBeUndefined();
  });

  it('lets the least recently used entry go', () => {
    const cache = createCache<string>({ maxEntries: 2 });
    cache.set('a', 'first');
    cache.set('b', 'second');
    cache.get('a');
    cache.set('c', 'third');
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['first', undefined, 'third']);
  });

  it('loads once for all who ask meanwhile, and not again until the time is over', async () => {
    let nowMs = 0;
    let loads = 0;
    const cache = createCache<string>({ maxEntries: 10, ttlMs: 60_000, nowMs: () => nowMs });
    const one = pending();
    const load = () => {
      loads += 1;
      return one.load();
    };
    const asked = Promise.all([cache.fetch('a', load), cache.fetch('a', load)]);
    one.resolve('loaded');
    expect(await asked).toEqual(['loaded', 'loaded']);
    expect(await cache.fetch('a', load)).toBe('loaded');
    expect(loads).toBe(1);
    nowMs += 60_001;
    await cache.fetch('a', load);
    expect(loads).toBe(2);
  });

  it('keeps no rejection', async () => {
    const cache = createCache<string>({ maxEntries: 10, ttlMs: 60_000 });
    await expect(cache.fetch('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await cache.fetch('a', async () => 'back')).toBe('back');
  });

  it.each(['deleted', 'pushed out'])('gives those who wait the value of an entry that is %s meanwhile', async (how) => {
    const cache = createCache<string>({ maxEntries: 1, ttlMs: 60_000 });
    const one = pending();
    const asked = cache.fetch('a', one.load);
    if (how === 'deleted') cache.delete('a');
    else cache.set('b', 'other');
    one.resolve('loaded');
    expect(await asked).toBe('loaded');
    expect(cache.get('a')).toBeUndefined();
  });
});
