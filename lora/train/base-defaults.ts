/** Training settings that a base suggests for itself, since what suits 860 million parameters does not suit ten. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ConfigValues } from "./config-keys.ts";
import { readConfigValues } from "./config-yaml.ts";
import { trainErrors } from "./errors.ts";

const FILE = "animula.json";
/** What may be suggested: how the module is built, how fast it learns and how often it must see its data; never the data. */
const SUGGESTED = [
  "lora_rank",
  "lora_alpha",
  "targets",
  "learning_rate",
  "epochs",
  "history_dialogues",
  "min_snr_gamma",
  "timestep_bias_strategy",
  "noise_offset",
] as const;
export type BaseDefaults = Pick<ConfigValues, (typeof SUGGESTED)[number]>;

/**
 * The `training` object of `animula.json` in the base's folder, under the configuration's own names; empty without one.
 * @throws the CONFIG_… errors, naming the file
 */
export function readBaseDefaults(baseModel: string): BaseDefaults {
  const file = join(baseModel, FILE);
  if (!statSync(baseModel, { throwIfNoEntry: false })?.isDirectory() || !existsSync(file)) return {};
  // YAML reads JSON, and the configuration's own reader checks names and values.
  const training = trainingOf(file);
  if (training === undefined) return {};
  const { values } = readConfigValues(JSON.stringify(training), file);
  return Object.fromEntries(SUGGESTED.flatMap((key) => (values[key] === undefined ? [] : [[key, values[key]]])));
}

function trainingOf(file: string): unknown {
  try {
    const whole: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof whole === "object" && whole !== null && "training" in whole ? whole.training : undefined;
  } catch (cause) {
    throw trainErrors.CONFIG_NOT_READABLE(file, (cause as Error).message);
  }
}
