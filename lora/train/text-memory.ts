import type { LanguageWeights } from "../models/index.ts";

const MB = 2 ** 20;
/** The process itself, sessions, the tokenizer, and logits of one chunk with their cotangents. */
const FIXED_MB = 300;
const LOGITS_KEPT = 3;
/** Tensors of a block that are kept for the backward pass, in widths of the model, of the feed-forward, and in scores. */
const TENSORS_PER_BLOCK = 16;
const FEED_FORWARD_TENSORS = 5;
const SCORE_TENSORS = 2;
/** What checkpointing leaves: the blocks' borders and one block at a time. */
const CHECKPOINTED_SHARE = 0.25;

export interface TextBatchSize {
  readonly rows: number;
  /** Tokens of the longest row. */
  readonly length: number;
  /** Rows of logits at one time. */
  readonly chunkRows: number;
}

/** Peak memory of text training in MB: mapped weights, what is kept for the backward pass, logits, optimiser state. */
export function predictTextMemoryMb(
  { config, weights }: LanguageWeights,
  trainable: number,
  { rows, length, chunkRows }: TextBatchSize,
  gradientCheckpointing: boolean,
): number {
  const widths = TENSORS_PER_BLOCK * config.hiddenSize + FEED_FORWARD_TENSORS * config.intermediateSize;
  const perToken = widths + SCORE_TENSORS * config.heads * length;
  const share = gradientCheckpointing ? CHECKPOINTED_SHARE : 1;
  const kept = rows * length * config.layers * perToken * share;
  const logits = LOGITS_KEPT * chunkRows * config.vocabSize;
  const mapped = [...weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return Math.ceil(FIXED_MB + (mapped + 4 * (kept + logits + 5 * trainable)) / MB);
}
