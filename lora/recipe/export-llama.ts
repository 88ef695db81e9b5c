/** Copies the trained mini LLaMA, as it speaks now, to where it belongs: `node lora/recipe/export-llama.ts --out assets/base/mini-llama`. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const SETTINGS = ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"];
const WEIGHTS = "model.safetensors";

/** The base's folder without card and training settings, which are written by hand. */
export function copyMiniLlama(from: string, out: string): void {
  mkdirSync(out, { recursive: true });
  for (const name of [...SETTINGS, WEIGHTS]) copyFileSync(join(from, name), join(out, name));
}

if (import.meta.main) {
  const { values: args } = parseArgs({
    options: {
      from: { type: "string", default: ".work/mini-llama" },
      out: { type: "string", default: "assets/base/mini-llama" },
    },
  });
  copyMiniLlama(args.from, args.out);
}
