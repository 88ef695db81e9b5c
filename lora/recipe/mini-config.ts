/** Sizes of the embedded base, "mini-sd": the architecture of Stable Diffusion 1.x in miniature. */
import type { ClipTextConfig, UnetConfig, VaeConfig } from "../models/index.ts";

export const miniVae: VaeConfig = {
  inChannels: 3,
  latentChannels: 4,
  blockOutChannels: [16, 32, 64, 64],
  layersPerBlock: 1,
  normNumGroups: 2,
  scalingFactor: 1,
};

export const miniUnet: UnetConfig = {
  inChannels: 4,
  outChannels: 4,
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
