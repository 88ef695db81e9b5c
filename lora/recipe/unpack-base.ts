/**
 * The way back from a base to its training: `node lora/recipe/unpack-base.ts --base assets/base/mini-sd --out .work/base`
 * writes the VAE, UNet, text tower and vocabulary of an exported base as the state that `train-unet.ts` and
 * `export-base.ts` read when OUT is their `--vae` and `--clip` too. Optimiser moments are not part of a base and start anew, and so does the count of steps.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSafetensors, readTensor, writeSafetensors } from "../format/index.ts";
import { readClipVocabulary } from "../models/index.ts";
import { writeVocabulary } from "./vocabulary-file.ts";

const { values: args } = parseArgs({
  options: { base: { type: "string", default: "assets/base/mini-sd" }, out: { type: "string", default: ".work/base" } },
});

/** One state file from weight files, each with the prefix its names get. */
function unpack(state: string, files: readonly (readonly [prefix: string, path: string])[]): void {
  const names: [string, readonly number[]][] = [];
  const parts: Float32Array[] = [];
  for (const [prefix, path] of files) {
    const file = openSafetensors(join(args.base, path));
    for (const [name, { shape }] of file.tensors) {
      names.push([prefix + name, shape]);
      parts.push(readTensor(file, name));
    }
  }
  const average = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    average.set(part, offset);
    offset += part.length;
  }
  const tensor = { dtype: "F32" as const, shape: [average.length], data: average };
  writeSafetensors(join(args.out, state), { average: tensor }, { step: "0", names: JSON.stringify(names) });
}

mkdirSync(args.out, { recursive: true });
unpack("vae-state.safetensors", [["", "vae/diffusion_pytorch_model.safetensors"]]);
unpack("unet-state.safetensors", [
  ["text_encoder.", "text_encoder/model.safetensors"],
  ["unet.", "unet/diffusion_pytorch_model.safetensors"],
]);
writeVocabulary(join(args.out, "vocabulary.json"), (await readClipVocabulary(join(args.base, "tokenizer"))).vocabulary);
