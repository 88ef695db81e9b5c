/** The only place that knows how llama.cpp calls the tensors of a LLaMA-like model (its `gguf-py/gguf/tensor_mapping.py`). */

/** llama.cpp's part of a block's tensor name → transformers'. */
const BLOCK_PARTS: Readonly<Record<string, string>> = {
  attn_norm: "input_layernorm",
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  attn_q_norm: "self_attn.q_norm",
  attn_k_norm: "self_attn.k_norm",
  ffn_norm: "post_attention_layernorm",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
};
const OUTER: Readonly<Record<string, string>> = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
};
const BLOCK = /^blk\.(\d{1,5})\.([a-z_]+)$/;

/** "blk.3.attn_q" → "model.layers.3.self_attn.q_proj"; undefined for what no graph of ours asks for. */
function layerOf(ggufLayer: string): string | undefined {
  const block = BLOCK.exec(ggufLayer);
  if (!block) return Object.hasOwn(OUTER, ggufLayer) ? OUTER[ggufLayer] : undefined;
  const [, index, part] = block as unknown as [string, string, string];
  return Object.hasOwn(BLOCK_PARTS, part) ? `model.layers.${Number(index)}.${BLOCK_PARTS[part]}` : undefined;
}

/** "blk.3.attn_q.weight" → "model.layers.3.self_attn.q_proj.weight". */
export function fromGgufName(name: string): string | undefined {
  const [, layer, suffix] = /^(.*)(\.(?:weight|bias))$/.exec(name) ?? [];
  const known = layer === undefined ? undefined : layerOf(layer);
  return known === undefined ? undefined : known + suffix!;
}

/**
 * llama.cpp turns neighbouring values of a head where transformers turns the first half against the second; files of the
 * llama architecture have the rows of queries and keys in that order.
 */
export const isInterleaved = (architecture: string, ggufName: string): boolean =>
  architecture === "llama" && /\.attn_[qk]\.(weight|bias)$/.test(ggufName);
