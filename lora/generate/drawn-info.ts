import type { StableDiffusion } from "../models/index.ts";
import { withDrawDefaults } from "./draw-defaults.ts";
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
  const drawn = withDrawDefaults(base.drawing, request);
  return {
    prompt: drawn.prompt,
    negativePrompt: drawn.negative ?? "",
    steps: drawn.steps,
    sampler: drawn.sampler,
    guidanceScale: drawn.guidanceScale,
    seed: picture.seed,
    width: picture.width,
    height: picture.height,
    ...(modelHash === undefined ? {} : { modelHash }),
    model: base.name,
    loraHashes,
    others: drawingFields(drawn),
  };
}
