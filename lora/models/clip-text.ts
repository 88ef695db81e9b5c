/** CLIPTextModel (transformers' names): OpenAI's tower of SD 1.x and, with `gelu`, OpenCLIP's of SD 2.x. */
import { add, cast, constant, gather, reshape, type Value } from "../graph/index.ts";
import { layerNorm, type Scope } from "../nn/index.ts";
import { clipLayer, type ClipTower } from "./clip-layer.ts";

export interface ClipTextConfig extends ClipTower {
  readonly vocabSize: number;
  readonly maxPositions: number;
}

/** Finite stand-in for −∞ that survives half precision. */
const MASKED = -1e4;

/**
 * Token ids → one embedding per position after the final layer norm.
 * @param tokens [N, S] int64, S at most `maxPositions`
 * @param skipLayers how many last layers to leave out ("clip skip" − 1)
 * @returns [N, S, hiddenSize]
 */
export function clipText(scope: Scope, tokens: Value, config: ClipTextConfig, skipLayers = 0): Value {
  const root = scope.at("text_model");
  const { hiddenSize: width, maxPositions } = config;
  const length = tokens.shape[1] as number;
  const table = root.parameter("embeddings.token_embedding.weight", [config.vocabSize, width]);
  const positions = root.parameter("embeddings.position_embedding.weight", [maxPositions, width]);
  const position = rowsAsFloat(
    positions,
    Array.from({ length }, (_, i) => i),
  );
  let h = add(asFloat(gather(table, tokens)), reshape(position, [1, length, width]));
  const mask = causalMask(h, length);
  for (let i = 0; i < config.layers - skipLayers; i++) h = clipLayer(root.at("encoder.layers").at(i), h, config, mask);
  return layerNorm(root.at("final_layer_norm"), h, width);
}

/** 0 on and below the diagonal, −10⁴ above: each token sees itself and what came before. */
function causalMask(like: Value, length: number): Value {
  const mask = Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? MASKED : 0));
  return constant(like, mask, [1, 1, length, length]);
}

const asFloat = (x: Value): Value => cast(x, "float32");
/** The first rows of an embedding table, gathered before they are widened, so that the table itself is never copied. */
const rowsAsFloat = (table: Value, rows: readonly number[]): Value =>
  asFloat(gather(table, constant(table, rows, [rows.length], "int64")));
