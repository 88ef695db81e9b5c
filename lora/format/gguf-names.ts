/** The only place that knows how llama.cpp calls the layers of a LLaMA-like model (its `gguf-py/gguf/tensor_mapping.py`). */

/** llama.cpp's part of a block's tensor name, transformers'. */
const BLOCK_PARTS: readonly (readonly [string, string])[] = [
  ["attn_norm", "input_layernorm"],
  ["attn_q", "self_attn.q_proj"],
  ["attn_k", "self_attn.k_proj"],
  ["attn_v", "self_attn.v_proj"],
  ["attn_output", "self_attn.o_proj"],
  ["attn_q_norm", "self_attn.q_norm"],
  ["attn_k_norm", "self_attn.k_norm"],
  ["ffn_norm", "post_attention_layernorm"],
  ["ffn_gate", "mlp.gate_proj"],
  ["ffn_up", "mlp.up_proj"],
  ["ffn_down", "mlp.down_proj"],
];
const OUTER: readonly (readonly [string, string])[] = [
  ["token_embd", "model.embed_tokens"],
  ["output_norm", "model.norm"],
  ["output", "lm_head"],
];
const reversed = (pairs: typeof OUTER) => new Map(pairs.map(([gguf, own]) => [own, gguf]));
const [partOf, outerOf] = [new Map(BLOCK_PARTS), new Map(OUTER)];
const [ggufPartOf, ggufOuterOf] = [reversed(BLOCK_PARTS), reversed(OUTER)];

/** "blk.3.attn_q" → "model.layers.3.self_attn.q_proj"; undefined for what no graph of ours asks for. */
export function fromGgufLayer(layer: string): string | undefined {
  const [, index, name = ""] = /^blk\.(\d{1,5})\.([a-z_]+)$/.exec(layer) ?? [];
  const part = partOf.get(name);
  return part === undefined ? outerOf.get(layer) : `model.layers.${Number(index)}.${part}`;
}

/** "model.layers.3.self_attn.q_proj" → "blk.3.attn_q". */
export function toGgufLayer(layer: string): string | undefined {
  const [, index, name = ""] = /^model\.layers\.(\d{1,5})\.([a-z_.]+)$/.exec(layer) ?? [];
  const part = ggufPartOf.get(name);
  return part === undefined ? ggufOuterOf.get(layer) : `blk.${index}.${part}`;
}

/** "blk.3.attn_q.weight" → "model.layers.3.self_attn.q_proj.weight". */
export function fromGgufName(name: string): string | undefined {
  const [, layer, suffix] = /^(.*)(\.(?:weight|bias))$/.exec(name) ?? [];
  const known = layer === undefined ? undefined : fromGgufLayer(layer);
  return known === undefined ? undefined : known + suffix!;
}

/** What llama.cpp calls the architecture of transformers' `model_type`. */
export const ggufArchitectures: Readonly<Record<string, string>> = {
  llama: "llama",
  mistral: "llama",
  qwen2: "qwen2",
  qwen3: "qwen3",
};

/**
 * llama.cpp turns neighbouring values of a head where transformers turns the first half against the second; files of the
 * llama architecture have the rows of queries and keys in that order.
 */
export const isInterleaved = (architecture: string, ggufName: string): boolean =>
  architecture === "llama" && /\.attn_[qk]\./.test(ggufName);

/** Rows of queries or keys in transformers' order: the first of each pair, then the second of each, head by head. */
export function rowsInHalves(bytes: Uint8Array<ArrayBuffer>, rows: number, headSize: number): Uint8Array<ArrayBuffer> {
  return reordered(bytes, rows, headSize, (within, half) => (within % half) * 2 + Math.floor(within / half));
}

/** Rows of queries or keys in llama.cpp's order: the first of each half, the second of each half… */
export function rowsInPairs(bytes: Uint8Array<ArrayBuffer>, rows: number, headSize: number): Uint8Array<ArrayBuffer> {
  return reordered(bytes, rows, headSize, (within, half) => Math.floor(within / 2) + (within % 2) * half);
}

function reordered(
  bytes: Uint8Array<ArrayBuffer>,
  rows: number,
  headSize: number,
  sourceOf: (within: number, half: number) => number,
): Uint8Array<ArrayBuffer> {
  const rowBytes = bytes.length / rows;
  const turned = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++) {
    const within = row % headSize;
    const from = row - within + sourceOf(within, headSize / 2);
    turned.set(bytes.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes);
  }
  return turned;
}
