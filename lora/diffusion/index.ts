export { cleanCoefficients, consistencyScalings, noiseCoefficients, solverTimesteps } from "./consistency.ts";
export { Random, type RandomState } from "./gaussian.ts";
export { combineGuidance, rescaleGuidance } from "./guidance.ts";
export { applyEmphasis, chunkTokens, type PromptTokenizer, type PromptTokens } from "./prompt-tokens.ts";
export { parsePrompt, type Prompt, type PromptLora, type PromptSegment } from "./prompt.ts";
export {
  createSampler,
  parseSamplerName,
  samplerDefaults,
  samplerNames,
  type Sampler,
  type SamplerId,
  type SamplerOptions,
} from "./samplers.ts";
export {
  NoiseSchedule,
  stableDiffusion1,
  stableDiffusion2,
  type PredictionType,
  type ScheduleConfig,
} from "./schedule.ts";
