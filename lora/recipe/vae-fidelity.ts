/** How well a VAE gives pictures back. */
import { rgbPlanes } from "../data/index.ts";
import { rgbBytes } from "../generate/index.ts";
import { Graph, symbol } from "../graph/index.ts";
import { FrozenWeights, vaeDecode, vaeEncode, type StableDiffusion, type VaeConfig } from "../models/index.ts";
import { Scope, type ParameterSource } from "../nn/index.ts";
import { Session, type Feeds, type SessionOptions } from "../runtime/index.ts";
import { heldOutAvatar } from "./held-out-styles.ts";
import { portrait } from "./portraits.ts";
import { rasterizePortrait } from "./render-data.ts";
import { heldOutTexture } from "./textures.ts";

const SIDE = 128;
const BACKGROUNDS = ["b6e3f4", "c0aede", "d1d4f9", "ffd5dc", "ffdfbf", "3d7a4f", "7a1f2b"];

/** RGB bytes [128, 128, 3] of one picture of a set. */
type Draw = (index: number) => Promise<Uint8Array>;

/** What no training sees. */
export const fidelitySets = {
  "portraits, held out": (index) => rasterizePortrait(portrait(index, "validation").svg),
  "textures, held out": async (index) => heldOutTexture(index).pixels,
  "styles never seen": (index) =>
    rasterizePortrait(heldOutAvatar(index, `vae ${index}`, BACKGROUNDS[index % BACKGROUNDS.length]!)),
} as const satisfies Readonly<Record<string, Draw>>;

export interface GiveBack {
  /** RGB bytes [128, 128, 3] through encoder and decoder. */
  readonly giveBack: (rgb: Uint8Array) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
}

/** @param sourceOf of encoder and decoder. @param weights what that source takes as feeds */
export async function openGiveBack(
  config: VaeConfig,
  sourceOf: (graph: Graph) => ParameterSource,
  weights: Feeds = {},
  options: SessionOptions = {},
): Promise<GiveBack> {
  const graph = new Graph();
  const scope = new Scope(sourceOf(graph));
  const image = graph.input("image", "float32", [symbol("N"), 3, SIDE, SIDE]);
  const session = await Session.open(
    { output: vaeDecode(scope, vaeEncode(scope, image, config).mean, config) },
    options,
  );
  return {
    giveBack: async (rgb) => {
      const { output } = await session.run({ ...weights, image: { data: rgbPlanes(rgb), dims: [1, 3, SIDE, SIDE] } });
      return rgbBytes(output.data as Float32Array);
    },
    close: () => session.close(),
  };
}

export const openBaseGiveBack = (base: StableDiffusion, options: SessionOptions): Promise<GiveBack> =>
  openGiveBack(base.vae, (graph) => new FrozenWeights(graph, "vae", base.weights.vae), {}, options);

export interface Fidelity {
  /** dB, of the mean square over all pictures. */
  readonly psnr: number;
  /** The mean error of red, green and blue, of 255. */
  readonly cast: readonly [number, number, number];
}

/** @param onPicture the original and what came back */
export async function measureFidelity(
  giveBack: GiveBack["giveBack"],
  draw: Draw,
  count: number,
  onPicture?: (original: Uint8Array, result: Uint8Array) => void,
): Promise<Fidelity> {
  let squares = 0;
  const errors: [number, number, number] = [0, 0, 0];
  for (let index = 0; index < count; index++) {
    const original = await draw(index);
    const result = await giveBack(original);
    original.forEach((level, i) => {
      const error = result[i]! - level;
      squares += error ** 2;
      errors[(i % 3) as 0 | 1 | 2] += error;
    });
    onPicture?.(original, result);
  }
  const values = count * SIDE * SIDE;
  const [red, green, blue] = errors;
  return {
    psnr: 10 * Math.log10((255 ** 2 * 3 * values) / squares),
    cast: [red / values, green / values, blue / values],
  };
}
