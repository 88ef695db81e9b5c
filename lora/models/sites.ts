import { recordSites, type ModuleSite } from "../adapter/index.ts";
import { symbol } from "../graph/index.ts";
import { Scope } from "../nn/index.ts";
import { clipText } from "./clip-text.ts";
import type { StableDiffusion } from "./stable-diffusion.ts";
import { unet } from "./unet.ts";

/** Every layer of UNet and text encoder that a module can adapt, found by building their graphs once, without weights. */
export function moduleSites(base: Pick<StableDiffusion, "unet" | "text">): ModuleSite[] {
  const side = 2 ** (base.unet.blockOutChannels.length - 1);
  const inUnet = recordSites("unet", (source) => {
    const sample = source.graph.input("sample", "float32", [symbol("N"), base.unet.inChannels, side, side]);
    const timestep = source.graph.input("timestep", "float32", [symbol("N")]);
    const textEmbeddings = source.graph.input("textEmbeddings", "float32", [
      symbol("N"),
      1,
      base.unet.crossAttentionDim,
    ]);
    unet(new Scope(source), { sample, timestep, textEmbeddings }, base.unet);
  });
  const inText = recordSites("text_encoder", (source) => {
    const tokens = source.graph.input("tokens", "int64", [symbol("N"), base.text.maxPositions]);
    clipText(new Scope(source), tokens, base.text);
  });
  return [...inUnet, ...inText];
}
