/**
 * The way back from a base to its training: `node lora/recipe/unpack-base.ts --base assets/base/mini-sd --out .work/base`
 * writes the VAE, UNet, text tower and vocabulary of an exported base as the state that `train-unet.ts` and
 * `export-base.ts` read when OUT is their `--vae` and `--text` too. Optimiser moments are not part of a base and start
 * anew, and so does the count of steps.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readClipVocabulary } from "../models/index.ts";
import type { HostTensor } from "../runtime/index.ts";
import { writeAveragedWeights } from "./averaged-weights.ts";
import { writeVocabulary } from "./vocabulary-file.ts";
import { readWeights } from "./weights-file.ts";

const { values: args } = parseArgs({
  options: { base: { type: "string", default: "assets/base/mini-sd" }, out: { type: "string", default: ".work/base" } },
});

/** One state file from weight files, each with the prefix its names get. */
function unpack(state: string, files: readonly (readonly [prefix: string, path: string])[]): void {
  const weights = files.map(([prefix, path]) => readWeights(join(args.base, path), prefix));
  writeAveragedWeights(join(args.out, state), Object.assign({}, ...weights) as Record<string, HostTensor>);
}

mkdirSync(args.out, { recursive: true });
unpack("vae-state.safetensors", [["", "vae/diffusion_pytorch_model.safetensors"]]);
unpack("unet-state.safetensors", [
  ["text_encoder.", "text_encoder/model.safetensors"],
  ["unet.", "unet/diffusion_pytorch_model.safetensors"],
]);
writeVocabulary(join(args.out, "vocabulary.json"), (await readClipVocabulary(join(args.base, "tokenizer"))).vocabulary);
