export { generateErrors } from "./errors.ts";
export { modelHash, moduleHash } from "./hashes.ts";
export { encodePng, readGenerationInfo, type GenerationInfo } from "./png-info.ts";
export { Painter, type PaintRequest, type Picture } from "./painter.ts";
export { checkPictureSize, DRAW_DEFAULTS, DrawingStudio, type DrawRequest } from "./studio.ts";
