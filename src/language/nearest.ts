/**
 * The candidate that a word most likely stands for: at most one letter added, missing, wrong, or swapped with its neighbor.
 * An equal candidate wins; among several at one edit, the one that agrees with the word for longest from its start.
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (candidates.includes(word)) return word;
  let best: string | null = null;
  let longest = -1;
  for (const candidate of candidates) {
    const same = commonStart(word, candidate);
    if (same > longest && isOneEditAway(word.slice(same), candidate.slice(same))) {
      best = candidate;
      longest = same;
    }
  }
  return best;
}

function commonStart(left: string, right: string): number {
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  return same;
}

/** For two words that differ in their first letter. */
function isOneEditAway(left: string, right: string): boolean {
  if (Math.abs(left.length - right.length) > 1) return false;
  return (
    left.slice(1) === right.slice(1) ||
    left.slice(1) === right ||
    left === right.slice(1) ||
    (left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2))
  );
}

/** As `nearest`; otherwise the one that the word begins, or that begins the word, or at most two edits away if the word is longer. */
export function closest(word: string, candidates: readonly string[]): string | null {
  const near = nearest(word, candidates);
  if (near !== null || word.length < SHORTEST_START) return near;
  const begun = candidates.find((candidate) => candidate.startsWith(word) || word.startsWith(candidate));
  if (begun !== undefined || word.length < SHORTEST_FAR || word.length > LONGEST_FAR) return begun ?? null;
  return candidates.find((candidate) => editDistance(word, candidate) <= 2) ?? null;
}

/** With shorter words, a common start or two edits say little. */
const SHORTEST_START = 3;
const SHORTEST_FAR = 6;
/** Limits the running time, which grows with the length. */
const LONGEST_FAR = 20;

/** How many letters to add, leave out or change to make one word of the other. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...right].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
