import { errorTable } from "../format/index.ts";

export const modelErrors = errorTable({
  BASE_NOT_FOUND: (path: string) =>
    `base_model ${path}: expected a Stable Diffusion .safetensors file or a diffusers folder, got nothing there; check the path`,
  BASE_PART_MISSING: (path: string, part: string) =>
    `base_model ${path}: expected a Stable Diffusion 1.x or 2.x model, got no ${part}; this is another kind of model or an incomplete download`,
  BASE_CONFIG_INVALID: (file: string, key: string, expected: string, got: string) =>
    `${file}: ${key}: expected ${expected}, got ${got}; download the folder again or use a model of a supported kind`,
  BASE_INPUTS: (path: string, expected: number, got: number) =>
    `base_model ${path}: expected a UNet with ${expected} input channels, got ${got}; this is an inpainting or depth model, use the plain one`,
  CLIP_NOT_FOUND: (path: string, got: string) =>
    `${path}: expected a folder with a CLIP model (config.json of the kind "clip", tokenizer, *.safetensors), got ${got}; check the path, or download one such as openai/clip-vit-base-patch32`,
  BASE_TEXT_NOT_FOUND: (path: string, got: string) =>
    `base_model ${path}: expected a folder with a language model (config.json, tokenizer.json, *.safetensors) or a .gguf file, got ${got}; check the path`,
  BASE_TEXT_PART_MISSING: (path: string, part: string) =>
    `base_model ${path}: expected ${part}, got none; the download is incomplete`,
  BASE_VOCABULARY: (path: string, model: number, tokenizer: number) =>
    `base_model ${path}: expected a tokenizer of at most ${model} tokens as the weights have, got ${tokenizer}; tokenizer and weights belong to different models`,
  BASE_TEMPLATE: (path: string, reason: string) =>
    `base_model ${path}: expected a chat template that takes this conversation, got an error: ${reason}; change the roles or the order of the messages`,
  BASE_TENSOR_MISSING: (path: string, name: string) =>
    `base_model ${path}: expected a tensor ${name}, got none; this is another kind of model or an incomplete download`,
  BASE_TENSOR_SHAPE: (path: string, name: string, expected: string, got: string) =>
    `base_model ${path}: tensor ${name}: expected shape [${expected}], got [${got}]; config and weights do not belong together`,
  BASE_TENSOR_DTYPE: (path: string, name: string, got: string) =>
    `base_model ${path}: tensor ${name}: expected F32, F16 or BF16, got ${got}; convert the model to F16`,
});
