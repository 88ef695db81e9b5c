import { commonSettings } from "./module-settings.ts";
import type { LoraModule } from "./module.ts";

/** What a module says about itself to people and to other tools; all of it optional. */
export interface ModuleInfo {
  readonly baseFamily?: "sd1" | "sd2";
  /** 2.x with velocity prediction. */
  readonly velocityPrediction?: boolean;
  readonly title?: string;
  readonly author?: string;
  readonly license?: string;
  /** ISO 8601. Given by the caller, so that equal input gives equal bytes. */
  readonly date?: string;
  /** Pixels, "512x512". */
  readonly resolution?: string;
  readonly triggerPhrase?: string;
  /** data: URL of a small picture */
  readonly thumbnail?: string;
  /** sd-scripts' own keys where they are known: ss_learning_rate, ss_num_epochs, ss_tag_frequency, … */
  readonly training?: Readonly<Record<`ss_${string}`, string>>;
}

/** ModelSpec 1.0.1 of Stability AI. */
const SPEC_VERSION = "1.0.1";
const DYNAMIC = "Dynamic";

function architecture({ baseFamily, velocityPrediction }: ModuleInfo): string {
  if (baseFamily !== "sd2") return "stable-diffusion-v1/lora";
  return velocityPrediction ? "stable-diffusion-v2-768-v/lora" : "stable-diffusion-v2-512/lora";
}

const withoutEmpty = (fields: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined));

/** The ss_ keys that sd-scripts writes and the WebUI shows. */
export function trainingMetadata(module: LoraModule, info: ModuleInfo): Record<string, string> {
  const { rank, alpha, rankPattern, alphaPattern } = commonSettings(module.layers);
  const uniform = Object.keys(rankPattern).length === 0 && Object.keys(alphaPattern).length === 0;
  const convLayers = new Map([...module.layers].filter(([, { kernel }]) => kernel > 1));
  const conv = convLayers.size > 0 ? commonSettings(convLayers) : undefined;
  return {
    ss_v2: info.baseFamily === "sd2" ? "True" : "False",
    ss_base_model_version: info.baseFamily === "sd2" ? "sd_v2" : "sd_v1",
    ss_network_module: "networks.lora",
    ss_network_dim: uniform ? String(rank) : DYNAMIC,
    ss_network_alpha: uniform ? String(alpha) : DYNAMIC,
    ss_network_args: JSON.stringify(conv ? { conv_dim: String(conv.rank), conv_alpha: String(conv.alpha) } : {}),
    ...(info.title ? { ss_output_name: info.title } : {}),
    ...info.training,
  };
}

/** The modelspec keys. */
export function specMetadata(info: ModuleInfo): Record<string, string> {
  return withoutEmpty({
    "modelspec.sai_model_spec": SPEC_VERSION,
    "modelspec.architecture": architecture(info),
    "modelspec.implementation": "diffusers",
    "modelspec.title": info.title ?? "LoRA",
    "modelspec.author": info.author,
    "modelspec.license": info.license,
    "modelspec.date": info.date,
    "modelspec.resolution": info.resolution,
    "modelspec.trigger_phrase": info.triggerPhrase,
    "modelspec.thumbnail": info.thumbnail,
    "modelspec.prediction_type": info.velocityPrediction ? "v" : "epsilon",
  });
}
