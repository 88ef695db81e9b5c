import { fileURLToPath } from "node:url";
import { openLanguageWeights, type LanguageWeights } from "../../lora/models/index.ts";
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
