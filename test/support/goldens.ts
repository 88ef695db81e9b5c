import { resolve } from "node:path";
import { openSafetensors, readTensor } from "../../lora/format/index.ts";

export type Golden = { readonly data: Float32Array; readonly shape: readonly number[] };

/** The float tensors of a golden, by name; `path` is relative to test/golden: `goldens("sd/goldens.safetensors")`. */
export function goldens(path: string): (name: string) => Golden {
  const file = openSafetensors(resolve(import.meta.dirname, "../golden", path));
  return (name) => {
    const entry = file.tensors.get(name);
    if (entry === undefined) throw new Error(`${path}: expected a tensor "${name}", got ${[...file.tensors.keys()]}`);
    return { data: readTensor(file, name), shape: entry.shape };
  };
}
