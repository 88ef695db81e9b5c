import type { PromptSegment } from "./prompt.ts";

/** What chunking needs of a tokenizer; `ClipTokenizer` of lora/models is one. */
export interface PromptTokenizer {
  readonly startId: number;
  readonly endId: number;
  readonly padId: number;
  encodeText(text: string): number[];
}

export interface PromptTokens {
  readonly chunks: number;
  /** [chunks, maxLength], each chunk: start, tokens, end, padding. */
  readonly tokens: Int32Array;
  /** [chunks, maxLength], 1 at markers and padding. */
  readonly weights: Float32Array;
}

/** A chunk that ends inside a phrase ends at the comma before it, if that is at most so many tokens back. */
const COMMA_BACKTRACK_TOKENS = 20;

/**
 * Tokens in chunks of maxLength − 2 with their weights, as WebUI cuts them. `maxLength` is the text encoder's
 * `max_position_embeddings`; `minChunks` adds empty chunks, so that prompt and negative prompt come out equally long.
 */
export function chunkTokens(
  segments: readonly PromptSegment[],
  tokenizer: PromptTokenizer,
  maxLength = 77,
  minChunks = 1,
): PromptTokens {
  const capacity = maxLength - 2;
  const comma = tokenizer.encodeText(",")[0];
  const chunks: { id: number; weight: number }[][] = [[]];
  let afterComma = 0;
  for (const segment of segments) {
    if (segment.kind === "break") {
      chunks.push([]);
      afterComma = 0;
      continue;
    }
    for (const id of tokenizer.encodeText(segment.text)) {
      let chunk = chunks.at(-1)!;
      if (chunk.length === capacity) {
        const tail = chunk.length - afterComma;
        const moves = id !== comma && afterComma > 0 && tail < COMMA_BACKTRACK_TOKENS;
        const next = moves ? chunk.splice(afterComma) : [];
        chunks.push(next);
        chunk = next;
        afterComma = 0;
      }
      chunk.push({ id, weight: segment.weight });
      if (id === comma) afterComma = chunk.length;
    }
  }
  // A BREAK at the very end opens no chunk.
  if (chunks.length > 1 && chunks.at(-1)!.length === 0) chunks.pop();
  while (chunks.length < minChunks) chunks.push([]);
  return layOut(chunks, tokenizer, maxLength);
}

function layOut(
  chunks: readonly (readonly { id: number; weight: number }[])[],
  tokenizer: PromptTokenizer,
  maxLength: number,
): PromptTokens {
  const tokens = new Int32Array(chunks.length * maxLength).fill(tokenizer.padId);
  const weights = new Float32Array(chunks.length * maxLength).fill(1);
  for (const [i, chunk] of chunks.entries()) {
    const start = i * maxLength;
    tokens[start] = tokenizer.startId;
    for (const [k, { id, weight }] of chunk.entries()) {
      tokens[start + 1 + k] = id;
      weights[start + 1 + k] = weight;
    }
    tokens[start + 1 + chunk.length] = tokenizer.endId;
  }
  return { chunks: chunks.length, tokens, weights };
}

/**
 * WebUI's emphasis: embeddings [chunks, maxLength, width] times their token's weight, then scaled so that each chunk keeps
 * its mean. Returns a new array; chunks without emphasis stay bit-equal.
 */
export function applyEmphasis(embeddings: Float32Array, { chunks, weights }: PromptTokens): Float32Array {
  const chunkSize = embeddings.length / chunks;
  const maxLength = weights.length / chunks;
  const width = chunkSize / maxLength;
  if (!Number.isInteger(width)) {
    throw new RangeError(`emphasis: expected embeddings [${chunks}, ${maxLength}, width], got ${embeddings.length}`);
  }
  const weighted = embeddings.slice();
  for (let c = 0; c < chunks; c++) {
    const chunkWeights = weights.subarray(c * maxLength, (c + 1) * maxLength);
    if (chunkWeights.every((weight) => weight === 1)) continue;
    const chunk = weighted.subarray(c * chunkSize, (c + 1) * chunkSize);
    const meanBefore = mean(chunk);
    for (let i = 0; i < chunk.length; i++) chunk[i]! *= chunkWeights[Math.floor(i / width)]!;
    const meanAfter = mean(chunk);
    if (meanAfter === 0) continue;
    for (let i = 0; i < chunk.length; i++) chunk[i]! *= meanBefore / meanAfter;
  }
  return weighted;
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
