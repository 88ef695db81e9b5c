/**
 * Judges portraits: a tower of convolutions with one softmax per attribute. It learns from drawn pictures and their
 * attributes alone, and shares no weight with the mini CLIP, whose text half the base draws by.
 */
import { fileURLToPath } from "node:url";
import { isSeen, labelVocabulary, type Facts } from "../data/index.ts";
import { openSafetensors, readTensor } from "../format/index.ts";
import { Graph, type Value } from "../graph/index.ts";
import { linear, Scope } from "../nn/index.ts";
import { convolutionalSize, convolutionalVision } from "../models/index.ts";
import { Session, type HostTensor } from "../runtime/index.ts";
import { Tally, type Accuracy } from "./accuracy.ts";
import { averagedWeights } from "./averaged-weights.ts";
import { TrainableParameters } from "./full-training.ts";
import { groupedCrossEntropy } from "./grouped-cross-entropy.ts";
import { miniEyes } from "./mini-clip.ts";
import { PictureBatch, pixelsInput } from "./picture-batch.ts";
import { backgroundColors, clothesColors, hairColors, skinColors } from "./portrait-colors.ts";
import { portraitStyles, type StyleDefinition } from "./portrait-styles.ts";

type VariedPart = "hair" | "headwear" | "expression" | "eyewear" | "facialHair";
const namesIn = (part: VariedPart): string[] => [
  ...new Set(Object.values<StyleDefinition>(portraitStyles).flatMap((style) => Object.keys(style[part]))),
];

/** The heads in their order, and the values each chooses among. */
export const attributeValues = {
  style: Object.keys(portraitStyles),
  background: Object.keys(backgroundColors),
  skin: Object.keys(skinColors),
  hairColor: Object.keys(hairColors),
  clothes: Object.keys(clothesColors),
  expression: namesIn("expression"),
  eyewear: ["none", ...namesIn("eyewear")],
  facialHair: ["none", ...namesIn("facialHair")],
  headwear: ["none", ...namesIn("headwear")],
  hairShape: namesIn("hair"),
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type JudgedAttribute = keyof typeof attributeValues;
export const judgedAttributes = Object.keys(attributeValues) as JudgedAttribute[];

const HEAD_SIZES = judgedAttributes.map((name) => attributeValues[name].length);
/** Of all heads together. */
export const LOGIT_COUNT = HEAD_SIZES.reduce((a, b) => a + b, 0);

/** Whether the attribute can be seen: no hair under a hat, no colour of hair on a bald head. */
export const applies = (name: JudgedAttribute, attributes: Facts): boolean =>
  isSeen(labelVocabulary[name]!, attributes);

/** Writes one-hot rows of all heads [LOGIT_COUNT], zeros where the attribute does not apply. @throws RangeError for an unknown value */
export function attributeTargets(attributes: Facts, into: Float32Array): void {
  into.fill(0);
  let offset = 0;
  for (const name of judgedAttributes) {
    const values: readonly string[] = attributeValues[name];
    const value = attributes[name];
    const at = value === undefined ? -1 : values.indexOf(value);
    if (applies(name, attributes)) {
      if (at < 0) throw new RangeError(`attribute ${name}: expected one of ${values.join(", ")}, got ${value}`);
      into[offset + at] = 1;
    }
    offset += values.length;
  }
}

/** Logits of all heads [N, LOGIT_COUNT] of pixels [N, 3, 128, 128] as a `PictureBatch` has them. */
export function attributeLogits(scope: Scope, pixels: Value): Value {
  const features = convolutionalVision(scope, pixels, miniEyes);
  return linear(scope.at("heads"), features, convolutionalSize(miniEyes), LOGIT_COUNT);
}

/** Cross-entropy of all heads. @param targets [N, LOGIT_COUNT], see `attributeTargets`. @returns a scalar */
export const attributeLoss = (logits: Value, targets: Value): Value => groupedCrossEntropy(logits, targets, HEAD_SIZES);

export type Judgement = Readonly<Record<JudgedAttribute, string>>;

/** The likeliest value of each head. @param logits [LOGIT_COUNT] */
export function likeliest(logits: Float32Array): Judgement {
  let offset = 0;
  const values = judgedAttributes.map((name) => {
    const row = logits.subarray(offset, offset + attributeValues[name].length);
    offset += row.length;
    return [name, attributeValues[name][row.indexOf(Math.max(...row))]!];
  });
  return Object.fromEntries(values) as Judgement;
}

/** The judge that comes with the repository; `save-judge.ts` writes it. */
export const JUDGE = fileURLToPath(new URL("../../assets/measure/portrait-judge.safetensors", import.meta.url));

/** By parameter name, from a training state (its averages) or from a file of named tensors. */
export function judgeWeights(path: string): Record<string, HostTensor> {
  const file = openSafetensors(path);
  if (file.tensors.has("average")) return averagedWeights(path);
  const read = (name: string, dims: readonly number[]): HostTensor => ({ data: readTensor(file, name), dims });
  return Object.fromEntries([...file.tensors].map(([name, { shape }]) => [name, read(name, shape)]));
}

/** A trained classifier at work. */
export class AttributeJudge {
  private readonly session: Session<"logits">;
  private readonly weights: Record<string, HostTensor>;

  private constructor(session: Session<"logits">, weights: Record<string, HostTensor>) {
    this.session = session;
    this.weights = weights;
  }

  /** @param path what `save-judge.ts` wrote, or a state that `train-classifier.ts` saved, whose averaged weights judge */
  static async open(path: string = JUDGE): Promise<AttributeJudge> {
    const weights = judgeWeights(path);
    const graph = new Graph();
    const logits = attributeLogits(new Scope(new TrainableParameters(graph)), pixelsInput(graph));
    return new AttributeJudge(await Session.open({ logits }), weights);
  }

  /** @param rgb bytes [128, 128, 3] */
  async judge(rgb: Uint8Array): Promise<Judgement> {
    const picture = new PictureBatch(1);
    picture.add(rgb);
    const { logits } = await this.session.run({ ...this.weights, pixels: picture.tensor });
    return likeliest(logits.data as Float32Array);
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/** How often judgements are as told, on the pictures where the attribute applies. */
export function accuracyOf(name: JudgedAttribute, told: readonly Facts[], judged: readonly Judgement[]): Accuracy {
  const tally = new Tally();
  for (const [i, attributes] of told.entries()) {
    if (applies(name, attributes)) tally.add(attributes[name]!, judged[i]![name] === attributes[name]);
  }
  return tally.accuracy;
}
