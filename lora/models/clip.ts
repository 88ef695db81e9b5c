/** Opens a CLIP in the Hugging Face layout (CLIPModel: both towers, both projections, logit_scale) and builds its halves. */
import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { openSafetensors } from "../format/index.ts";
import {
  div,
  exp,
  matmul,
  mul,
  reduceSum,
  reshape,
  sqrt,
  swapLast,
  cast,
  type Dim,
  type Value,
} from "../graph/index.ts";
import { linear, type Scope } from "../nn/index.ts";
import type { ClipActivation, ClipTower } from "./clip-layer.ts";
import { clipText, type ClipTextConfig } from "./clip-text.ts";
import { readClipTokenizer, type ClipTokenizer } from "./clip-tokenizer.ts";
import { clipVision, clipVisionSize, type ClipVisionConfig } from "./clip-vision.ts";
import { readClipPreprocessing, type ClipPreprocessing } from "./clip-pixels.ts";
import { CONVOLUTION_GROUPS, sideDivisor } from "./convolutional-vision.ts";
import { readConfig, type ConfigFile } from "./config-file.ts";
import { modelErrors } from "./errors.ts";
import { weightFiles } from "./weight-files.ts";
import { weightMap, type WeightMap } from "./weights.ts";

export interface ClipConfig {
  readonly text: ClipTextConfig;
  readonly vision: ClipVisionConfig;
  /** Width of the space that pictures and texts meet in. */
  readonly projectionDim: number;
}

export interface Clip {
  /** The folder as given. */
  readonly path: string;
  readonly name: string;
  readonly config: ClipConfig;
  readonly preprocessing: ClipPreprocessing;
  readonly tokenizer: ClipTokenizer;
  readonly weights: WeightMap;
}

/**
 * Pixels [N, 3, S, S] → the picture's unit vector.
 * @returns [N, projectionDim]
 */
export function clipImageEmbeddings(scope: Scope, pixels: Value, config: ClipConfig): Value {
  const pooled = clipVision(scope, pixels, config.vision);
  return unit(
    linear(scope.at("visual_projection"), pooled, clipVisionSize(config.vision), config.projectionDim, false),
  );
}

/**
 * What a text says, before it is projected: the state at its end marker.
 * @param tokens [N, S] int64
 * @param ends [N, S] float32: 1 at each row's first end marker, else 0; see `endMarks`
 * @returns [N, hiddenSize]
 */
export function clipPooledText(scope: Scope, tokens: Value, ends: Value, config: ClipTextConfig): Value {
  const [batch, length] = tokens.shape as [Dim, Dim];
  const states = clipText(scope, tokens, config);
  return reshape(matmul(reshape(ends, [batch, 1, length]), states), [batch, config.hiddenSize]);
}

/** Token ids → the text's unit vector. @param tokens, ends as `clipPooledText` takes them @returns [N, projectionDim] */
export function clipTextEmbeddings(scope: Scope, tokens: Value, ends: Value, config: ClipConfig): Value {
  const { hiddenSize } = config.text;
  const pooled = clipPooledText(scope, tokens, ends, config.text);
  return unit(linear(scope.at("text_projection"), pooled, hiddenSize, config.projectionDim, false));
}

/** What cosines are multiplied by before a softmax over texts: e^logit_scale, a scalar. */
export const clipScale = (scope: Scope): Value => exp(cast(scope.parameter("logit_scale", []), "float32"));

/** scale · pictures · textsᵀ: [pictures, texts] */
export const clipLogits = (images: Value, texts: Value, scale: Value): Value =>
  mul(matmul(images, swapLast(texts)), scale);

const unit = (x: Value): Value => div(x, sqrt(reduceSum(mul(x, x), [-1])));

/** 1 at the first end marker of each row of `length` ids, which transformers pools at; the text may hold none after a cut. */
export function endMarks(tokens: Int32Array, length: number, endId: number): Float32Array {
  const marks = new Float32Array(tokens.length);
  for (let row = 0; row < tokens.length; row += length) {
    const at = tokens.subarray(row, row + length).indexOf(endId);
    marks[row + Math.max(at, 0)] = 1;
  }
  return marks;
}

/** Texts as `clipPooledText` takes them: `tokens` and `ends`, [texts, length] each. */
export function clipTextFeeds(tokenizer: ClipTokenizer, texts: readonly string[], length: number) {
  const ids = Int32Array.from(texts.flatMap((text) => [...tokenizer.encode(text, length)]));
  const dims = [texts.length, length];
  return {
    tokens: { data: BigInt64Array.from(ids, BigInt), dims },
    ends: { data: endMarks(ids, length, tokenizer.endId), dims },
  };
}

/** Positions that the longest of the texts takes, with its start and end markers. */
export const clipTextLength = (tokenizer: ClipTokenizer, texts: readonly string[]): number =>
  Math.max(...texts.map((text) => tokenizer.encodeText(text).length)) + 2;

