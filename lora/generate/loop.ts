/** The longest piece whose repetition counts as a loop, in tokens: longer ones are verses and lists. */
const PIECE_MAX = 8;
const REPEATS_MIN = 4;

/**
 * Whether a reply has got stuck: its last `length` tokens are one piece over and over, four times at least. Small models do
 * that, and a module trained too far; no penalty on single tokens reliably leads them out again.
 */
export function isLooping(ids: readonly number[], length: number): boolean {
  for (let piece = 1; piece <= PIECE_MAX; piece++) {
    const span = Math.max(length, piece * REPEATS_MIN);
    if (ids.length >= span && repeatsBy(piece, ids, span)) return true;
  }
  return false;
}

function repeatsBy(piece: number, ids: readonly number[], span: number): boolean {
  for (let i = ids.length - span; i < ids.length - piece; i++) if (ids[i] !== ids[i + piece]) return false;
  return true;
}
