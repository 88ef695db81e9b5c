/** The language model that this service trains voices on and speaks with. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openLanguageModel } from "../../lora/index.ts";
import { rememberedHash } from "./base-hash.ts";

export interface VoiceBase {
  readonly path: string;
  readonly name: string;
  /** Of its weights' files: voices fit the base they were trained on and no other. */
  readonly hash: string;
}

/**
 * Reads headers and tokenizer, and the weights' files once. Undefined where nothing is there: the service then is mute.
 * @throws the engine's BASE_… errors for what is there and is no such base
 */
export async function readVoiceBase(path: string, dataDir: string): Promise<VoiceBase | undefined> {
  if (!existsSync(path)) return undefined;
  const base = openLanguageModel(path);
  const files = [...new Set([...base.weights.values()].map((weight) => weight.path))].toSorted();
  return { path, name: base.name, hash: await rememberedHash(files, join(dataDir, "voice-base-hash.json")) };
}
