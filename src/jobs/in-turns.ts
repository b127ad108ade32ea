/** Runs at most `width` at a time. The results are in the order of the items. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  width: number,
  run: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const rest = items.entries();
  async function work(): Promise<void> {
    for (const [index, item] of rest) results[index] = await run(item);
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
  return results;
}
