import { recordSites, type Site } from "../adapter/index.ts";
import { Graph, symbol } from "../graph/index.ts";
import { Scope } from "../nn/index.ts";
import { clipText } from "./clip-text.ts";
import type { StableDiffusion } from "./stable-diffusion.ts";
import { unet } from "./unet.ts";
import { FrozenWeights } from "./weights.ts";

/** Every layer of UNet and text encoder that can carry an adapter, found by building their graphs once. */
export function adapterSites(base: StableDiffusion): Site[] {
  const side = 2 ** (base.unet.blockOutChannels.length - 1);
  const inUnet = recordSites("unet", (record) => {
    const graph = new Graph();
    const sample = graph.input("sample", "float32", [symbol("N"), base.unet.inChannels, side, side]);
    const timestep = graph.input("timestep", "float32", [symbol("N")]);
    const textEmbeddings = graph.input("textEmbeddings", "float32", [symbol("N"), 1, base.unet.crossAttentionDim]);
    unet(new Scope(new FrozenWeights(graph, "unet", base.weights.unet, record)), { sample, timestep, textEmbeddings }, base.unet);
  });
  const inText = recordSites("text_encoder", (record) => {
    const graph = new Graph();
    const tokens = graph.input("tokens", "int64", [symbol("N"), base.text.maxPositions]);
    clipText(new Scope(new FrozenWeights(graph, "text_encoder", base.weights.text_encoder, record)), tokens, base.text);
  });
  return [...inUnet, ...inText];
}
