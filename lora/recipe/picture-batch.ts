import type { Random } from "../diffusion/index.ts";
import { clipPixels } from "../models/index.ts";
import type { HostTensor } from "../runtime/index.ts";
import { miniClipPixels } from "./mini-clip.ts";
import type { PackedData } from "./packed-data.ts";
import { drawShift, shifted } from "./shifted.ts";

const PICTURE_SIDE = 128;
/** Pictures move by up to this much of their 128 pixels, so that the model does not learn places by heart. */
const SHIFT_MAX = 8;
const PIXEL_COUNT = 3 * miniClipPixels.cropSize ** 2;

/** Pictures as the mini CLIP takes them, each moved and mirrored by chance. */
export class PictureBatch {
  /** [size, 3, cropSize, cropSize] */
  readonly tensor: HostTensor & { readonly data: Float32Array };
  private readonly source: PackedData;
  private count = 0;

  constructor(source: PackedData, size: number) {
    this.source = source;
    const { cropSize } = miniClipPixels;
    this.tensor = { data: new Float32Array(size * PIXEL_COUNT), dims: [size, 3, cropSize, cropSize] };
  }

  add(index: number, random: Random): void {
    const rgb = shifted(this.source.readBytes(index), drawShift(random, SHIFT_MAX));
    const pixels = clipPixels({ rgb, width: PICTURE_SIDE, height: PICTURE_SIDE }, miniClipPixels);
    this.tensor.data.set(pixels, this.count++ * PIXEL_COUNT);
  }
}
