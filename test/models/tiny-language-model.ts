import { fileURLToPath } from "node:url";
import { Graph, mulDims, reshape, type Dim } from "../../lora/graph/index.ts";
import {
  causalFeeds,
  FrozenWeights,
  llama,
  llamaInputs,
  llamaLogits,
  openLanguageWeights,
  type LanguageWeights,
} from "../../lora/models/index.ts";
import { Scope } from "../../lora/nn/index.ts";
import { Session, type HostTensor } from "../../lora/runtime/index.ts";
import { openGoldens, type Goldens } from "./tiny-stable-diffusion.ts";

/** The families for which test/golden/text/make.py computed values. */
export const textFamilies = [
  "llama2",
  "llama3",
  "llama-tied",
  "llama-dynamic",
  "qwen2",
  "qwen3",
  "mistral",
  "llama-yarn",
  "llama-longrope",
  "glm",
  "glm4",
] as const;
export type TextFamily = (typeof textFamilies)[number];

export const openTinyText = (family: TextFamily): LanguageWeights =>
  openLanguageWeights(fileURLToPath(new URL(`../golden/text/${family}`, import.meta.url)));

export const textGoldens = (): Goldens => openGoldens("../text/goldens.safetensors");

/** Integers of a golden, row by row. */
export function integerRows(goldens: Goldens, name: string): number[][] {
  const { data, dims } = goldens.tensor(name);
  const width = dims.at(-1)!;
  const all = Array.from(data as BigInt64Array, Number);
  return Array.from({ length: all.length / width }, (_, row) => all.slice(row * width, (row + 1) * width));
}

/** Logits [N · T, vocabSize] of tokens [N, T]. */
export async function logitsOf(
  { config, weights }: LanguageWeights,
  tokens: HostTensor,
): Promise<HostTensor & { readonly data: Float32Array }> {
  const graph = new Graph();
  const scope = new Scope(new FrozenWeights(graph, "language_model", weights));
  const { hidden } = llama(scope, llamaInputs(graph, config), config);
  const [n, t] = hidden.shape as [Dim, Dim];
  const logits = llamaLogits(scope, reshape(hidden, [mulDims(n, t), config.hiddenSize]), config);
  const session = await Session.open({ logits });
  const results = await session.run({ tokens, ...causalFeeds(config, tokens.dims[1]!) });
  await session.close();
  return results.logits as HostTensor & { readonly data: Float32Array };
}
