/**
 * ChatGLM3 as its makers publish it (`model_type: chatglm`): the model that transformers calls glm, with other names, with
 * queries, keys and values in one matrix, and with a vocabulary of SentencePiece.
 */
import type { FileTensor } from "../graph/index.ts";
import { ConfigFile } from "./config-file.ts";
import { modelErrors } from "./errors.ts";
import type { LlamaConfig } from "./llama-config.ts";
import type { WeightMap } from "./weights.ts";

export const CHATGLM = "chatglm";

/** Their keys as transformers' for glm. @throws BASE_CONFIG_INVALID */
export function chatGlmConfig(file: string, json: ConfigFile): ConfigFile {
  json.get("rmsnorm", "true", (v) => v === true, true);
  json.get("apply_residual_connection_post_layernorm", "false", (v) => v === false, false);
  json.get("add_bias_linear", "false", (v) => v === false, false);
  const heads = json.count("num_attention_heads");
  const hasGroups = json.flag("multi_query_attention", false);
  return new ConfigFile(file, {
    model_type: "glm",
    hidden_size: json.count("hidden_size"),
    intermediate_size: json.count("ffn_hidden_size"),
    num_hidden_layers: json.count("num_layers"),
    num_attention_heads: heads,
    num_key_value_heads: hasGroups ? json.count("multi_query_group_num") : heads,
    head_dim: json.count("kv_channels"),
    max_position_embeddings: json.count("seq_length"),
    vocab_size: json.count("padded_vocab_size"),
    rms_norm_eps: json.positive("layernorm_epsilon", 1e-5),
    attention_bias: json.flag("add_qkv_bias", false),
    tie_word_embeddings: json.flag("tie_word_embeddings", false),
    rope_theta: 10_000 * json.positive("rope_ratio", 1),
  });
}

const LAYER_PARTS: Readonly<Record<string, string>> = {
  input_layernorm: "input_layernorm",
  "self_attention.dense": "self_attn.o_proj",
  post_attention_layernorm: "post_attention_layernorm",
  "mlp.dense_h_to_4h": "mlp.gate_up_proj",
  "mlp.dense_4h_to_h": "mlp.down_proj",
};
/** By this a folder's weights are known to have these names. */
export const CHATGLM_TABLE = "transformer.embedding.word_embeddings.weight";
const OUTER: Readonly<Record<string, string>> = {
  [CHATGLM_TABLE]: "model.embed_tokens.weight",
  "transformer.encoder.final_layernorm.weight": "model.norm.weight",
  "transformer.output_layer.weight": "lm_head.weight",
};
const FUSED = "self_attention.query_key_value";

/** The weights by transformers' names. @throws BASE_TENSOR_SHAPE */
export function chatGlmWeights(weights: WeightMap, { heads, kvHeads, headSize }: LlamaConfig): WeightMap {
  const renamed = new Map<string, FileTensor>();
  const rows = { q_proj: heads * headSize, k_proj: kvHeads * headSize, v_proj: kvHeads * headSize };
  for (const [name, tensor] of weights) {
    const [, index, part = "", suffix] =
      /^transformer\.encoder\.layers\.(\d{1,5})\.(.*)\.(weight|bias)$/.exec(name) ?? [];
    const layer = `model.layers.${Number(index)}`;
    if (part === FUSED)
      for (const [own, slice] of rowSlices(name, tensor, rows))
        renamed.set(`${layer}.self_attn.${own}.${suffix}`, slice);
    else if (Object.hasOwn(LAYER_PARTS, part)) renamed.set(`${layer}.${LAYER_PARTS[part]}.${suffix}`, tensor);
    else if (Object.hasOwn(OUTER, name)) renamed.set(OUTER[name]!, tensor);
  }
  return renamed;
}

/** Consecutive rows of a matrix, each where it lies in the file. */
function* rowSlices(
  name: string,
  tensor: FileTensor,
  counts: Readonly<Record<string, number>>,
): Iterable<[string, FileTensor]> {
  const [all = 0, ...rest] = tensor.shape;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (all !== total) throw modelErrors.BASE_TENSOR_SHAPE(tensor.path, name, `${total}, …`, tensor.shape.join(", "));
  const rowBytes = tensor.byteLength / all;
  let first = 0;
  for (const [own, count] of Object.entries(counts)) {
    const place = { offset: tensor.offset + first * rowBytes, byteLength: count * rowBytes };
    yield [own, { ...tensor, ...place, shape: [count, ...rest] }];
    first += count;
  }
}

/** Tokens that follow those of SentencePiece, in this order. Theirs write sop and eop without brackets, and never read them in texts. */
export const CHATGLM_TOKENS = [
  "[MASK]",
  "[gMASK]",
  "[sMASK]",
  "<sop>",
  "<eop>",
  "<|system|>",
  "<|user|>",
  "<|assistant|>",
  "<|observation|>",
];
/** A reply is over where another turn would begin. */
export const CHATGLM_ENDS = ["</s>", "<|user|>", "<|observation|>"];
export const CHATGLM_TEMPLATE = `[gMASK]<sop>{% for message in messages %}{{ "<|" + message.role + "|>\\n " + message.content }}{% endfor %}\
{% if add_generation_prompt %}<|assistant|>{% endif %}`;
