/**
 * Writes the trained base as a diffusers folder in half precision: `node lora/recipe/export-base.ts --out assets/base/mini-sd`.
 * Reads the moving averages that `train-unet.ts` left in `--from`, and `train-vae.ts` and `whiten-latents.ts` in `--vae`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSafetensors, writeFileAtomic } from "../format/index.ts";
import type { HostTensor } from "../runtime/index.ts";
import { averagedWeights } from "./averaged-weights.ts";
import { miniSchedule, miniText, miniUnet, miniVae } from "./mini-config.ts";
import { writeTokenizer } from "./train-tokenizer.ts";
import { readVocabulary } from "./vocabulary-file.ts";
import { PYTORCH, writeHalfWeights } from "./weights-file.ts";

const SIDE = 128;
const LATENT_SIDE = 16;
/** The version of diffusers whose config keys these files follow. */
const DIFFUSERS = "0.35.0";

function writePart(dir: string, part: string, file: string, config: object, weights: Record<string, HostTensor>): void {
  const folder = join(dir, part);
  mkdirSync(folder, { recursive: true });
  writeHalfWeights(join(folder, file), weights, PYTORCH);
  writeJson(join(folder, "config.json"), config);
}

const writeJson = (path: string, value: object): void => writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);

/** The tensors below a prefix, without it. */
function below(weights: Record<string, HostTensor>, prefix: string): Record<string, HostTensor> {
  const inside = Object.entries(weights).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(inside.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

function unetConfig(): object {
  const down = miniUnet.attentionLevels.map((has) => (has ? "CrossAttnDownBlock2D" : "DownBlock2D"));
  const up = miniUnet.attentionLevels.toReversed().map((has) => (has ? "CrossAttnUpBlock2D" : "UpBlock2D"));
  return {
    _class_name: "UNet2DConditionModel",
    _diffusers_version: DIFFUSERS,
    sample_size: LATENT_SIDE,
    in_channels: miniUnet.inChannels,
    out_channels: miniUnet.outChannels,
    down_block_types: down,
    up_block_types: up,
    block_out_channels: miniUnet.blockOutChannels,
    layers_per_block: miniUnet.layersPerBlock,
    cross_attention_dim: miniUnet.crossAttentionDim,
    attention_head_dim: miniUnet.heads,
    norm_num_groups: miniUnet.normNumGroups,
  };
}

function vaeConfig(scalingFactor: number): object {
  const blocks = (type: string) => miniVae.blockOutChannels.map(() => type);
  return {
    _class_name: "AutoencoderKL",
    _diffusers_version: DIFFUSERS,
    sample_size: SIDE,
    in_channels: miniVae.inChannels,
    out_channels: miniVae.inChannels,
    down_block_types: blocks("DownEncoderBlock2D"),
    up_block_types: blocks("UpDecoderBlock2D"),
    block_out_channels: miniVae.blockOutChannels,
    layers_per_block: miniVae.layersPerBlock,
    latent_channels: miniVae.latentChannels,
    norm_num_groups: miniVae.normNumGroups,
    scaling_factor: scalingFactor,
  };
}

function textConfig(vocabSize: number): object {
  const text = miniText(vocabSize);
  return {
    architectures: ["CLIPTextModel"],
    model_type: "clip_text_model",
    vocab_size: vocabSize,
    hidden_size: text.hiddenSize,
    intermediate_size: text.intermediateSize,
    num_hidden_layers: text.layers,
    num_attention_heads: text.heads,
    max_position_embeddings: text.maxPositions,
    hidden_act: text.activation,
    projection_dim: text.hiddenSize,
    bos_token_id: vocabSize - 2,
    eos_token_id: vocabSize - 1,
    pad_token_id: vocabSize - 1,
  };
}

const { values: args } = parseArgs({
  options: {
    from: { type: "string", default: ".work/base" },
    vae: { type: "string", default: ".work/vae" },
    out: { type: "string", default: "assets/base/mini-sd" },
  },
});
const trained = averagedWeights(join(args.from, "unet-state.safetensors"));
const { scalingFactor } = openSafetensors(join(args.from, "latents.safetensors")).metadata;
const vocabulary = readVocabulary(join(args.from, "vocabulary.json"));
const vocabSize = vocabulary.vocab.size;
mkdirSync(args.out, { recursive: true });
const weightsFile = "diffusion_pytorch_model.safetensors";
writePart(args.out, "unet", weightsFile, unetConfig(), below(trained, "unet."));
writePart(args.out, "text_encoder", "model.safetensors", textConfig(vocabSize), below(trained, "text_encoder."));
writePart(
  args.out,
  "vae",
  weightsFile,
  vaeConfig(Number(scalingFactor)),
  averagedWeights(join(args.vae, "vae-state.safetensors")),
);
mkdirSync(join(args.out, "scheduler"), { recursive: true });
writeJson(join(args.out, "scheduler", "scheduler_config.json"), { _class_name: "DDIMScheduler", ...miniSchedule });
writeTokenizer(join(args.out, "tokenizer"), vocabulary, miniText(vocabSize).maxPositions);
writeJson(join(args.out, "model_index.json"), {
  _class_name: "StableDiffusionPipeline",
  _diffusers_version: DIFFUSERS,
  feature_extractor: [null, null],
  safety_checker: [null, null],
  scheduler: ["diffusers", "DDIMScheduler"],
  text_encoder: ["transformers", "CLIPTextModel"],
  tokenizer: ["transformers", "CLIPTokenizer"],
  unet: ["diffusers", "UNet2DConditionModel"],
  vae: ["diffusers", "AutoencoderKL"],
});
