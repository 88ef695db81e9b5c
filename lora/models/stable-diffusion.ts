/** Opens a Stable Diffusion 1.x or 2.x base: a diffusers folder or a single `.safetensors` file. Reads headers only. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { openSafetensors, refusePickle, type SafetensorsFile } from "../format/index.ts";
import type { ClipTextConfig } from "./clip-text.ts";
import { openAiClipTokenizer, readClipTokenizer, type ClipTokenizer } from "./clip-tokenizer.ts";
import { readConfig } from "./config-file.ts";
import { readDrawingDefaults, type DrawingDefaults } from "./drawing-defaults.ts";
import { modelErrors } from "./errors.ts";
import { canonicalDiffusersName, sdNameLayoutOf, sdNames, type SdPart } from "./sd-names.ts";
import type { UnetConfig } from "./unet.ts";
import type { VaeConfig } from "./vae.ts";
import { weightMap, type WeightMap } from "./weights.ts";

export interface StableDiffusion {
  /** The folder or file as given. */
  readonly path: string;
  readonly name: string;
  readonly unet: UnetConfig;
  readonly vae: VaeConfig;
  readonly text: ClipTextConfig;
  /** Contents of `scheduler_config.json`. */
  readonly scheduler: Readonly<Record<string, unknown>>;
  readonly tokenizer: ClipTokenizer;
  readonly weights: Readonly<Record<SdPart, WeightMap>>;
  /** Pixels per latent. */
  readonly factor: number;
  /** Side of the pictures it was trained on, pixels. */
  readonly side: number;
  /** What it suggests for drawing with it. */
  readonly drawing: DrawingDefaults;
}

const PARTS: readonly SdPart[] = ["unet", "vae", "text_encoder"];

/** @throws BASE_… and the errors of the safetensors reader */
export async function openStableDiffusion(path: string): Promise<StableDiffusion> {
  if (!existsSync(path)) throw modelErrors.BASE_NOT_FOUND(path);
  return statSync(path).isDirectory() ? openFolder(path) : openSingleFile(path);
}

async function openFolder(path: string): Promise<StableDiffusion> {
  for (const part of PARTS)
    if (!existsSync(join(path, part, "config.json"))) throw modelErrors.BASE_PART_MISSING(path, part);
  const unet = readUnetConfig(join(path, "unet", "config.json"));
  const vae = readVaeConfig(join(path, "vae", "config.json"));
  const text = readTextConfig(join(path, "text_encoder", "config.json"));
  const schedulerFile = join(path, "scheduler", "scheduler_config.json");
  const weights = Object.fromEntries(
    PARTS.map((part) => [part, folderWeights(path, part)]),
  ) as StableDiffusion["weights"];
  requirePlain(path, unet.config, vae);
  const factor = 2 ** (vae.blockOutChannels.length - 1);
  return {
    path,
    name: basename(path),
    unet: unet.config,
    vae,
    text,
    scheduler: existsSync(schedulerFile) ? readConfig(schedulerFile).object : {},
    tokenizer: await readClipTokenizer(join(path, "tokenizer")),
    weights,
    factor,
    side: unet.sampleSize * factor,
    drawing: readDrawingDefaults(path),
  };
}

/** Inpainting and depth models take a mask or a depth map beside the latents. */
function requirePlain(path: string, unet: UnetConfig, vae: VaeConfig): void {
  if (unet.inChannels !== vae.latentChannels) throw modelErrors.BASE_INPUTS(path, vae.latentChannels, unet.inChannels);
}

const WEIGHT_FILES: readonly string[] = [
  "diffusion_pytorch_model.safetensors",
  "diffusion_pytorch_model.fp16.safetensors",
  "model.safetensors",
  "model.fp16.safetensors",
];

function folderWeights(path: string, part: SdPart): WeightMap {
  const file = WEIGHT_FILES.map((name) => join(path, part, name)).find(existsSync);
  if (!file) {
    for (const name of readdirSync(join(path, part))) if (name.endsWith(".bin")) refusePickle(join(path, part, name));
    throw modelErrors.BASE_PART_MISSING(path, `${part}/${WEIGHT_FILES[0]}`);
  }
  return weightMap(openSafetensors(file), (name) => [{ name: canonicalDiffusersName(part, name) }]);
}

async function openSingleFile(path: string): Promise<StableDiffusion> {
  const file = openSafetensors(path);
  const layout = sdNameLayoutOf(file.tensors.keys());
  if (!layout)
    throw modelErrors.BASE_PART_MISSING(
      path,
      "UNet, VAE and text encoder under the names of a Stable Diffusion 1.x or 2.x checkpoint",
    );
  const names = sdNames(layout);
  const ofPart = (part: SdPart) =>
    weightMap(file, (name) => names.toDiffusers(name).filter((ref) => ref.part === part));
  const weights = { unet: ofPart("unet"), vae: ofPart("vae"), text_encoder: ofPart("text_encoder") };
  const isV2 = layout.text.tower === "openclip";
  const unet = inferUnet(path, weights.unet, layout.unet, isV2);
  const vae = inferVae(path, weights.vae, layout.vae.layersPerBlock, layout.vae.blocks);
  requirePlain(path, unet, vae);
  return {
    path,
    name: basename(path).replace(/\.safetensors$/, ""),
    unet,
    vae,
    text: inferText(path, weights.text_encoder, isV2),
    scheduler: { prediction_type: isV2 && predictsVelocity(file) ? "v_prediction" : "epsilon" },
    tokenizer: await openAiClipTokenizer(isV2 ? { padToken: "!" } : {}),
    weights,
    factor: 2 ** (layout.vae.blocks - 1),
    side: isV2 && predictsVelocity(file) ? 768 : 512,
    drawing: {},
  };
}

