/** The LLaMA decoder (Touvron et al. 2023) and its kin, with transformers' names. */
import {
  add,
  addDims,
  cast,
  concat,
  decodeWeight,
  expand,
  gather,
  matmul,
  mul,
  mulDims,
  mulScalar,
  reshape,
  rmsNormalization,
  silu,
  softmax,
  split,
  sub,
  swapLast,
  symbol,
  transpose,
  type Dim,
  type Graph,
  type Value,
} from "../graph/index.ts";
import { linear, product, type Scope } from "../nn/index.ts";
import type { LlamaConfig } from "./llama-config.ts";
import { rotaryTables } from "./rope.ts";

/** Finite stand-in for −∞: a row that may see nothing gives nonsense, not NaN. */
const MASKED = -1e9;

export interface LlamaInputs {
  /** [N, T] int64 */
  readonly tokens: Value;
  /** [P, T, rotarySize / 2], P = 1 where all rows have the same positions, else N */
  readonly cos: Value;
  readonly sin: Value;
  /** Added to the scores, [P, 1, T, S]: by window, undefined for layers that see everything. */
  readonly masks: ReadonlyMap<number | undefined, Value>;
  /** Keys and values of earlier tokens, [S − T, N, kvHeads, headSize] each, layer by layer. */
  readonly past?: readonly KeysAndValues[];
}
export interface KeysAndValues {
  readonly keys: Value;
  readonly values: Value;
}

export interface LlamaOutputs {
  /** After the final norm, [N, T, hiddenSize]. */
  readonly hidden: Value;
  /** This run's keys and values, [T, N, kvHeads, headSize] each, layer by layer. */
  readonly present: readonly KeysAndValues[];
}

/** Token ids → hidden states. */
export function llama(
  scope: Scope,
  inputs: LlamaInputs,
  config: LlamaConfig,
  { gradientCheckpointing = false }: { readonly gradientCheckpointing?: boolean } = {},
): LlamaOutputs {
  const root = scope.at("model");
  const { graph } = scope;
  const table = root.parameter("embed_tokens.weight", [config.vocabSize, config.hiddenSize]);
  // Rows are gathered before they are widened, so that the table itself is never copied.
  let x = cast(gather(table, inputs.tokens), "float32");
  const present: KeysAndValues[] = [];
  const shared = prepare(inputs, config);
  for (let i = 0; i < config.layers; i++) {
    const build = () => block(root.at("layers").at(i), x, shared, config, i);
    const { output, own } = gradientCheckpointing ? graph.checkpoint(build) : build();
    x = output;
    present.push(own);
  }
  return { hidden: norm(root.at("norm"), x, config), present };
}

/** The name of the output layer's matrix: with tied embeddings the table of tokens. */
export const outputWeight = ({ tiedEmbeddings }: LlamaConfig): string =>
  tiedEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";

/** Hidden states [M, hiddenSize] → logits [M, vocabSize]. */
export function llamaLogits(scope: Scope, hidden: Value, config: LlamaConfig): Value {
  return product(scope, outputWeight(config), hidden, [config.vocabSize, config.hiddenSize]);
}

interface Shared {
  readonly cos: Value;
  readonly sin: Value;
  /** [P, 1, heads / kvHeads · T, S] */
  readonly masks: LlamaInputs["masks"];
  readonly past: readonly KeysAndValues[] | undefined;
}

function prepare({ cos, sin, masks, past }: LlamaInputs, config: LlamaConfig): Shared {
  const group = config.heads / config.kvHeads;
  const perHead = (x: Value) => reshape(x, [x.shape[0]!, x.shape[1]!, 1, x.shape[2]!]);
  const repeated = new Map<number | undefined, Value>();
  for (const [window, mask] of masks) {
    const [rows, , t, s] = mask.shape as [Dim, Dim, Dim, Dim];
    const tall = expand(reshape(mask, [rows, 1, 1, t, s]), [rows, 1, group, t, s]);
    repeated.set(window, group === 1 ? mask : reshape(tall, [rows, 1, mulDims(group, t), s]));
  }
  return { cos: perHead(cos), sin: perHead(sin), masks: repeated, past };
}

function block(
  scope: Scope,
  x: Value,
  shared: Shared,
  config: LlamaConfig,
  index: number,
): { output: Value; own: KeysAndValues } {
  const { mixed, own } = attend(
    scope.at("self_attn"),
    norm(scope.at("input_layernorm"), x, config),
    shared,
    config,
    index,
  );
  const said = (name: string, y: Value) => (config.hasOutputNorms ? norm(scope.at(name), y, config) : y);
  const h = add(x, said("post_self_attn_layernorm", mixed));
  const wide = norm(scope.at("post_attention_layernorm"), h, config);
  return { output: add(h, said("post_mlp_layernorm", feedForward(scope.at("mlp"), wide, config))), own };
}

