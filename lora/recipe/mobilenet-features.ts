/** What MobileNetV2 sees in a picture, as numbers by which sets of pictures are compared. */
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { openSafetensors, readTensorRaw, type SafetensorsFile } from "../format/index.ts";
import { Graph, symbol } from "../graph/index.ts";
import { Session } from "../runtime/index.ts";
import { mobileNetV2, type FoldedConv } from "./mobilenet-v2.ts";

const WEIGHTS = fileURLToPath(new URL("../../assets/measure/nsfwjs-mobilenet-v2.safetensors", import.meta.url));
/** Of the pictures that the network was trained on. */
const SIDE = 224;
const BATCH_NORM_EPSILON = 1e-3;

/** Of each tensor: value = scale · byte + least. */
export type Quantisation = Readonly<Record<string, readonly [least: number, scale: number]>>;

/** The network's convolutions, from the bytes and the metadata "quantisation" that `mobilenet-convert.ts` writes. */
export function foldedConvolutions(file: SafetensorsFile): (name: string) => FoldedConv {
  const quantisation = JSON.parse(file.metadata["quantisation"] ?? "{}") as Quantisation;
  const read = (name: string): Float32Array => {
    const { data } = readTensorRaw(file, name);
    const [least, scale] = quantisation[name]!;
    return Float32Array.from(data as Uint8Array, (byte) => scale * byte + least);
  };
  return (name) => {
    const [weight, gamma, beta] = [read(`${name}.weight`), read(`${name}.gamma`), read(`${name}.beta`)];
    const [mean, variance] = [read(`${name}.mean`), read(`${name}.variance`)];
    // γ·(w∗x − μ) / √(σ² + ε) + β = (s·w)∗x + (β − s·μ) with s = γ / √(σ² + ε)
    const factor = gamma.map((value, o) => value / Math.sqrt(variance[o]! + BATCH_NORM_EPSILON));
    const perOutput = weight.length / gamma.length;
    return {
      weight: {
        data: weight.map((value, i) => value * factor[Math.floor(i / perOutput)]!),
        shape: file.tensors.get(`${name}.weight`)!.shape,
      },
      bias: beta.map((value, o) => value - factor[o]! * mean[o]!),
    };
  };
}

/** RGB bytes [side, side, 3] → [3, 224, 224] in 0 … 1, enlarged bilinearly. */
async function enlarged(rgb: Uint8Array, side: number): Promise<Float32Array> {
  const picture = sharp(rgb, { raw: { width: side, height: side, channels: 3 } });
  const bytes = await picture.resize(SIDE, SIDE, { kernel: "linear" }).raw().toBuffer();
  const plane = SIDE * SIDE;
  return Float32Array.from({ length: 3 * plane }, (_, i) => bytes[3 * (i % plane) + Math.floor(i / plane)]! / 255);
}

export class FeatureReader {
  private readonly session: Session<"features">;

  private constructor(session: Session<"features">) {
    this.session = session;
  }

  static async open(path: string = WEIGHTS): Promise<FeatureReader> {
    const pixels = new Graph().input("pixels", "float32", [symbol("N"), 3, SIDE, SIDE]);
    const features = mobileNetV2(foldedConvolutions(openSafetensors(path)), pixels);
    return new FeatureReader(await Session.open({ features }, { optimization: "all", threads: 1 }));
  }

  /** @param rgb bytes [side, side, 3]. @returns 1280 features */
  async read(rgb: Uint8Array, side: number): Promise<Float32Array> {
    return this.readPixels(await enlarged(rgb, side));
  }

  /** @param pixels [3, 224, 224] in 0 … 1 */
  async readPixels(pixels: Float32Array): Promise<Float32Array> {
    const { features } = await this.session.run({ pixels: { data: pixels, dims: [1, 3, SIDE, SIDE] } });
    return features.data as Float32Array;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