/** A 2.x file does not say whether it predicts noise (512-base) or velocity (768-v): its metadata may, else 768-v. */
const predictsVelocity = (file: SafetensorsFile): boolean =>
  file.metadata["modelspec.prediction_type"] !== "epsilon" && !/base/i.test(basename(file.path));

function shapeOf(path: string, weights: WeightMap, name: string): readonly number[] {
  const tensor = weights.get(name);
  if (!tensor) throw modelErrors.BASE_TENSOR_MISSING(path, name);
  return tensor.shape;
}

function inferUnet(
  path: string,
  weights: WeightMap,
  layout: { layersPerBlock: number; attention: readonly boolean[] },
  isV2: boolean,
): UnetConfig {
  const widths = layout.attention.map((_, i) => shapeOf(path, weights, `down_blocks.${i}.resnets.0.conv1.weight`)[0]!);
  const context = shapeOf(path, weights, "mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight")[1]!;
  return {
    inChannels: shapeOf(path, weights, "conv_in.weight")[1]!,
    outChannels: shapeOf(path, weights, "conv_out.weight")[0]!,
    blockOutChannels: widths,
    attentionLevels: layout.attention,
    layersPerBlock: layout.layersPerBlock,
    crossAttentionDim: context,
    // 1.x: always 8 heads; 2.x: heads of 64.
    heads: widths.map((width) => (isV2 ? width / 64 : 8)),
    normNumGroups: 32,
    useLinearProjection: shapeOf(path, weights, "mid_block.attentions.0.proj_in.weight").length === 2,
  };
}

function inferVae(path: string, weights: WeightMap, layersPerBlock: number, blocks: number): VaeConfig {
  const widths = Array.from(
    { length: blocks },
    (_, i) => shapeOf(path, weights, `encoder.down_blocks.${i}.resnets.0.conv1.weight`)[0]!,
  );
  return {
    inChannels: shapeOf(path, weights, "encoder.conv_in.weight")[1]!,
    latentChannels: shapeOf(path, weights, "decoder.conv_in.weight")[1]!,
    blockOutChannels: widths,
    layersPerBlock,
    normNumGroups: 32,
    scalingFactor: 0.18215,
  };
}

function inferText(path: string, weights: WeightMap, isV2: boolean): ClipTextConfig {
  const [vocabSize, hiddenSize] = shapeOf(path, weights, "text_model.embeddings.token_embedding.weight") as [
    number,
    number,
  ];
  const inFile = [...weights.keys()].filter((name) => name.endsWith("layer_norm1.weight")).length;
  return {
    vocabSize,
    hiddenSize,
    intermediateSize: 4 * hiddenSize,
    // 2.x reads the last layer but one; its folders leave the last one out, single files do not.
    layers: isV2 ? inFile - 1 : inFile,
    heads: hiddenSize / 64,
    maxPositions: shapeOf(path, weights, "text_model.embeddings.position_embedding.weight")[0]!,
    activation: isV2 ? "gelu" : "quick_gelu",
  };
}

const DOWN_BLOCKS: Readonly<Record<string, boolean>> = { CrossAttnDownBlock2D: true, DownBlock2D: false };

function readUnetConfig(file: string): { config: UnetConfig; sampleSize: number } {
  const json = readConfig(file);
  const blockOutChannels = json.counts("block_out_channels");
  const attentionLevels = json.strings("down_block_types").map((type) => {
    const hasAttention = DOWN_BLOCKS[type];
    if (hasAttention === undefined)
      throw modelErrors.BASE_CONFIG_INVALID(file, "down_block_types", Object.keys(DOWN_BLOCKS).join(" or "), type);
    return hasAttention;
  });
  const isNone = (value: unknown): value is null => value === null;
  // SDXL's UNet also takes sizes and a pooled embedding; without them it would draw nonsense.
  json.get("addition_embed_type", "null (Stable Diffusion 1.x and 2.x; SDXL is not supported)", isNone, null);
  const config: UnetConfig = {
    inChannels: json.count("in_channels", 4),
    outChannels: json.count("out_channels", 4),
    blockOutChannels,
    attentionLevels,
    layersPerBlock: json.count("layers_per_block", 2),
    crossAttentionDim: json.count("cross_attention_dim"),
    heads: json.counts("attention_head_dim", blockOutChannels.length),
    normNumGroups: json.count("norm_num_groups", 32),
    useLinearProjection: json.object["use_linear_projection"] === true,
  };
  return { config, sampleSize: json.count("sample_size", 64) };
}

function readVaeConfig(file: string): VaeConfig {
  const json = readConfig(file);
  const isFactor = (v: unknown): v is number => typeof v === "number" && v > 0;
  return {
    inChannels: json.count("in_channels", 3),
    latentChannels: json.count("latent_channels", 4),
    blockOutChannels: json.counts("block_out_channels"),
    layersPerBlock: json.count("layers_per_block", 2),
    normNumGroups: json.count("norm_num_groups", 32),
    scalingFactor: json.get("scaling_factor", "a positive number", isFactor, 0.18215),
  };
}

function readTextConfig(file: string): ClipTextConfig {
  const json = readConfig(file);
  const isActivation = (v: unknown): v is ClipTextConfig["activation"] => v === "quick_gelu" || v === "gelu";
  return {
    vocabSize: json.count("vocab_size"),
    hiddenSize: json.count("hidden_size"),
    intermediateSize: json.count("intermediate_size"),
    layers: json.count("num_hidden_layers"),
    heads: json.count("num_attention_heads"),
    maxPositions: json.count("max_position_embeddings", 77),
    activation: json.get("hidden_act", "quick_gelu or gelu", isActivation, "quick_gelu"),
  };
}
