/** The weights of a Hugging Face folder: one file, or the shards that its index names. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { refusePickle } from "../format/index.ts";
import { readConfig } from "./config-file.ts";
import { modelErrors } from "./errors.ts";

const WHOLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** @throws BASE_TEXT_PART_MISSING, BASE_CONFIG_INVALID; PICKLE_… where there is only a pickle */
export function weightFiles(path: string): string[] {
  if (existsSync(join(path, WHOLE))) return [join(path, WHOLE)];
  const index = join(path, INDEX);
  if (existsSync(index)) return shards(path, index);
  const names = readdirSync(path);
  const own = names.filter((name) => name.endsWith(".safetensors"));
  if (own.length > 0) return own.toSorted().map((name) => join(path, name));
  for (const name of names) if (name.endsWith(".bin")) refusePickle(join(path, name));
  throw modelErrors.BASE_TEXT_PART_MISSING(path, WHOLE);
}

function shards(path: string, index: string): string[] {
  const map = readConfig(index).part("weight_map")?.object ?? {};
  const names = [...new Set(Object.values(map))];
  return names.map((name) => {
    // A file name from a download must not lead out of its folder.
    if (typeof name !== "string" || name !== basename(name) || !name.endsWith(".safetensors"))
      throw modelErrors.BASE_CONFIG_INVALID(index, "weight_map", "names of .safetensors files", JSON.stringify(name));
    if (!existsSync(join(path, name))) throw modelErrors.BASE_TEXT_PART_MISSING(path, name);
    return join(path, name);
  });
}
