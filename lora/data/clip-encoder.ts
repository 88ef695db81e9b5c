/** The two halves of a CLIP: pictures and texts → unit vectors of one space. */
import { Graph, symbol } from "../graph/index.ts";
import {
  clipImageEmbeddings,
  clipPixels,
  clipScale,
  clipTextEmbeddings,
  clipTextFeeds,
  clipTextLength,
  FrozenWeights,
  type Clip,
  type RgbPicture,
} from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session, type SessionOptions } from "../runtime/index.ts";

/** Pictures → unit vectors, one at a time. */
export class PictureEncoder {
  private readonly clip: Clip;
  private readonly session: Session<"embeddings">;

  private constructor(clip: Clip, session: Session<"embeddings">) {
    this.clip = clip;
    this.session = session;
  }

  /** @throws BASE_TENSOR_MISSING, BASE_TENSOR_SHAPE */
  static async open(clip: Clip, options?: SessionOptions): Promise<PictureEncoder> {
    const graph = new Graph();
    const side = clip.config.vision.imageSize;
    const pixels = graph.input("pixels", "float32", [symbol("N"), 3, side, side]);
    const embeddings = clipImageEmbeddings(scopeOf(graph, clip), pixels, clip.config);
    return new PictureEncoder(clip, await Session.open({ embeddings }, options));
  }

  /** @returns [projectionDim] */
  async encode(picture: RgbPicture): Promise<Float32Array> {
    const { preprocessing } = this.clip;
    const side = preprocessing.cropSize;
    const pixels = { data: clipPixels(picture, preprocessing), dims: [1, 3, side, side] };
    return (await this.session.run({ pixels })).embeddings.data as Float32Array;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/**
 * Each text's unit vector times the logits' scale: its product with a picture's vector is the logit. The text tower is open
 * only meanwhile. A token sees none after it, so texts are read up to the end of the longest.
 * @throws BASE_TENSOR_MISSING, BASE_TENSOR_SHAPE
 */
export async function encodeClipTexts(
  clip: Clip,
  texts: readonly string[],
  options?: SessionOptions,
): Promise<Float32Array[]> {
  const { tokenizer, config } = clip;
  const feeds = clipTextFeeds(tokenizer, texts, Math.min(clipTextLength(tokenizer, texts), config.text.maxPositions));
  const graph = new Graph();
  const scope = scopeOf(graph, clip);
  const tokens = graph.input("tokens", "int64", feeds.tokens.dims);
  const ends = graph.input("ends", "float32", feeds.ends.dims);
  const embeddings = clipTextEmbeddings(scope, tokens, ends, config);
  const session = await Session.open({ embeddings, scale: clipScale(scope) }, options);
  try {
    const out = await session.run(feeds);
    const [all, scale] = [out.embeddings.data as Float32Array, Number(out.scale.data[0])];
    const scaled = all.map((value) => value * scale);
    const width = config.projectionDim;
    return texts.map((_, row) => scaled.subarray(row * width, (row + 1) * width));
  } finally {
    await session.close();
  }
}

const scopeOf = (graph: Graph, { weights }: Clip): Scope => new Scope(new FrozenWeights(graph, "clip", weights));
