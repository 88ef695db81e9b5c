import { existsSync } from "node:fs";
import { join } from "node:path";
import { readConfig, type ConfigFile } from "./config-file.ts";

/** How a base likes to choose its words, where nobody says otherwise. */
export interface SpeakingDefaults {
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
}

const isShare = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1;
const isAmount = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 10;
const isRank = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

type Check = (value: unknown) => value is number;
const fields: readonly (readonly [keyof SpeakingDefaults, string, string, Check])[] = [
  ["temperature", "temperature", "a number from 0 to 10", isAmount],
  ["topK", "top_k", "a whole number from 0", isRank],
  ["topP", "top_p", "a number from 0 to 1", isShare],
  ["minP", "min_p", "a number from 0 to 1", isShare],
  ["repetitionPenalty", "repetition_penalty", "a number from 0 to 10", isAmount],
];

/**
 * What `generation_config.json` in the base's folder suggests for sampling; empty without one.
 * @throws BASE_CONFIG_INVALID
 */
export function readSpeakingDefaults(base: string): SpeakingDefaults {
  const file = join(base, "generation_config.json");
  if (!existsSync(file)) return {};
  const config: ConfigFile = readConfig(file);
  const given = fields.filter(([, key]) => (config.object[key] ?? undefined) !== undefined);
  return Object.fromEntries(given.map(([name, key, expected, check]) => [name, config.get(key, expected, check)]));
}
