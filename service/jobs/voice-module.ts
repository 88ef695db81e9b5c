/** A voice's module as one file: PEFT's tensors, and what PEFT keeps beside them as their metadata. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openSafetensors, readTensorRaw, writeSafetensors } from "../../lora/index.ts";

/** Where diffusers keeps PEFT's settings, each under the name of its part; the engine reads them there. */
const METADATA_KEY = "lora_adapter_metadata";
const PART = "language_model";

/** What PEFT wants to find as `adapter_config.json` beside the file; undefined for a module that is no voice's. */
export function peftConfigOf(path: string): Readonly<Record<string, unknown>> | undefined {
  const text = openSafetensors(path).metadata[METADATA_KEY];
  if (text === undefined) return undefined;
  const fields = Object.entries(JSON.parse(text) as Record<string, unknown>);
  const own = fields.filter(([key]) => key.startsWith(`${PART}.`));
  return own.length === 0
    ? undefined
    : Object.fromEntries(own.map(([key, value]) => [key.slice(PART.length + 1), value]));
}

/** @param folder PEFT's; the file lies in it when this returns. Errors: the engine's for the folder. */
export function packVoiceModule(folder: string): string {
  const file = openSafetensors(join(folder, "adapter_model.safetensors"));
  const config = JSON.parse(readFileSync(join(folder, "adapter_config.json"), "utf8")) as Record<string, unknown>;
  // The base is told by its hash in the library; its path is this machine's own.
  const { base_model_name_or_path: _, ...settings } = config;
  const fields = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${PART}.${key}`, value]));
  const tensors = Object.fromEntries([...file.tensors.keys()].map((name) => [name, readTensorRaw(file, name)]));
  const path = join(folder, "module.safetensors");
  writeSafetensors(path, tensors, { format: "pt", [METADATA_KEY]: JSON.stringify(fields) });
  return path;
}
