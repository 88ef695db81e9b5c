export { backProjected } from "./back-projection.ts";
export { imageErrors } from "./errors.ts";
export { seamScore } from "./seam-score.ts";
export { heightFromRgb, normalMap, occlusionMap, roughnessMap } from "./surface-maps.ts";
export { openUpscaler, Upscaler, type Picture, type Tile, type UpscaleOptions } from "./upscaler.ts";