/** SwiGLU (Shazeer 2020): down(silu(gate(x)) · up(x)) */
function feedForward(scope: Scope, x: Value, config: LlamaConfig): Value {
  const { hiddenSize, intermediateSize, mlpBias, isGateUpFused } = config;
  const project = (name: string, count: number) =>
    linear(scope.at(name), x, hiddenSize, count * intermediateSize, mlpBias);
  const [gate, up] = isGateUpFused
    ? (split(project("gate_up_proj", 2), [intermediateSize, intermediateSize], -1) as [Value, Value])
    : [project("gate_proj", 1), project("up_proj", 1)];
  return linear(scope.at("down_proj"), mul(silu(gate), up), intermediateSize, hiddenSize, mlpBias);
}

function norm(scope: Scope, x: Value, { normEpsilon }: LlamaConfig): Value {
  const size = x.shape.at(-1) as number;
  return rmsNormalization(x, decodeWeight(scope.parameter("weight", [size]), x), normEpsilon);
}

/** Causal attention, kvHeads groups of heads / kvHeads queries: all queries of a group meet its keys in one product. */
function attend(
  scope: Scope,
  x: Value,
  { cos, sin, masks, past }: Shared,
  config: LlamaConfig,
  index: number,
): { mixed: Value; own: KeysAndValues } {
  const { heads, kvHeads, headSize, hiddenSize, qkvBias } = config;
  const [n, t] = x.shape as [Dim, Dim];
  const group = heads / kvHeads;
  const project = (name: string, count: number) =>
    reshape(linear(scope.at(name), x, hiddenSize, count * headSize, qkvBias), [n, t, count, headSize]);
  const perHead = (name: string, h: Value) => (config.qkNorm ? norm(scope.at(name), h, config) : h);
  const q = rotate(perHead("q_norm", project("q_proj", heads)), cos, sin, config);
  const k = rotate(perHead("k_norm", project("k_proj", kvHeads)), cos, sin, config);
  const own = { keys: transpose(k, [1, 0, 2, 3]), values: transpose(project("v_proj", kvHeads), [1, 0, 2, 3]) };
  const before = past?.[index];
  const all = (now: Value, then?: Value) => transpose(then ? concat([then, now], 0) : now, [1, 2, 0, 3]);
  const keys = all(own.keys, before?.keys);
  const values = all(own.values, before?.values);
  const grouped = transpose(reshape(mulScalar(q, headSize ** -0.5), [n, t, kvHeads, group, headSize]), [0, 2, 3, 1, 4]);
  const queries = reshape(grouped, [n, kvHeads, mulDims(group, t), headSize]);
  const scores = add(matmul(queries, swapLast(keys)), masks.get(config.windows[index])!);
  const heard = reshape(matmul(softmax(scores), values), [n, kvHeads, group, t, headSize]);
  const joined = reshape(transpose(heard, [0, 3, 1, 2, 4]), [n, t, heads * headSize]);
  return { mixed: linear(scope.at("o_proj"), joined, heads * headSize, hiddenSize, config.outBias), own };
}

/** Turns the pairs of x [N, T, heads, headSize] by their angles; what is beyond `rotarySize` stays. */
function rotate(x: Value, cos: Value, sin: Value, { headSize, rotarySize, isRotaryInterleaved }: LlamaConfig): Value {
  const half = rotarySize / 2;
  const rest = headSize - rotarySize;
  const [turned, kept] = rest > 0 ? (split(x, [rotarySize, rest], -1) as [Value, Value]) : [x];
  const [a, b] = split(isRotaryInterleaved ? inHalves(turned) : turned, [half, half], -1) as [Value, Value];
  return concat([sub(mul(a, cos), mul(b, sin)), add(mul(b, cos), mul(a, sin)), ...(kept ? [kept] : [])], -1);
}

/** First the first of each pair of neighbours, then the second. Queries and keys may stay so: scores do not know the order. */
function inHalves(x: Value): Value {
  const [n, t, heads, size] = x.shape as [Dim, Dim, Dim, number];
  return reshape(swapLast(reshape(x, [n, t, heads, size / 2, 2])), [n, t, heads, size]);
}

/** Windows that layers of the model have: one mask each. */
export const windowsOf = ({ windows }: LlamaConfig): (number | undefined)[] => [...new Set(windows)];
const maskName = (window: number | undefined) => (window === undefined ? "mask" : `mask.${window}`);

/**
 * The graph inputs of a model: tokens [N, T], cos and sin [P, T, half], masks [P, 1, T, S].
 * @param hasPast adds inputs past.{keys,values}.<layer> [P₀, N, kvHeads, headSize] with S = P₀ + T, else S = T
 * @param isPerRow P = N, else P = 1
 */
