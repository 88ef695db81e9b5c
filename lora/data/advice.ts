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

/** The settings that the rules speak of; a training configuration has them all. */
export interface AdvisedSettings {
  readonly rank: number;
  readonly alpha: number;
  readonly learningRate: number;
  /** What the base suggests for itself, if anything. */
  readonly suitedLearningRate?: number | undefined;
  readonly batchSize: number;
  readonly gradientAccumulationSteps: number;
  readonly saveSteps: number;
}

export interface SettingAdvice {
  readonly code:
    | "ALPHA_NOT_TWICE_RANK"
    | "RANK_LOW_FOR_FACE"
    | "RANK_HIGH_FOR_STYLE"
    | "LEARNING_RATE_FOR_BATCH"
    | "SAVE_STEPS_FAR_APART";
  /** The setting as it is and as it could be. */
  readonly value: string;
}

const FACE_RANK_MIN = 12;
const STYLE_RANK_MAX = 8;
const SAVE_STEPS_MAX = 100;
/** A rate this many times off the rule is worth a word; the rules themselves overlap by 1.5. */
const RATE_FACTOR = 1.6;

/** Which rules the settings break. @param subject decides which rank is right; undefined: unknown, no word about it */
export function adviseSettings(settings: AdvisedSettings, subject: "face" | "style" | undefined): SettingAdvice[] {
  const { rank, alpha, learningRate, batchSize, gradientAccumulationSteps, saveSteps } = settings;
  const advice: SettingAdvice[] = [];
  const add = (code: SettingAdvice["code"], is: number, better: string): void =>
    void advice.push({ code, value: `${is} → ${better}` });
  if (alpha !== alphaForRank(rank)) add("ALPHA_NOT_TWICE_RANK", alpha, String(alphaForRank(rank)));
  if (subject === "face" && rank < FACE_RANK_MIN) add("RANK_LOW_FOR_FACE", rank, "12–16");
  if (subject === "style" && rank > STYLE_RANK_MAX) add("RANK_HIGH_FOR_STYLE", rank, "4–8");
  const suited = settings.suitedLearningRate ?? learningRateForBatch(batchSize * gradientAccumulationSteps);
  if (learningRate > suited * RATE_FACTOR || learningRate < suited / (2 * RATE_FACTOR)) {
    add("LEARNING_RATE_FOR_BATCH", learningRate, suited.toExponential());
  }
  if (saveSteps > SAVE_STEPS_MAX) add("SAVE_STEPS_FAR_APART", saveSteps, "50–100");
  return advice;
}

const facePattern =
  /\b(?:portrait|face|headshot|man|woman|men|women|boy|girl|person|people|lady|guy|selfie|1boy|1girl)\b|人|脸|男|女|肖像/iu;
const stylePattern = /\b(?:style|painting|sketch|drawing|illustration|texture|pattern)\b|风格|水墨|插画|纹理|画风/iu;

/** What the captions say is learned, where most of them agree. */
export function guessSubject(captions: readonly string[]): "face" | "style" | undefined {
  const share = (pattern: RegExp): number => captions.filter((text) => pattern.test(text)).length / captions.length;
  if (share(stylePattern) >= 0.5) return "style";
  return share(facePattern) >= 0.5 ? "face" : undefined;
}
