/** Statistics for a shared machine: what is compared is measured in turns, and medians are taken of all rounds. */

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Nearest rank; `share` from 0 to 1. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export interface Pair {
  /** Median of the rounds' own ratios: neighbours in time suffer from the same noise. */
  readonly ratio: number;
  readonly ours: number;
  readonly theirs: number;
}

/** Each round measures both, in alternating order. */
export async function inTurns(
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<Pair> {
  const own: number[] = [];
  const other: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) own.push(await ours());
    other.push(await theirs());
    if (round % 2 === 1) own.push(await ours());
  }
  const ratio = median(own.map((value, round) => value / (other[round] ?? Number.NaN)));
  return { ratio, ours: median(own), theirs: median(other) };
}

export function ms(value: number): string {
  return value >= 100 ? `${value.toFixed(0)} ms` : `${value.toFixed(value >= 10 ? 1 : 2)} ms`;
}
