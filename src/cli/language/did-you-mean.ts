/** So many characters of one name are enough to mean it. */
const ABBREVIATION_MIN = 2;
/** Beyond this no name is meant; it also bounds the work a hostile line can cause. */
const LENGTH_MAX = 32;

/**
 * The one candidate that begins with `word`; else the one that takes the fewest edits to reach from it; of equals the one that begins most like it, then the
 * first. undefined when none is near.
 */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > LENGTH_MAX) return undefined;
  const begun = word.length < ABBREVIATION_MIN ? [] : candidates.filter((candidate) => candidate.startsWith(word));
  if (begun.length === 1) return begun[0];
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  let bestShared = 0;
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate);
    const isNear = distance <= Math.max(word.length, candidate.length) / 2;
    const shared = sharedLength(word, candidate);
    if (isNear && (distance < bestDistance || (distance === bestDistance && shared > bestShared))) {
      best = candidate;
      bestDistance = distance;
      bestShared = shared;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment, Damerau 1964). */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const replaced = (last[column - 1] ?? 0) + (isSame ? 0 : 1);
      const swapped = row > 1 && column > 1 && isSwap ? (beforeLast[column - 2] ?? 0) + 1 : replaced;
      current.push(Math.min(replaced, swapped, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}

/** How many first characters are the same. */
function sharedLength(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return length;
}