/** @throws CLIP_NOT_FOUND, BASE_CONFIG_INVALID, TOKENIZER_…, BASE_VOCABULARY and the errors of the safetensors reader */
export async function openClip(path: string): Promise<Clip> {
  const file = join(path, "config.json");
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw modelErrors.CLIP_NOT_FOUND(path, "no folder");
  if (!existsSync(file)) throw modelErrors.CLIP_NOT_FOUND(path, "a folder without config.json");
  const config = readClipConfig(path, file);
  const weights = new Map(
    weightFiles(path).flatMap((shard) => [...weightMap(openSafetensors(shard), (name) => [{ name }])]),
  );
  if (!weights.has("logit_scale")) throw modelErrors.BASE_TENSOR_MISSING(path, "logit_scale");
  const tokenizer = await readClipTokenizer(path);
  if (tokenizer.vocabSize > config.text.vocabSize)
    throw modelErrors.BASE_VOCABULARY(path, config.text.vocabSize, tokenizer.vocabSize);
  const preprocessing = readClipPreprocessing(join(path, "preprocessor_config.json"), config.vision.imageSize);
  return { path, name: basename(path), config, preprocessing, tokenizer, weights };
}

/** OpenAI's ViT-B/32, what transformers takes for keys that a config leaves out. */
const TEXT_DEFAULTS = { hiddenSize: 512, intermediateSize: 2048, layers: 12, heads: 8 };
const VISION_DEFAULTS = { hiddenSize: 768, intermediateSize: 3072, layers: 12, heads: 12 };

function readClipConfig(path: string, file: string): ClipConfig {
  const json = readConfig(file);
  const kind = json.object["model_type"];
  if (kind !== "clip")
    throw modelErrors.CLIP_NOT_FOUND(path, `a model of the kind ${JSON.stringify(kind) ?? "unknown"}`);
  const text = part(json, file, "text_config");
  const vision = part(json, file, "vision_config");
  return {
    text: {
      ...readTower(text, file, TEXT_DEFAULTS),
      vocabSize: text.count("vocab_size", 49_408),
      maxPositions: text.count("max_position_embeddings", 77),
    },
    vision: readVision(vision, file),
    projectionDim: json.count("projection_dim", 512),
  };
}

/** Of the mini CLIP: no model type of transformers. */
export const CONVOLUTIONAL_VISION = "convolutional_vision_model";

function readVision(json: ConfigFile, file: string): ClipVisionConfig {
  if (json.object["model_type"] === CONVOLUTIONAL_VISION) return readConvolutional(json, file);
  const imageSize = json.count("image_size", 224);
  const patchSize = json.count("patch_size", 32);
  checkDivides(file, imageSize, patchSize);
  return { ...readTower(json, file, VISION_DEFAULTS), imageSize, patchSize };
}

function readConvolutional(json: ConfigFile, file: string): ClipVisionConfig {
  const isWidth = (width: unknown): boolean =>
    Number.isInteger(width) && Number(width) > 0 && Number(width) % CONVOLUTION_GROUPS === 0;
  const isWidths = (value: unknown): value is [number, ...number[]] =>
    Array.isArray(value) && value.length > 0 && value.every(isWidth);
  const imageSize = json.count("image_size");
  const widths = json.get("widths", `a list of multiples of ${CONVOLUTION_GROUPS}`, isWidths);
  checkDivides(file, imageSize, sideDivisor(widths));
  return { imageSize, widths };
}

function checkDivides(file: string, imageSize: number, divisor: number): void {
  if (imageSize % divisor === 0) return;
  const key = "vision_config: image_size";
  throw modelErrors.BASE_CONFIG_INVALID(file, key, `a multiple of ${divisor}`, `${imageSize}`);
}

function part(json: ConfigFile, file: string, key: string): ConfigFile {
  const found = json.part(key);
  if (!found) throw modelErrors.BASE_CONFIG_INVALID(file, key, "an object", "nothing");
  return found;
}

function readTower(json: ConfigFile, file: string, defaults: Omit<ClipTower, "activation">): ClipTower {
  const isActivation = (v: unknown): v is ClipActivation => v === "quick_gelu" || v === "gelu";
  const tower = {
    hiddenSize: json.count("hidden_size", defaults.hiddenSize),
    intermediateSize: json.count("intermediate_size", defaults.intermediateSize),
    layers: json.count("num_hidden_layers", defaults.layers),
    heads: json.count("num_attention_heads", defaults.heads),
    activation: json.get("hidden_act", "quick_gelu or gelu", isActivation, "quick_gelu"),
  };
  if (tower.hiddenSize % tower.heads !== 0)
    throw modelErrors.BASE_CONFIG_INVALID(file, "hidden_size", `a multiple of ${tower.heads}`, `${tower.hiddenSize}`);
  return tower;
}
