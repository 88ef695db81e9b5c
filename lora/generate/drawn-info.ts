import type { StableDiffusion } from "../models/index.ts";
import { drawDefaults } from "./draw-defaults.ts";
import type { Picture } from "./painter.ts";
import { drawingFields, type GenerationInfo } from "./png-info.ts";
import type { DrawRequest } from "./studio.ts";

/** What goes into the PNG beside the pixels: all it takes to draw it again. */
export function drawnInfo(
  base: StableDiffusion,
  request: Omit<DrawRequest, "seeds">,
  picture: Picture,
  loraHashes: GenerationInfo["loraHashes"],
  modelHash?: string,
): GenerationInfo {
  const defaults = drawDefaults(base.drawing, request);
  return {
    prompt: request.prompt,
    negativePrompt: request.negative ?? "",
    steps: request.steps ?? defaults.steps,
    sampler: request.sampler ?? defaults.sampler,
    guidanceScale: request.guidanceScale ?? defaults.guidanceScale,
    seed: picture.seed,
    width: picture.width,
    height: picture.height,
    ...(modelHash === undefined ? {} : { modelHash }),
    model: base.name,
    loraHashes,
    others: drawingFields({ ...defaults, ...request }),
  };
}
