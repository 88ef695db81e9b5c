/** The encoder of the mini VAE, as it stands in a training's state. */
import { Graph, symbol } from "../graph/index.ts";
import { vaeEncode } from "../models/index.ts";
import { Scope, type Borders } from "../nn/index.ts";
import { Session, type HostTensor } from "../runtime/index.ts";
import { TrainableParameters } from "./full-training.ts";
import { miniVae } from "./mini-config.ts";

const SIDE = 128;

export interface VaeEncoder {
  /** @param image [3, 128, 128] in [-1, 1] @returns both [channels, 16, 16] */
  encode(image: Float32Array): Promise<{ mean: Float32Array; logVariance: Float32Array }>;
  close(): Promise<void>;
}

export async function openVaeEncoder(
  weights: Readonly<Record<string, HostTensor>>,
  { borders = "zeros", threads = 0 }: { borders?: Borders; threads?: number } = {},
): Promise<VaeEncoder> {
  const graph = new Graph();
  const image = graph.input("image", "float32", [symbol("N"), 3, SIDE, SIDE]);
  const { mean, logVariance } = vaeEncode(new Scope(new TrainableParameters(graph), "", borders), image, miniVae);
  const session = await Session.open({ mean, logVariance }, { threads });
  return {
    async encode(data) {
      const result = await session.run({ ...weights, image: { data, dims: [1, 3, SIDE, SIDE] } });
      return { mean: result.mean.data as Float32Array, logVariance: result.logVariance.data as Float32Array };
    },
    close: () => session.close(),
  };
}
