/**
 * Damerau–Levenshtein distance in its "optimal string alignment" form: insertions, deletions, substitutions and swaps
 * of neighbours each cost 1 (Damerau 1964). O(|a|·|b|) time.
 */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, beforePrevious[j - 2]! + 1);
      row.push(best);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length]!;
}

/** A longer word can hold more typing errors, so about a third of its letters may differ before it is another word. */
const farthest = (name: string): number => Math.max(1, Math.ceil(name.length / 3));

/** A name longer than this was never a misspelling; it bounds the time spent on hostile input. */
const NAME_LENGTH_MAX = 64;

/** The known name a person most likely meant, or undefined if none is near. Case, `-` and `_` do not count. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length > NAME_LENGTH_MAX) return undefined;
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, "");
  let best: string | undefined;
  let bestDistance = farthest(plain(name)) + 1;
  for (const candidate of known) {
    const distance = editDistance(plain(name), plain(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}
