export { alphaForRank, learningRateForBatch } from "./advice.ts";
export { balanceClassSamples, type Batch, batchesPerEpoch, epochBatches, splitValidation } from "./batches.ts";
export { assignBuckets, type Bucket, type BucketOptions, bucketSizes, nearestBucket, type Size } from "./buckets.ts";
export { buildCaption, type CaptionOptions, hasWord, withTrigger } from "./caption.ts";
export { type ImageDataset, type ImageDatasetOptions, type ImageSample, readImageDataset } from "./dataset.ts";
export { loadImage, readPicture, rgbPlanes, type LoadImageOptions, type PictureFile } from "./image.ts";
export { isImageName } from "./image-folder.ts";
export type { Problem, ProblemCode } from "./problem.ts";
export { epochSeed, seededRandom } from "./random.ts";
export { type AdapterCallback, LatentDecoder, LatentEncoder, type Plane, TextEncoder, unetInputs } from "./encoders.ts";
export { type CheckOptions, checkDataset, type Finding, type Report } from "./report.ts";
export {
  epochTextBatches,
  packRows,
  tokenizeDialogues,
  withSystem,
  type TokenizedDialogue,
  type TokenizedDialogues,
} from "./text-batches.ts";
export { readTextDataset, type Dialogue, type DialogueProblem, type TextDataset } from "./text-dataset.ts";
export { isRowReason, type RowReason } from "./text-reasons.ts";
export { parseDialogueRow } from "./text-rows.ts";
export { distinctShare, formatTextReport, reportText, type TextReport } from "./text-report.ts";
export { formatReport } from "./report-format.ts";
export { leadingText, SYSTEM_SHARE } from "./leading-text.ts";
export { attributeQuestions, labelQuestions, type LabelQuestion } from "./label-questions.ts";
export { labelSentence } from "./label-sentence.ts";
export {
  ABSENT,
  isSeen,
  labelLanguages,
  labelVocabulary,
  type Facts,
  type LabelLanguage,
  type LabelSubject,
} from "./label-vocabulary.ts";
export { autoLabel, type AutoLabelOptions, type AutoLabelReport } from "./auto-label.ts";
export { LABEL_THRESHOLD, labelCaptions, type LabelCaption, type LabelOptions } from "./label-caption.ts";
export { Labeller, type Guess, type Seen } from "./labeller.ts";
export { withHistories } from "./text-histories.ts";
