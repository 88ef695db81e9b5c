/** The frozen halves of a base around the UNet, each opened once: captions → text embeddings, pictures ↔ latents. */
import { Graph, symbol, type Dim, type Value } from "../graph/index.ts";
import { clipText, FrozenWeights, vaeDecode, vaeEncode, type StableDiffusion } from "../models/index.ts";
import { Scope, type AdapterSite, type Borders, type LayerAdapter } from "../nn/index.ts";
import { Session, type Feeds, type SessionOptions } from "../runtime/index.ts";

/** Gives the adapter inputs of a layer while a graph is built; see `AdapterInputs`. */
export type AdapterCallback = (graph: Graph) => (site: AdapterSite) => LayerAdapter | undefined;

export interface Plane {
  readonly data: Float32Array;
  /** [N, C, H, W] */
  readonly dims: readonly number[];
}

/** Token ids → text embeddings. */
export class TextEncoder {
  readonly length: number;
  readonly width: number;
  private readonly session: Session<"embeddings">;

  private constructor(session: Session<"embeddings">, length: number, width: number) {
    this.session = session;
    this.length = length;
    this.width = width;
  }

  static async open(base: StableDiffusion, adapters?: AdapterCallback, options?: SessionOptions): Promise<TextEncoder> {
    const graph = new Graph();
    const tokens = graph.input("tokens", "int64", [symbol("N"), base.text.maxPositions]);
    const source = new FrozenWeights(graph, "text_encoder", base.weights.text_encoder, adapters?.(graph));
    const embeddings = clipText(new Scope(source), tokens, base.text);
    const session = await Session.open({ embeddings }, options);
    return new TextEncoder(session, base.text.maxPositions, base.text.hiddenSize);
  }

  /**
   * @param tokens rows of `length` ids
   * @param adapters feeds of the text encoder's adapter inputs
   * @returns [rows, length, width] flat
   */
  async encode(tokens: Int32Array, adapters: Feeds = {}): Promise<Float32Array> {
    const rows = tokens.length / this.length;
    const data = BigInt64Array.from(tokens, BigInt);
    const { embeddings } = await this.session.run({ ...adapters, tokens: { data, dims: [rows, this.length] } });
    return embeddings.data as Float32Array;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/** Pictures → mean and deviation of their latents, in the UNet's scale. */
export class LatentEncoder {
  private readonly session: Session<"mean" | "logVariance">;
  private readonly scale: number;

  private constructor(session: Session<"mean" | "logVariance">, scale: number) {
    this.session = session;
    this.scale = scale;
  }

  static async open(base: StableDiffusion, options?: SessionOptions): Promise<LatentEncoder> {
    const graph = new Graph();
    const [h, w] = [symbol("h", base.factor), symbol("w", base.factor)];
    const image = graph.input("image", "float32", [symbol("N"), base.vae.inChannels, h, w]);
    const outputs = vaeEncode(new Scope(new FrozenWeights(graph, "vae", base.weights.vae)), image, base.vae);
    return new LatentEncoder(await Session.open(outputs, options), base.vae.scalingFactor);
  }

  /** @param image [N, 3, H, W] in −1 … 1 */
  async encode(image: Plane): Promise<{ mean: Plane; deviation: Plane }> {
    const { mean, logVariance } = await this.session.run({ image });
    const dims = mean.dims;
    const means = (mean.data as Float32Array).map((value) => value * this.scale);
    const limit = (value: number) => Math.min(20, Math.max(-30, value));
    const deviations = (logVariance.data as Float32Array).map((value) => Math.exp(0.5 * limit(value)) * this.scale);
    return { mean: { data: means, dims }, deviation: { data: deviations, dims } };
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/** Latents in the UNet's scale → pictures. */
export class LatentDecoder {
  private readonly session: Session<"image">;
  private readonly scale: number;

  private constructor(session: Session<"image">, scale: number) {
    this.session = session;
    this.scale = scale;
  }

  /** @param borders circular: pictures that tile, of latents that do */
  static async open(
    base: StableDiffusion,
    options?: SessionOptions,
    borders: Borders = "zeros",
  ): Promise<LatentDecoder> {
    const graph = new Graph();
    const latents = graph.input("latents", "float32", [symbol("N"), base.vae.latentChannels, symbol("h"), symbol("w")]);
    const weights = new FrozenWeights(graph, "vae", base.weights.vae);
    const image = vaeDecode(new Scope(weights, "", borders), latents, base.vae);
    return new LatentDecoder(await Session.open({ image }, options), base.vae.scalingFactor);
  }

  /** @returns [N, 3, H, W] in about −1 … 1 */
  async decode({ data, dims }: Plane): Promise<Plane> {
    const unscaled = data.map((value) => value / this.scale);
    const { image } = await this.session.run({ latents: { data: unscaled, dims } });
    return { data: image.data as Float32Array, dims: image.dims };
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/** The inputs of a UNet graph whose height and width are known only at run time. */
export function unetInputs(
  graph: Graph,
  base: StableDiffusion,
): { sample: Value; timestep: Value; textEmbeddings: Value } {
  const multiple = 2 ** (base.unet.blockOutChannels.length - 1);
  const batch: Dim = symbol("N");
  const size = [symbol("h", multiple), symbol("w", multiple)];
  return {
    sample: graph.input("sample", "float32", [batch, base.unet.inChannels, ...size]),
    timestep: graph.input("timestep", "float32", [batch]),
    textEmbeddings: graph.input("textEmbeddings", "float32", [batch, symbol("s"), base.unet.crossAttentionDim]),
  };
}
