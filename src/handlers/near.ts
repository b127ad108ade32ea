/** The candidate that a word most likely meant: at most one letter added, missing, wrong, or swapped with its neighbour. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  return candidates.find((candidate) => withinOneEdit(word, candidate)) ?? null;
}

function withinOneEdit(left: string, right: string): boolean {
  if (Math.abs(left.length - right.length) > 1) return false;
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  const restOfLeft = left.slice(same);
  const restOfRight = right.slice(same);
  return (
    restOfLeft.slice(1) === restOfRight.slice(1) ||
    restOfLeft.slice(1) === restOfRight ||
    restOfLeft === restOfRight.slice(1) ||
    (restOfLeft[0] === restOfRight[1] &&
      restOfLeft[1] === restOfRight[0] &&
      restOfLeft.slice(2) === restOfRight.slice(2))
  );
}
