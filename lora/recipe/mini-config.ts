/** Sizes of the embedded base, "mini-sd": the architecture of Stable Diffusion 1.x in miniature. */
import { stableDiffusion2, type ScheduleConfig } from "../diffusion/index.ts";
import type { ClipTextConfig, UnetConfig, VaeConfig } from "../models/index.ts";

export const miniVae: VaeConfig = {
  inChannels: 3,
  latentChannels: 8,
  blockOutChannels: [16, 32, 64, 64],
  layersPerBlock: 1,
  normNumGroups: 2,
  scalingFactor: 1,
};

export const miniUnet: UnetConfig = {
  inChannels: miniVae.latentChannels,
  outChannels: miniVae.latentChannels,
  blockOutChannels: [64, 128, 192],
  attentionLevels: [false, true, true],
  layersPerBlock: 1,
  crossAttentionDim: 128,
  heads: [4, 4, 6],
  normNumGroups: 16,
  useLinearProjection: false,
};

/** `vocabSize` is that of the vocabulary trained on the captions. */
export const miniText = (vocabSize: number): ClipTextConfig => ({
  vocabSize,
  hiddenSize: 128,
  intermediateSize: 512,
  layers: 3,
  heads: 4,
  maxPositions: 48,
  activation: "quick_gelu",
});

/**
 * v-prediction down to no signal at all (Lin et al. 2023). On 16×16 latents the usual schedule leaves so much of a flat
 * background in the noisiest step that the UNet reads its colour there, from the noise, and not from the caption.
 */
export const miniSchedule: ScheduleConfig = {
  ...stableDiffusion2,
  rescale_betas_zero_snr: true,
  timestep_spacing: "trailing",
};
