/** The two halves of a CLIP, each opened once: pictures and texts → unit vectors of one space. */
import { Graph, symbol } from "../graph/index.ts";
import {
  clipImageEmbeddings,
  clipPixels,
  clipScale,
  clipTextEmbeddings,
  endMarks,
  FrozenWeights,
  type Clip,
  type RgbPicture,
} from "../models/index.ts";
import { Scope } from "../nn/index.ts";
import { Session, type SessionOptions } from "../runtime/index.ts";

export class ClipEncoder {
  private readonly clip: Clip;
  private readonly pictures: Session<"embeddings">;
  private readonly texts: Session<"embeddings" | "scale">;

  private constructor(clip: Clip, pictures: Session<"embeddings">, texts: Session<"embeddings" | "scale">) {
    this.clip = clip;
    this.pictures = pictures;
    this.texts = texts;
  }

  /** @throws BASE_TENSOR_MISSING, BASE_TENSOR_SHAPE */
  static async open(clip: Clip, options?: SessionOptions): Promise<ClipEncoder> {
    const { config, weights } = clip;
    const [seeing, reading] = [new Graph(), new Graph()];
    const [batch, side, length] = [symbol("N"), config.vision.imageSize, config.text.maxPositions];
    const pixels = seeing.input("pixels", "float32", [batch, 3, side, side]);
    const tokens = reading.input("tokens", "int64", [batch, length]);
    const ends = reading.input("ends", "float32", [batch, length]);
    const scopeOf = (graph: Graph) => new Scope(new FrozenWeights(graph, "clip", weights));
    const embeddings = clipImageEmbeddings(scopeOf(seeing), pixels, config);
    const readingScope = scopeOf(reading);
    const textEmbeddings = clipTextEmbeddings(readingScope, tokens, ends, config);
    return new ClipEncoder(
      clip,
      await Session.open({ embeddings }, options),
      await Session.open({ embeddings: textEmbeddings, scale: clipScale(readingScope) }, options),
    );
  }

  /** @returns the picture's unit vector [projectionDim] */
  async encodePicture(picture: RgbPicture): Promise<Float32Array> {
    const { preprocessing } = this.clip;
    const side = preprocessing.cropSize;
    const pixels = { data: clipPixels(picture, preprocessing), dims: [1, 3, side, side] };
    return (await this.pictures.run({ pixels })).embeddings.data as Float32Array;
  }

  /** @returns each text's unit vector times the logits' scale: its product with a picture's vector is the logit */
  async encodeTexts(texts: readonly string[]): Promise<Float32Array[]> {
    const { tokenizer, config } = this.clip;
    const length = config.text.maxPositions;
    const ids = Int32Array.from(texts.flatMap((text) => [...tokenizer.encode(text, length)]));
    const dims = [texts.length, length];
    const { embeddings, scale } = await this.texts.run({
      tokens: { data: BigInt64Array.from(ids, BigInt), dims },
      ends: { data: endMarks(ids, length, tokenizer.endId), dims },
    });
    const [all, width] = [embeddings.data as Float32Array, config.projectionDim];
    const factor = Number(scale.data[0]);
    return texts.map((_, row) => all.subarray(row * width, (row + 1) * width).map((value) => value * factor));
  }

  async close(): Promise<void> {
    await Promise.all([this.pictures.close(), this.texts.close()]);
  }
}
