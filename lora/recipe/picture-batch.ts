import type { Random } from "../diffusion/index.ts";
import { symbol, type Graph, type Value } from "../graph/index.ts";
import { clipPixels } from "../models/index.ts";
import type { Feeds, HostTensor } from "../runtime/index.ts";
import { miniClipPixels } from "./mini-clip.ts";
import { drawShift, shifted } from "./shifted.ts";

const PICTURE_SIDE = 128;
/** Pictures move by up to this much of their 128 pixels, so that no model learns places by heart. */
const SHIFT_MAX = 8;
const PIXEL_COUNT = 3 * miniClipPixels.cropSize ** 2;

/** Where the tensor of a `PictureBatch` goes in. */
export const pixelsInput = (graph: Graph): Value =>
  graph.input("pixels", "float32", [symbol("N"), 3, miniClipPixels.cropSize, miniClipPixels.cropSize]);

/** Pictures as the mini CLIP and the judge take them. */
export class PictureBatch {
  /** [size, 3, cropSize, cropSize] */
  readonly tensor: HostTensor & { readonly data: Float32Array };
  private count = 0;

  constructor(size: number) {
    const { cropSize } = miniClipPixels;
    this.tensor = { data: new Float32Array(size * PIXEL_COUNT), dims: [size, 3, cropSize, cropSize] };
  }

  /** @param rgb bytes [128, 128, 3] */
  add(rgb: Uint8Array): void {
    const pixels = clipPixels({ rgb, width: PICTURE_SIDE, height: PICTURE_SIDE }, miniClipPixels);
    this.tensor.data.set(pixels, this.count++ * PIXEL_COUNT);
  }

  /** As training takes it: moved and mirrored by chance. */
  addShifted(rgb: Uint8Array, random: Random): void {
    this.add(shifted(rgb, drawShift(random, SHIFT_MAX)));
  }
}

/** A picture, [128, 128, 3], and how to write the row of what it must tell. */
export interface ToldPicture {
  readonly rgb: Uint8Array;
  readonly tell: (into: Float32Array) => void;
}

/** A batch for `pixelsInput` and `targets` [size, logits]: as many pictures as `next` gives, moved by chance. */
export function toldPictures(size: number, logits: number, random: Random, next: () => ToldPicture): Feeds {
  const pictures = new PictureBatch(size);
  const targets = new Float32Array(size * logits);
  for (let i = 0; i < size; i++) {
    const { rgb, tell } = next();
    pictures.addShifted(rgb, random);
    tell(targets.subarray(i * logits, (i + 1) * logits));
  }
  return { pixels: pictures.tensor, targets: { data: targets, dims: [size, logits] } };
}
