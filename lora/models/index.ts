export type { DrawingDefaults } from "./drawing-defaults.ts";
export {
  clipImageEmbeddings,
  clipLogits,
  clipPooledText,
  clipScale,
  clipTextEmbeddings,
  clipTextFeeds,
  clipTextLength,
  endMarks,
  openClip,
  type Clip,
  type ClipConfig,
  CONVOLUTIONAL_VISION,
} from "./clip.ts";
export { clipVision, clipVisionSize, isConvolutional } from "./clip-vision.ts";
export { convolutionalSize, convolutionalVision, type ConvolutionalVisionConfig } from "./convolutional-vision.ts";
export { clipPixels, type ClipPreprocessing, type RgbPicture } from "./clip-pixels.ts";
export { clipText, type ClipTextConfig } from "./clip-text.ts";
export {
  ClipTokenizer,
  openAiClipTokenizer,
  readClipTokenizer,
  readClipVocabulary,
  type BpeVocabulary,
} from "./clip-tokenizer.ts";
// What training a vocabulary shares with reading one.
export {
  byteOrder,
  byteSymbols,
  END_TOKEN,
  mergePair,
  splitWords,
  START_TOKEN,
  WORD_END,
  wordSymbols,
} from "./clip-tokenizer.ts";
export {
  languageModelSites,
  openLanguageModel,
  openLanguageWeights,
  type LanguageModel,
  type LanguageWeights,
} from "./language-model.ts";
export {
  cachedFeeds,
  causalFeeds,
  llama,
  llamaInputs,
  llamaLogits,
  packedFeeds,
  type CachedRow,
  type LlamaFeeds,
  type LlamaInputs,
} from "./llama.ts";
export type { LlamaConfig } from "./llama-config.ts";
export { quantisedWeights, WEIGHT_KINDS, type WeightKind } from "./quantised-weights.ts";
export { TextTokenizer, type ChatMessage } from "./text-tokenizer.ts";
export { modelErrors } from "./errors.ts";
export { type SdPart } from "./sd-names.ts";
export { openStableDiffusion, type StableDiffusion } from "./stable-diffusion.ts";
export { attentionSlices, unet, type UnetConfig, type UnetInputs, type UnetOptions } from "./unet.ts";
export { vaeDecode, vaeEncode, type VaeConfig } from "./vae.ts";
export { FrozenWeights, weightMap, type WeightMap } from "./weights.ts";
export { moduleSites } from "./sites.ts";
