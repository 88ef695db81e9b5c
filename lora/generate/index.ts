export { generateErrors } from "./errors.ts";
export { modelHash, moduleHash } from "./hashes.ts";
export { encodePng, readGenerationInfo, type GenerationInfo } from "./png-info.ts";
export { Painter, type PaintRequest, type Picture } from "./painter.ts";
export { checkPictureSize, drawDefaults, DrawingStudio, type DrawRequest } from "./studio.ts";
export { TextDecoder, type DecodingBatch } from "./text-decoder.ts";
export type { JsonSchema } from "./json-schema.ts";
export { SAMPLING_DEFAULTS, type SamplingOptions } from "./token-sampler.ts";
export { REPLY_DEFAULTS, VoiceStudio, type Reply, type ReplyRequest } from "./voice-studio.ts";
