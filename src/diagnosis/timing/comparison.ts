/** Whether a time is longer than usual, judged by few samples: the test with the fewest false alarms among several. */

/** One earlier length, and the amount of work (usually rows); null when it is unknown. */
export interface Sample {
  readonly length: number;
  readonly work: number | null;
}

export interface Comparison {
  readonly n: number;
  readonly median: number;
  /** The 95th percentile of twenty or more samples, else the longest. */
  readonly high: number;
  readonly ratio: number;
  readonly slower: boolean;
}

/** With fewer samples nothing is compared. */
export const MIN_SAMPLES = 5;
export const CONFIDENT_SAMPLES = 20;

const LEAST_Z = 2;
const LEAST_RATIO = 1.5;
/** Deviations below a tenth are noise, however constant the samples. */
const LEAST_SPREAD = 0.1;
/** Amounts of work closer than this factor don't show how time grows with them. */
const APART = 1.5;
/** Neighbors further apart than this factor belong to different modes: cached or downloaded, say. */
const MODES_APART = 2;
/** A time nearly as long as the longest seen doesn't count as longer: deviations of twice the least spread are noise. */
const BEYOND = Math.exp(LEAST_Z * LEAST_SPREAD);

/** Null with fewer than five samples. Their lengths are first brought to the same amount of work. */
export function compare(one: Sample, samples: readonly Sample[]): Comparison | null {
  if (samples.length < MIN_SAMPLES) return null;
  const lengths = atSameWork(one, samples).sort((a, b) => a - b);
  const n = lengths.length;
  const median = middle(lengths);
  const high = (n >= CONFIDENT_SAMPLES ? lengths[Math.ceil(0.95 * n) - 1] : lengths[n - 1]) ?? median;
  const ratio = median > 0 ? one.length / median : 1;
  const logs = lengths.map(logOf);
  const center = middle(logs);
  const spread = 1.4826 * middle(logs.map((log) => Math.abs(log - center)).sort((a, b) => a - b));
  const z = (logOf(one.length) - center) / Math.max(spread, LEAST_SPREAD);
  const rank = (1 + lengths.filter((length) => length >= one.length).length) / (n + 1);
  const isLongest = one.length > BEYOND * high && rank <= Math.max(0.05, 1 / (n + 1));
  return { n, median, high, ratio, slower: z > LEAST_Z && ratio > LEAST_RATIO && isLongest };
}

/**
 * The positions of the samples in its mode: those that lead up to it without a gap, by length at the same amount of work. All
 * samples if it is alone.
 */
export function modeOf(one: Sample, samples: readonly Sample[]): readonly number[] {
  const lengths = atSameWork(one, samples);
  const isApart = (shorter: number, longer: number) => longer > MODES_APART * shorter;
  const ascending = [...lengths.keys()].sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
  const linked = (positions: readonly number[], isGap: (from: number, to: number) => boolean) => {
    const gap = positions.findIndex((at, i) => isGap(lengths[positions[i - 1] ?? -1] ?? one.length, lengths[at] ?? 0));
    return gap < 0 ? positions : positions.slice(0, gap);
  };
  const longer = ascending.filter((at) => (lengths[at] ?? 0) > one.length);
  const shorter = ascending.filter((at) => (lengths[at] ?? 0) <= one.length).reverse();
  const mode = [...linked(longer, isApart), ...linked(shorter, (from, to) => isApart(to, from))];
  return mode.length === 0 ? ascending : mode;
}

function atSameWork(one: Sample, samples: readonly Sample[]): number[] {
  const growth = growthOf(one, samples);
  return samples.map(({ length, work }) =>
    work === null || one.work === null ? length : length * (one.work / work) ** growth,
  );
}

/**
 * The power of the work that time grows with: 0 not at all, 1 in proportion. Learned from the samples, because reading a
 * file takes as long for few rows as for many and a simulation does not; when the samples don't show it, the assumption that makes an alarm less likely.
 */
function growthOf(one: Sample, samples: readonly Sample[]): number {
  const slopes: number[] = [];
  for (const [i, a] of samples.entries())
    for (const b of samples.slice(i + 1)) {
      if (a.work === null || b.work === null || Math.max(a.work / b.work, b.work / a.work) < APART) continue;
      slopes.push((logOf(a.length) - logOf(b.length)) / Math.log(a.work / b.work));
    }
  if (slopes.length === 0) return samples.some(({ work }) => work !== null && work < (one.work ?? 0)) ? 1 : 0;
  return Math.min(1, Math.max(0, middle(slopes.sort((a, b) => a - b))));
}

function middle(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? half - 1 : half], sorted[half]];
  return (low + high) / 2;
}

/** Times below one microsecond count as equal. */
function logOf(length: number): number {
  return Math.log(Math.max(1, length));
}
