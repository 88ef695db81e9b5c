/** What suits a set of pictures: the settings of the studio's form, and of whoever measures what they are worth. */

export interface SuggestedSettings {
  readonly rank: number;
  readonly learningRate: number;
  readonly steps: number;
}

const FACE_RANK = 16;
const SMALL_SET_RANK = 8;
const SMALL_SET_IMAGES = 8;
/** Updates for one picture of a small set: enough for the face to come through, not yet learned by heart. */
const STEPS_PER_IMAGE = 20;
const STEPS_MIN = 200;
const STEPS_MAX = 2_000;
/** Suits a full-sized base and the batch of 4 that `steps` counts on. */
const LEARNING_RATE = 2e-4;

/**
 * Those of the demonstration, scaled by the number of pictures.
 * @param learningRate what the base suggests for itself, if anything
 */
export function suggestSettings(images: number, learningRate = LEARNING_RATE): SuggestedSettings {
  return {
    rank: images < SMALL_SET_IMAGES ? SMALL_SET_RANK : FACE_RANK,
    learningRate,
    steps: Math.min(STEPS_MAX, Math.max(STEPS_MIN, Math.round((images * STEPS_PER_IMAGE) / 50) * 50)),
  };
}
