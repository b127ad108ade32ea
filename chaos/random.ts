/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  /** The list must not be empty. */
  pick<Item>(list: readonly Item[]): Item;
  shuffled<Item>(list: readonly Item[]): readonly Item[];
  /** One whose numbers do not depend on how many are taken of this one afterwards. */
  fork(): Random;
}

/** Mulberry32; `seed` is an integer of 32 bits. */
export function createRandom(seed: number): Random {
  let state = seed | 0;

  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  return {
    next,
    between: (from, to) => from + next() * (to - from),
    chance: (probability) => next() < probability,
    pick(list) {
      const item = list[Math.floor(next() * list.length)];
      if (item === undefined) throw new Error('There is nothing to pick from.');
      return item;
    },
    shuffled: (list) =>
      list
        .map((item) => ({ item, rank: next() }))
        .toSorted((a, b) => a.rank - b.rank)
        .map(({ item }) => item),
    fork: () => createRandom(Math.floor(next() * 2 ** 32)),
  };
}
