export { imageErrors } from "./errors.ts";
export { heightFromRgb, normalMap, occlusionMap, roughnessMap } from "./surface-maps.ts";
