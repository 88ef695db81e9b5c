/**
 * Writes the trained mini CLIP as a Hugging Face folder in half precision: `node lora/recipe/export-clip.ts --from DIR
 * --out assets/base/mini-clip`. Reads the moving average that `train-clip.ts` left in `--from`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../format/index.ts";
import { CONVOLUTIONAL_VISION } from "../models/index.ts";
import { averagedWeights } from "./averaged-weights.ts";
import { miniClip, miniClipPixels, type MiniClipConfig } from "./mini-clip.ts";
import { writeTokenizer } from "./train-tokenizer.ts";
import { readVocabulary } from "./vocabulary-file.ts";
import { PYTORCH, writeHalfWeights } from "./weights-file.ts";

/** The layout of `config.json`: transformers' but for the vision tower. */
function clipConfig(config: MiniClipConfig): object {
  const { text, vision } = config;
  const end = text.vocabSize - 1;
  return {
    model_type: "clip",
    projection_dim: config.projectionDim,
    text_config: {
      model_type: "clip_text_model",
      hidden_size: text.hiddenSize,
      intermediate_size: text.intermediateSize,
      num_hidden_layers: text.layers,
      num_attention_heads: text.heads,
      hidden_act: text.activation,
      projection_dim: config.projectionDim,
      vocab_size: text.vocabSize,
      max_position_embeddings: text.maxPositions,
      bos_token_id: end - 1,
      eos_token_id: end,
      pad_token_id: end,
    },
    vision_config: { model_type: CONVOLUTIONAL_VISION, image_size: vision.imageSize, widths: vision.widths },
  };
}

/** Pillow's number of the bicubic filter. */
const BICUBIC = 3;
const pixelsConfig = {
  image_processor_type: "CLIPImageProcessor",
  do_convert_rgb: true,
  do_resize: true,
  size: { shortest_edge: miniClipPixels.shortestEdge },
  resample: BICUBIC,
  do_center_crop: true,
  crop_size: { height: miniClipPixels.cropSize, width: miniClipPixels.cropSize },
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: miniClipPixels.mean,
  image_std: miniClipPixels.deviation,
};

const { values: args } = parseArgs({
  options: {
    from: { type: "string", default: ".work/clip" },
    out: { type: "string", default: "assets/base/mini-clip" },
  },
});
const writeJson = (name: string, value: object): void =>
  writeFileAtomic(join(args.out, name), `${JSON.stringify(value, null, 2)}\n`);
const vocabulary = readVocabulary(join(args.from, "vocabulary.json"));
const config = miniClip(vocabulary.vocab.size);
const weights = averagedWeights(join(args.from, "clip-state.safetensors"));
mkdirSync(args.out, { recursive: true });
writeHalfWeights(join(args.out, "model.safetensors"), weights, PYTORCH);
writeJson("config.json", clipConfig(config));
writeJson("preprocessor_config.json", pixelsConfig);
writeTokenizer(args.out, vocabulary, config.text.maxPositions);
