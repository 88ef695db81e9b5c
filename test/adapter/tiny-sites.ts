import type { ModuleSite } from "../../lora/adapter/index.ts";
import { siteKey } from "../../lora/adapter/index.ts";
import type { LoraLayer, LoraModule } from "../../lora/adapter/index.ts";
import { Random } from "../../lora/diffusion/index.ts";
import { downWidth } from "../../lora/adapter/site.ts";
import { moduleSites, type StableDiffusion } from "../../lora/models/index.ts";

/** Stable Diffusion 1.5 as its config files say. */
export const sd15: Pick<StableDiffusion, "unet" | "text"> = {
  unet: {
    inChannels: 4,
    outChannels: 4,
    blockOutChannels: [320, 640, 1280, 1280],
    attentionLevels: [true, true, true, false],
    layersPerBlock: 2,
    crossAttentionDim: 768,
    heads: [8, 8, 8, 8],
    normNumGroups: 32,
    useLinearProjection: false,
  },
  text: {
    vocabSize: 49408,
    hiddenSize: 768,
    intermediateSize: 3072,
    layers: 12,
    heads: 12,
    maxPositions: 77,
    activation: "quick_gelu",
  },
};
export const sd15Sites: readonly ModuleSite[] = moduleSites(sd15);

/** A module with values that half precision holds, on the sites given. */
export function randomModule(sites: readonly ModuleSite[], rank: number, alpha: number, seed: number): LoraModule {
  const random = new Random(seed);
  const draw = (size: number, bound: number) =>
    Float32Array.from({ length: size }, () => Math.round((2 * random.uniform() - 1) * 512) / 512).map((x) => x * bound);
  const layers = sites.map((site): [string, LoraLayer] => {
    const { inSize, outSize, kernel } = site;
    const down = draw(rank * downWidth(site), 0.25);
    return [siteKey(site), { rank, alpha, inSize, outSize, kernel, down, up: draw(outSize * rank, 0.25) }];
  });
  return { layers: new Map(layers), metadata: {} };
}
