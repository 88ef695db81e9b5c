import { DRAW_DEFAULTS, type DrawRequest, type GenerationInfo, type Picture } from "../generate/index.ts";
import type { StableDiffusion } from "../models/index.ts";

/** What goes into the PNG beside the pixels: all it takes to draw it again. */
export function drawnInfo(
  base: StableDiffusion,
  request: Omit<DrawRequest, "seeds">,
  picture: Picture,
  loraHashes: GenerationInfo["loraHashes"],
  modelHash?: string,
): GenerationInfo {
  return {
    prompt: request.prompt,
    negativePrompt: request.negative ?? "",
    steps: request.steps ?? DRAW_DEFAULTS.steps,
    sampler: request.sampler ?? DRAW_DEFAULTS.sampler,
    guidanceScale: request.guidanceScale ?? DRAW_DEFAULTS.guidanceScale,
    seed: picture.seed,
    width: picture.width,
    height: picture.height,
    ...(modelHash === undefined ? {} : { modelHash }),
    model: base.name,
    loraHashes,
  };
}
