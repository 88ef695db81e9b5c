/** From files to examples: pictures into buckets, latents encoded once, captions chosen anew each time. */
import { LatentEncoder, loadImage, type Batch, type ImageSample, type Size } from "../data/index.ts";
import type { StableDiffusion } from "../models/index.ts";
import type { Example } from "./examples.ts";

/** A picture with what is known before its pixels are read. */
export interface TrainingPicture extends ImageSample {
  /** Prior-preservation weight for class pictures, else 1. */
  readonly weight: number;
}

export interface PictureOptions {
  readonly crop: "center" | "random";
  readonly flip: boolean;
  readonly cacheLatents: boolean;
}

/** Pixels → latents, remembered per picture, size and mirroring while crops do not change. */
export class LatentSource {
  private readonly encoder: LatentEncoder;
  private readonly options: PictureOptions;
  private readonly cache = new Map<string, Pick<Example, "mean" | "deviation" | "height" | "width">>();

  private constructor(encoder: LatentEncoder, options: PictureOptions) {
    this.encoder = encoder;
    this.options = options;
  }

  static async open(base: StableDiffusion, options: PictureOptions): Promise<LatentSource> {
    return new LatentSource(await LatentEncoder.open(base), options);
  }

  /** @param random decides mirroring and, where crops are random, the crop */
  async example(picture: TrainingPicture, size: Size, random: () => number): Promise<Example> {
    const flip = this.options.flip && random() < 0.5;
    const key = `${picture.file}|${size.width}x${size.height}|${flip}`;
    const known = this.cache.get(key);
    const latents = known ?? (await this.encode(picture.file, size, flip, random));
    if (this.options.cacheLatents && this.options.crop === "center") this.cache.set(key, latents);
    return { ...latents, caption: picture.caption, weight: picture.weight };
  }

  private async encode(file: string, { width, height }: Size, flip: boolean, random: () => number) {
    const pixels = await loadImage(file, { width, height, crop: this.options.crop, flip, random });
    const { mean, deviation } = await this.encoder.encode({ data: pixels, dims: [1, 3, height, width] });
    return { mean: mean.data, deviation: deviation.data, height: mean.dims[2]!, width: mean.dims[3]! };
  }

  close(): Promise<void> {
    return this.encoder.close();
  }
}

/** Batch `index` of a run whose epochs are recomputed from the seed, so that nothing of the order needs to be saved. */
export class BatchOrder {
  private readonly epochOf: (epoch: number) => Batch<TrainingPicture>[];
  private readonly perEpoch: number;
  private current: { epoch: number; batches: Batch<TrainingPicture>[] } | undefined;

  constructor(perEpoch: number, epochOf: (epoch: number) => Batch<TrainingPicture>[]) {
    this.perEpoch = perEpoch;
    this.epochOf = epochOf;
  }

  at(index: number): Batch<TrainingPicture> {
    const epoch = Math.floor(index / this.perEpoch);
    if (this.current?.epoch !== epoch) this.current = { epoch, batches: this.epochOf(epoch) };
    return this.current.batches[index % this.perEpoch]!;
  }
}
