/** The language model that this service trains voices on and speaks with. */
import { join } from "node:path";
import { AnimulaError, openLanguageModel, parseTrainConfig, readBaseDefaults, stepsPerLine } from "../../lora/index.ts";
import { rememberedHash } from "./base-hash.ts";

export interface VoiceBase {
  readonly path: string;
  readonly name: string;
  /** Of its weights' files: voices fit the base they were trained on and no other. */
  readonly hash: string;
  /** Steps that suit a training, for each of its lines. */
  readonly stepsPerLine: number;
}

/** Of a language model that says nothing of it: after some twelve rounds a persona has its manner, later it recites. */
const EPOCHS = 12;

/** The engine's codes for a folder that is absent, or has not got all of its files. */
const ABSENT = ["BASE_TEXT_NOT_FOUND", "BASE_TEXT_PART_MISSING"];

/**
 * Reads headers and tokenizer, and the weights' files once. Undefined where no whole model is there: the service then is
 * mute.
 * @throws the engine's BASE_… errors for what is there and is no such base
 */
export async function readVoiceBase(path: string, dataDir: string): Promise<VoiceBase | undefined> {
  try {
    return await readNamedVoiceBase(path, dataDir);
  } catch (error) {
    if (error instanceof AnimulaError && ABSENT.includes(error.code)) return undefined;
    throw error;
  }
}

/** As `readVoiceBase`, and one that is absent is an error too. */
export async function readNamedVoiceBase(path: string, dataDir: string): Promise<VoiceBase> {
  const { weights, name } = openLanguageModel(path);
  const files = [...new Set([...weights.values()].map((weight) => weight.path))].toSorted();
  const hash = await rememberedHash(files, join(dataDir, "voice-base-hash.json"));
  return { path, name, hash, stepsPerLine: suitedSteps(path) };
}

/** By what base and trainer choose where nobody else does. Errors: the engine's CONFIG_… for what the base suggests. */
function suitedSteps(path: string): number {
  const { epochs = EPOCHS } = readBaseDefaults(path);
  const needed = { task_type: "text-generation", base_model: path, train_data_dir: path, output_dir: path };
  return stepsPerLine({ ...parseTrainConfig(JSON.stringify(needed), path), epochs });
}
