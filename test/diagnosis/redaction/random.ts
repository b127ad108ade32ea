/** Numbers that look random and are the same for the same seed (mulberry32). */
export interface Random {
  readonly pick: <Item>(items: readonly Item[]) => Item;
  readonly text: (length: number, alphabet: string) => string;
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(next() * items.length)];
    if (item === undefined) throw new Error('There is nothing to pick.');
    return item;
  };
  return { pick, text: (length, alphabet) => Array.from({ length }, () => pick([...alphabet])).join('') };
}
