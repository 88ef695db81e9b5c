/** `config.json` of a LLaMA-like model: LLaMA, TinyLlama, SmolLM2, Mistral, Qwen2, Qwen3, GLM-4. */
import { CHATGLM, chatGlmConfig } from "./chatglm.ts";
import { readConfig, type ConfigFile } from "./config-file.ts";
import { modelErrors } from "./errors.ts";
import { readRope, type Rope } from "./rope.ts";

export interface LlamaConfig {
  /** `model_type` as transformers spells it. */
  readonly family: Family;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Heads of keys and values, each shared by heads / kvHeads heads of queries. */
  readonly kvHeads: number;
  readonly headSize: number;
  /** Values of each head that are turned by their position: all, or the first of them. */
  readonly rotarySize: number;
  /** Turned in pairs of neighbours, not of one half with the other. */
  readonly isRotaryInterleaved: boolean;
  readonly normEpsilon: number;
  readonly qkvBias: boolean;
  readonly outBias: boolean;
  readonly mlpBias: boolean;
  /** Queries and keys are normalised per head before they are rotated. */
  readonly qkNorm: boolean;
  /** What attention and feed-forward say is normalised before it is added. */
  readonly hasOutputNorms: boolean;
  /** Gate and up are one layer, gate_up_proj. */
  readonly isGateUpFused: boolean;
  /** The token table is also the output layer. */
  readonly tiedEmbeddings: boolean;
  readonly maxPositions: number;
  readonly rope: Rope;
  /** Per layer: how many tokens, itself included, a token sees; undefined for all. */
  readonly windows: readonly (number | undefined)[];
}

type Family = "llama" | "mistral" | "qwen2" | "qwen3" | "glm" | "glm4";
type Traits = Pick<LlamaConfig, "qkvBias" | "outBias" | "windows"> & Partial<Rare>;
/** What only some families have. */
type Rare = Pick<LlamaConfig, "mlpBias" | "qkNorm" | "hasOutputNorms" | "isGateUpFused" | "isRotaryInterleaved"> & {
  /** Of each head, where the config does not say; undefined: the whole head, and nothing else is known. */
  readonly rotaryShare: number | undefined;
};
const COMMON: Rare = {
  mlpBias: false,
  qkNorm: false,
  hasOutputNorms: false,
  isGateUpFused: false,
  isRotaryInterleaved: false,
  rotaryShare: undefined,
};

const everyLayer = (json: ConfigFile, window: number | undefined): Traits["windows"] =>
  Array.from({ length: json.count("num_hidden_layers") }, () => window);

/** transformers' Qwen: the first `max_window_layers` see everything, the others the window. */
function qwenWindows(json: ConfigFile): Traits["windows"] {
  if (!json.flag("use_sliding_window", false)) return everyLayer(json, undefined);
  const window = json.count("sliding_window");
  if (json.object["layer_types"] !== undefined)
    return json.strings("layer_types").map((type) => (type === "sliding_attention" ? window : undefined));
  const isWhole = (v: unknown): v is number => Number.isInteger(v);
  const seeing = json.get("max_window_layers", "a whole number", isWhole, 28);
  return everyLayer(json, window).map((own, layer) => (layer >= seeing ? own : undefined));
}

const glm = (json: ConfigFile): Traits => ({
  qkvBias: json.flag("attention_bias", true),
  outBias: false,
  windows: everyLayer(json, undefined),
  isGateUpFused: true,
  isRotaryInterleaved: true,
  rotaryShare: 0.5,
});

/** What config files leave to the model's code. */
const traitsOf: Readonly<Record<Family, (json: ConfigFile) => Traits>> = {
  llama: (json) => {
    const bias = json.flag("attention_bias", false);
    const windows = everyLayer(json, undefined);
    return { qkvBias: bias, outBias: bias, mlpBias: json.flag("mlp_bias", false), windows };
  },
  mistral: (json) => {
    const window =
      (json.object["sliding_window"] ?? undefined) === undefined ? undefined : json.count("sliding_window");
    return { qkvBias: false, outBias: false, windows: everyLayer(json, window) };
  },
  qwen2: (json) => ({ qkvBias: true, outBias: false, windows: qwenWindows(json) }),
  qwen3: (json) => {
    const bias = json.flag("attention_bias", false);
    return { qkvBias: bias, outBias: bias, qkNorm: true, windows: qwenWindows(json) };
  },
  // GLM-4-9B.
  glm,
  // GLM-4-0414.
  glm4: (json) => ({ ...glm(json), hasOutputNorms: true }),
};

/** Phi and GLM turn a part of each head only. */
function rotarySizeOf(json: ConfigFile, headSize: number, share: number | undefined): number {
  const isShare = (v: unknown): v is number =>
    v === 1 || (share !== undefined && typeof v === "number" && v > 0 && v < 1);
  const within = json.part("rope_parameters");
  const said = within?.object["partial_rotary_factor"] === undefined ? json : within;
  const used = said.get("partial_rotary_factor", share === undefined ? "1" : "a share of 1", isShare, share ?? 1);
  return Math.floor(headSize * used);
}
/** Where it is not hidden_size / num_attention_heads and the file does not say. */
const headSizes: Partial<Record<Family, number>> = { qwen3: 128, glm: 128, glm4: 128 };
const FAMILIES = Object.keys(traitsOf).join(", ");
const isFamily = (value: unknown): value is Family => typeof value === "string" && Object.hasOwn(traitsOf, value);

/** @throws BASE_CONFIG_INVALID */
export function readLlamaConfig(file: string): LlamaConfig {
  const json = readConfig(file);
  return llamaConfig(file, json.object["model_type"] === CHATGLM ? chatGlmConfig(file, json) : json);
}

/** @param file what errors name @throws BASE_CONFIG_INVALID */
export function llamaConfig(file: string, json: ConfigFile): LlamaConfig {
  const family = json.get("model_type", `one of ${FAMILIES}`, isFamily);
  json.get("hidden_act", "silu", (v) => v === "silu", "silu");
  const { rotaryShare, ...traits } = { ...COMMON, ...traitsOf[family](json) };
  const hiddenSize = json.count("hidden_size");
  const heads = json.count("num_attention_heads");
  const maxPositions = json.count("max_position_embeddings", 2048);
  const headSize = json.count("head_dim", headSizes[family] ?? Math.floor(hiddenSize / heads));
  const rotarySize = rotarySizeOf(json, headSize, rotaryShare);
  const config = {
    family,
    vocabSize: json.count("vocab_size"),
    hiddenSize,
    intermediateSize: json.count("intermediate_size"),
    layers: json.count("num_hidden_layers"),
    heads,
    kvHeads: json.count("num_key_value_heads", heads),
    headSize,
    rotarySize,
    normEpsilon: json.positive("rms_norm_eps", 1e-6),
    tiedEmbeddings: json.flag("tie_word_embeddings", false),
    maxPositions,
    rope: readRope(json, { headSize: rotarySize, maxPositions }),
    ...traits,
  };
  if (config.heads % config.kvHeads !== 0)
    throw modelErrors.BASE_CONFIG_INVALID(
      file,
      "num_key_value_heads",
      `a divisor of ${heads} heads`,
      String(config.kvHeads),
    );
  if (rotarySize % 2 !== 0 || rotarySize === 0)
    throw modelErrors.BASE_CONFIG_INVALID(file, "head_dim", "an even number", String(config.headSize));
  return config;
}