export function llamaInputs(graph: Graph, config: LlamaConfig, hasPast = false, isPerRow = hasPast): LlamaInputs {
  const [n, t, before] = [symbol("N"), symbol("T"), symbol("before")];
  const tokens = graph.input("tokens", "int64", [n, t]);
  const cacheShape = [before, n, config.kvHeads, config.headSize];
  const pastOf = (i: number): KeysAndValues => ({
    keys: graph.input(`past.keys.${i}`, "float32", cacheShape),
    values: graph.input(`past.values.${i}`, "float32", cacheShape),
  });
  const rows = isPerRow ? n : 1;
  const seen = hasPast ? addDims(before, t) : t;
  const half = config.rotarySize / 2;
  return {
    tokens,
    cos: graph.input("cos", "float32", [rows, t, half]),
    sin: graph.input("sin", "float32", [rows, t, half]),
    masks: new Map(windowsOf(config).map((w) => [w, graph.input(maskName(w), "float32", [rows, 1, t, seen])])),
    ...(hasPast ? { past: Array.from({ length: config.layers }, (_, i) => pastOf(i)) } : {}),
  };
}

export type LlamaFeeds = Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>;

/** Feeds beside the tokens for rows that all start at position 0, without a past; padding belongs on the right. */
export function causalFeeds(config: LlamaConfig, length: number): LlamaFeeds {
  const positions = Array.from({ length }, (_, i) => i);
  const { cos, sin } = rotaryTables(config.rope, config.rotarySize, positions);
  const dims = [1, length, config.rotarySize / 2];
  const feeds: LlamaFeeds = { cos: { data: cos, dims }, sin: { data: sin, dims } };
  for (const window of windowsOf(config)) {
    const mask = new Float32Array(length * length);
    for (let query = 0; query < length; query++)
      for (let key = 0; key < length; key++)
        if (key > query || query - key >= (window ?? Infinity)) mask[query * length + key] = MASKED;
    feeds[maskName(window)] = { data: mask, dims: [1, 1, length, length] };
  }
  return feeds;
}

/**
 * Feeds beside the tokens for rows that hold texts one after the other, without a past: each text begins at position 0 and
 * sees itself alone. Padding belongs on the right.
 * @param rows lengths of the texts of each row @param length T
 */
export function packedFeeds(config: LlamaConfig, rows: readonly (readonly number[])[], length: number): LlamaFeeds {
  const half = config.rotarySize / 2;
  const longest = Math.max(...rows.flat());
  const tables = rotaryTables(
    config.rope,
    config.rotarySize,
    Array.from({ length: longest }, (_, i) => i),
  );
  const cos = new Float32Array(rows.length * length * half);
  const sin = new Float32Array(cos.length);
  const masks = windowsOf(config).map((window) => ({
    window,
    mask: new Float32Array(rows.length * length * length).fill(MASKED),
  }));
  rows.forEach((texts, row) => {
    let start = 0;
    for (const size of texts) {
      cos.set(tables.cos.subarray(0, size * half), (row * length + start) * half);
      sin.set(tables.sin.subarray(0, size * half), (row * length + start) * half);
      for (const { window = Infinity, mask } of masks)
        for (let query = 0; query < size; query++) {
          const line = (row * length + start + query) * length + start;
          mask.fill(0, line + Math.max(0, query - window + 1), line + query + 1);
        }
      start += size;
    }
  });
  const dims = [rows.length, length, half];
  const feeds: LlamaFeeds = { cos: { data: cos, dims }, sin: { data: sin, dims } };
  for (const { window, mask } of masks)
    feeds[maskName(window)] = { data: mask, dims: [rows.length, 1, length, length] };
  return feeds;
}

/** What one row of a run with a past looks like. */
export interface CachedRow {
  /** Position of each slot of the cache, this run's included; −1 for slots that hold nothing of this row. */
  readonly slots: Int32Array;
  /** Position of each of this run's tokens; −1 for padding. */
  readonly positions: Int32Array;
}

/** Feeds beside tokens and cache for a run with a past. */
export function cachedFeeds(config: LlamaConfig, rows: readonly CachedRow[]): LlamaFeeds {
  const [{ slots, positions }] = rows as [CachedRow];
  const [seen, length, half] = [slots.length, positions.length, config.rotarySize / 2];
  const cos = new Float32Array(rows.length * length * half);
  const sin = new Float32Array(cos.length);
  // Row by row: some scalings depend on how long a row is.
  rows.forEach((row, r) => {
    const tables = rotaryTables(
      config.rope,
      config.rotarySize,
      row.positions.map((position) => Math.max(0, position)),
    );
    cos.set(tables.cos, r * length * half);
    sin.set(tables.sin, r * length * half);
  });
  const dims = [rows.length, length, half];
  const feeds: LlamaFeeds = { cos: { data: cos, dims }, sin: { data: sin, dims } };
  for (const window of windowsOf(config)) {
    const mask = new Float32Array(rows.length * length * seen);
    rows.forEach((row, r) => {
      for (let i = 0; i < length; i++) {
        const at = row.positions[i]!;
        const line = mask.subarray((r * length + i) * seen, (r * length + i + 1) * seen);
        for (let s = 0; s < seen; s++) {
          const slot = row.slots[s]!;
          if (slot < 0 || slot > at || at - slot >= (window ?? Infinity)) line[s] = MASKED;
        }
      }
    });
    feeds[maskName(window)] = { data: mask, dims: [rows.length, 1, length, seen] };
  }
  return feeds;
}
