export { Random, type RandomState } from "./gaussian.ts";
export {
  createSampler,
  parseSamplerName,
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
