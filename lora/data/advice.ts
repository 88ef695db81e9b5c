/** The seed document's rules of thumb for training settings. */

/** alpha = 2 × rank keeps the base stable and the new features strong. */
export const alphaForRank = (rank: number): number => 2 * rank;

/**
 * Small batches bear a higher rate (3e-4 at 1–2 pictures), large ones need a lower one (1e-4) or the loss swings;
 * 2e-4 at 4 is the seed's example.
 * @param pictures per update: batch size × accumulation steps
 */
export function learningRateForBatch(pictures: number): number {
  if (pictures <= 2) return 3e-4;
  return pictures <= 4 ? 2e-4 : 1e-4;
}
