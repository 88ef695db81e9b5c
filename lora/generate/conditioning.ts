import { applyEmphasis, chunkTokens, type PromptSegment } from "../diffusion/index.ts";
import type { TextEncoder } from "../data/index.ts";
import type { StableDiffusion } from "../models/index.ts";
import type { Feeds } from "../runtime/index.ts";

/** Text embeddings of a prompt and its negative, of equal length: [chunks · length, width] flat. */
export interface Conditioning {
  readonly positive: Float32Array;
  readonly negative: Float32Array;
}

/** Prompts of any length in chunks of what the text tower takes, with WebUI's emphasis. */
export async function encodePrompts(
  base: StableDiffusion,
  encoder: TextEncoder,
  positive: readonly PromptSegment[],
  negative: readonly PromptSegment[],
  adapters: Feeds = {},
): Promise<Conditioning> {
  const chunk = (segments: readonly PromptSegment[], chunks = 1) =>
    chunkTokens(segments, base.tokenizer, encoder.length, chunks);
  const chunks = Math.max(chunk(positive).chunks, chunk(negative).chunks);
  const encode = async (segments: readonly PromptSegment[]) => {
    const tokens = chunk(segments, chunks);
    return applyEmphasis(await encoder.encode(tokens.tokens, adapters), tokens);
  };
  return { positive: await encode(positive), negative: await encode(negative) };
}
