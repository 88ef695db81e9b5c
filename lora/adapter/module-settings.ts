import { existsSync, readFileSync } from "node:fs";
import { adapterErrors as errors } from "./errors.ts";
import type { LoraLayer } from "./module.ts";
import { withoutTextModel } from "./names.ts";

/** What PEFT keeps beside the tensors of one part: in `adapter_config.json`, or in the metadata of diffusers' files. */
export interface PeftSettings {
  /** alpha of the layer called `name`, whose rank the tensors tell. */
  alphaOf(name: string, rank: number): number;
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** PEFT takes pattern keys as regular expressions; from a stranger's file we take plain names, whole or as an ending. */
function patternValue(where: string, field: string, patterns: unknown, name: string): unknown {
  if (patterns === undefined || patterns === null) return undefined;
  if (!isFields(patterns)) throw errors.MODULE_CONFIG(where, field, "an object of layer names", typeof patterns);
  for (const [pattern, value] of Object.entries(patterns)) {
    const plain = pattern.replace(/^\^/, "").replace(/\$$/, "").replaceAll("\\.", ".");
    if (/[^\w.-]/.test(plain)) throw errors.MODULE_CONFIG(where, field, "plain layer names", pattern);
    if (name === plain || (!pattern.startsWith("^") && name.endsWith(`.${plain}`))) return value;
  }
  return undefined;
}

function positive(where: string, field: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw errors.MODULE_CONFIG(where, field, "a number of at least 0", JSON.stringify(value));
  return value;
}

/** Checks what would change the meaning of the tensors. Errors: MODULE_CONFIG. */
function settingsOf(where: string, fields: Fields): PeftSettings {
  const kind = fields["peft_type"] ?? "LORA";
  if (kind !== "LORA") throw errors.MODULE_CONFIG(where, "peft_type", "LORA", JSON.stringify(kind));
  if (fields["use_dora"] === true) throw errors.MODULE_CONFIG(where, "use_dora", "false", "true");
  if (fields["fan_in_fan_out"] === true) throw errors.MODULE_CONFIG(where, "fan_in_fan_out", "false", "true");
  const common = fields["lora_alpha"];
  return {
    alphaOf: (name, rank) => {
      const own = patternValue(where, "alpha_pattern", fields["alpha_pattern"], name);
      const alpha = own ?? common;
      if (alpha === undefined || alpha === null) return rank;
      const value = positive(where, own === undefined ? "lora_alpha" : "alpha_pattern", alpha);
      // rsLoRA divides by √rank; our scale is alpha / rank.
      return fields["use_rslora"] === true ? value * Math.sqrt(rank) : value;
    },
  };
}

function parseFields(where: string, text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw errors.MODULE_CONFIG(where, "content", "JSON", (cause as Error).message);
  }
  if (!isFields(value)) throw errors.MODULE_CONFIG(where, "content", "a JSON object", typeof value);
  return value;
}

/** `adapter_config.json`, if there is one. Errors: MODULE_CONFIG. */
export function readPeftConfig(path: string): PeftSettings | undefined {
  return existsSync(path) ? settingsOf(path, parseFields(path, readFileSync(path, "utf8"))) : undefined;
}

export const ADAPTER_METADATA_KEY = "lora_adapter_metadata";

/** Settings of one part in the metadata of a file written by diffusers, if it has them. Errors: MODULE_CONFIG. */
export function metadataSettings(
  path: string,
  metadata: Readonly<Record<string, string>>,
  part: string,
): PeftSettings | undefined {
  const text = metadata[ADAPTER_METADATA_KEY];
  if (text === undefined) return undefined;
  const where = `${path}: ${ADAPTER_METADATA_KEY}`;
  const own = Object.entries(parseFields(where, text)).filter(([key]) => key.startsWith(`${part}.`));
  if (own.length === 0) return undefined;
  return settingsOf(where, Object.fromEntries(own.map(([key, value]) => [key.slice(part.length + 1), value])));
}

/** Of equally common values the largest, so that the order of the layers does not matter. */
function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => ((entry[1] - best[1] || entry[0] - best[0]) > 0 ? entry : best))[0];
}

/** rank and alpha that most layers have, and the layers that differ. */
export function commonSettings(layers: ReadonlyMap<string, LoraLayer>): {
  rank: number;
  alpha: number;
  rankPattern: Record<string, number>;
  alphaPattern: Record<string, number>;
} {
  const all = [...layers];
  const rank = mostCommon(all.map(([, layer]) => layer.rank));
  const alpha = mostCommon(all.map(([, layer]) => layer.alpha));
  const differing = (pick: (layer: LoraLayer) => number, common: number) =>
    Object.fromEntries(
      all.map(([name, layer]) => [name, pick(layer)] as const).filter(([, value]) => value !== common),
    );
  return {
    rank,
    alpha,
    rankPattern: differing((layer) => layer.rank, rank),
    alphaPattern: differing((layer) => layer.alpha, alpha),
  };
}

const renamed = (pattern: Record<string, number>) =>
  Object.fromEntries(Object.entries(pattern).map(([name, value]) => [withoutTextModel(name), value]));

/** PEFT's LoraConfig for one part's layers, named without the part. */
export function peftFields(layers: ReadonlyMap<string, LoraLayer>): Record<string, unknown> {
  const { rank, alpha, rankPattern, alphaPattern } = commonSettings(layers);
  return {
    peft_type: "LORA",
    r: rank,
    lora_alpha: alpha,
    rank_pattern: renamed(rankPattern),
    alpha_pattern: renamed(alphaPattern),
    // Endings, so that the list fits whichever way the text encoder's layers are nested.
    target_modules: [...layers.keys()].map(withoutTextModel),
    bias: "none",
    lora_dropout: 0,
    fan_in_fan_out: false,
    modules_to_save: null,
    use_rslora: false,
    use_dora: false,
    inference_mode: true,
  };
}
