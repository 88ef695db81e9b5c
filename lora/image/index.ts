export { backProjected } from "./back-projection.ts";
export { imageErrors } from "./errors.ts";
export { encodePicture } from "./encode-picture.ts";
export { seamScore } from "./seam-score.ts";
export {
  heightFromRgb,
  normalMap,
  occlusionMap,
  roughnessMap,
  surfaceMaps,
  type SurfaceMapsOptions,
} from "./surface-maps.ts";
export { openUpscaler, Upscaler, UPSCALER_NAME, type Picture, type Tile, type UpscaleOptions } from "./upscaler.ts";
