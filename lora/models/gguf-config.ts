/** A GGUF file's metadata as the `config.json` that the same model has on the Hugging Face hub. */
import { ggufArchitectures, readGgufTensor, type GgufFile } from "../format/index.ts";
import { ConfigFile } from "./config-file.ts";
import { modelErrors } from "./errors.ts";
import { llamaConfig, type LlamaConfig } from "./llama-config.ts";

const ARCHITECTURES: readonly string[] = [...new Set(Object.values(ggufArchitectures))];

export function ggufArchitecture({ path, metadata }: GgufFile): string {
  const refuse = (key: string, expected: string, got: unknown) =>
    modelErrors.BASE_CONFIG_INVALID(
      path,
      key,
      expected,
      typeof got === "string" ? got : (JSON.stringify(got) ?? "nothing"),
    );
  const type = metadata.get("general.type") ?? "model";
  if (type !== "model") throw refuse("general.type", "model", type);
  const architecture = metadata.get("general.architecture");
  if (typeof architecture !== "string" || !ARCHITECTURES.includes(architecture))
    throw refuse("general.architecture", `one of ${ARCHITECTURES.join(", ")}`, architecture);
  const parts = metadata.get("split.count") ?? 1;
  if (parts !== 1 && parts !== 0) throw refuse("split.count", "1, the model in one file", parts);
  const experts = metadata.get(`${architecture}.expert_count`) ?? 0;
  if (experts !== 0) throw refuse(`${architecture}.expert_count`, "0", experts);
  return architecture;
}

/** @throws BASE_CONFIG_INVALID, GGUF_… */
export function ggufConfig(file: GgufFile): LlamaConfig {
  const architecture = ggufArchitecture(file);
  const of = (key: string) => file.metadata.get(`${architecture}.${key}`);
  const [hiddenSize, heads] = [of("embedding_length"), of("attention.head_count")];
  const headSize = of("attention.key_length") ?? Number(hiddenSize) / Number(heads);
  const object = {
    model_type: architecture,
    hidden_size: hiddenSize,
    intermediate_size: of("feed_forward_length"),
    num_hidden_layers: of("block_count"),
    num_attention_heads: heads,
    num_key_value_heads: of("attention.head_count_kv"),
    head_dim: headSize,
    max_position_embeddings: of("context_length"),
    vocab_size: file.tensors.get("token_embd.weight")?.shape[0],
    rms_norm_eps: of("attention.layer_norm_rms_epsilon"),
    tie_word_embeddings: !file.tensors.has("output.weight"),
    attention_bias: file.tensors.has("blk.0.attn_q.bias"),
    mlp_bias: file.tensors.has("blk.0.ffn_up.bias"),
    partial_rotary_factor: Number(of("rope.dimension_count") ?? headSize) / Number(headSize),
    rope_parameters: ropeParameters(file, of),
  };
  return llamaConfig(file.path, new ConfigFile(file.path, object));
}

function ropeParameters(file: GgufFile, of: (key: string) => unknown): Record<string, unknown> {
  const theta = of("rope.freq_base") ?? 10_000;
  // Llama 3's scaling comes as divisors, worked out by the converter.
  const divisors = file.tensors.get("rope_freqs.weight");
  if (divisors) {
    const factors = [...readGgufTensor(file, divisors)];
    return {
      rope_type: "longrope",
      rope_theta: theta,
      short_factor: factors,
      long_factor: factors,
      attention_factor: 1,
    };
  }
  const type = of("rope.scaling.type") ?? "none";
  if (type === "none") return { rope_type: "default", rope_theta: theta };
  const factor = of("rope.scaling.factor");
  const common = { rope_type: type, rope_theta: theta, factor };
  if (type !== "yarn") return common;
  return {
    ...common,
    original_max_position_embeddings: of("rope.scaling.original_context_length"),
    beta_fast: of("rope.scaling.yarn_beta_fast"),
    beta_slow: of("rope.scaling.yarn_beta_slow"),
    // llama.cpp's factor comes on top of the paper's.
    attention_factor: Number(of("rope.scaling.attn_factor") ?? 1) * (0.1 * Math.log(Math.max(1, Number(factor))) + 1),
  };
}
