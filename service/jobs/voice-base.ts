/** The language model that this service trains voices on and speaks with. */
import { join } from "node:path";
import { AnimulaError, openLanguageModel, type LanguageModel } from "../../lora/index.ts";
import { rememberedHash } from "./base-hash.ts";

export interface VoiceBase {
  readonly path: string;
  readonly name: string;
  /** Of its weights' files: voices fit the base they were trained on and no other. */
  readonly hash: string;
}

/** The engine's codes for a folder that is absent, or has not got all of its files. */
const ABSENT = ["BASE_TEXT_NOT_FOUND", "BASE_TEXT_PART_MISSING"];

/**
 * Reads headers and tokenizer, and the weights' files once. Undefined where no whole model is there: the service then is
 * mute.
 * @throws the engine's BASE_… errors for what is there and is no such base
 */
export async function readVoiceBase(path: string, dataDir: string): Promise<VoiceBase | undefined> {
  const base = openIfThere(path);
  if (!base) return undefined;
  const files = [...new Set([...base.weights.values()].map((weight) => weight.path))].toSorted();
  return { path, name: base.name, hash: await rememberedHash(files, join(dataDir, "voice-base-hash.json")) };
}

function openIfThere(path: string): LanguageModel | undefined {
  try {
    return openLanguageModel(path);
  } catch (error) {
    if (error instanceof AnimulaError && ABSENT.includes(error.code)) return undefined;
    throw error;
  }
}
