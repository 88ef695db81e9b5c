/** Which of a model's files a base needs. */
import { hubErrors as errors } from "./errors.ts";
import type { HubFile, HubModel } from "./repository.ts";

const TEXT_FILES =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|model\.safetensors\.index)\.json$|^chat_template\.jinja$/;
const DOCUMENTS = /^(README\.md|LICEN[SC]E.*|NOTICE.*)$/i;
/** diffusers' folders of a Stable Diffusion model, and what is read of them. */
const PICTURE_FILES =
  /^(model_index\.json|(scheduler|tokenizer|text_encoder|unet|vae)\/[^/]+\.(json|txt|safetensors))$/;
/** "model.fp16.safetensors": the same weights once more. */
const VARIANT = /\.(fp16|bf16|non_ema)\.safetensors(\.index\.json)?$/;
const PICKLES = /\.(bin|ckpt|pt|pth)$/;

/**
 * @param only one file that is asked for by name
 * @throws HUB_NO_WEIGHTS, HUB_FILE_UNKNOWN
 */
export function chooseFiles({ name, files }: HubModel, only?: string): readonly HubFile[] {
  if (only !== undefined) {
    const file = files.find(({ path }) => path === only);
    if (file) return [file];
    const ending = only.slice(only.lastIndexOf("."));
    const near = files.map(({ path }) => path).filter((path) => path.endsWith(ending));
    throw errors.HUB_FILE_UNKNOWN(name, only, near.length > 0 ? ` (there are ${near.slice(0, 8).join(", ")})` : "");
  }
  const chosen = isPictureModel(files) ? pictureFiles(files) : textFiles(files);
  if (!chosen.some(({ path }) => path.endsWith(".safetensors"))) throw withoutWeights(name, files);
  return [...chosen, ...files.filter(({ path }) => DOCUMENTS.test(path))];
}

const isPictureModel = (files: readonly HubFile[]): boolean => files.some(({ path }) => path === "model_index.json");

function pictureFiles(files: readonly HubFile[]): HubFile[] {
  return files.filter(({ path }) => PICTURE_FILES.test(path) && !VARIANT.test(path));
}

/** Meta's and Mistral's repositories hold the weights a second time, as consolidated.safetensors. */
function textFiles(files: readonly HubFile[]): HubFile[] {
  const weights = files.filter(({ path }) => /^[^/]+\.safetensors$/.test(path) && !VARIANT.test(path));
  const usual = weights.filter(({ path }) => path.startsWith("model"));
  return [...files.filter(({ path }) => TEXT_FILES.test(path)), ...(usual.length > 0 ? usual : weights)];
}

function withoutWeights(name: string, files: readonly HubFile[]): Error {
  const gguf = files.map(({ path }) => path).filter((path) => path.endsWith(".gguf"));
  if (gguf.length > 0)
    return errors.HUB_NO_WEIGHTS(
      name,
      `${gguf.length} .gguf files`,
      `choose one: --file ${gguf.slice(0, 12).join(", ")}`,
    );
  const pickle = files.find(({ path }) => PICKLES.test(path));
  if (pickle)
    return errors.HUB_NO_WEIGHTS(name, pickle.path, "such files can run any program; take a model with .safetensors");
  return errors.HUB_NO_WEIGHTS(name, "none", "check that this is a model");
}
