/** The mini CLIP: sizes, and the texts it is trained on. */
import { isSeen, labelSentence, labelVocabulary, type Facts, type LabelLanguage } from "../data/index.ts";
import type { ClipConfig, ClipPreprocessing, ConvolutionalVisionConfig } from "../models/index.ts";
import type { Random } from "../diffusion/index.ts";
import { miniText } from "./mini-config.ts";
import type { PackedSample } from "./packed-data.ts";

/**
 * A transformer of 64 patches told hair shapes and expressions no better than chance after 1,300 steps: with 40,000
 * pictures it does not find out that neighbours belong together. Convolutions know.
 */
export const miniEyes = { imageSize: 128, widths: [16, 32, 64, 96, 128] } as const;

export interface MiniClipConfig extends ClipConfig {
  readonly vision: ConvolutionalVisionConfig;
}

export const miniClip = (vocabSize: number): MiniClipConfig => ({
  // Every attribute told at once takes 45 of its 48 positions.
  text: miniText(vocabSize),
  vision: miniEyes,
  projectionDim: 128,
});

export const miniClipPixels: ClipPreprocessing = {
  shortestEdge: miniEyes.imageSize,
  cropSize: miniEyes.imageSize,
  mean: [0.5, 0.5, 0.5],
  deviation: [0.5, 0.5, 0.5],
};

/** A line of `captions.jsonl`; data without attributes are learned from their captions alone. */
export interface DescribedSample extends PackedSample {
  readonly attributes?: Facts;
  readonly captionZh?: string;
}

/** A text of the batch, and what it claims; no claims where only its own picture is known to match. */
export interface ClipText {
  readonly text: string;
  readonly claims: Facts | undefined;
}

/** What can be seen and named of the sample's attributes. */
export function factsOf({ kind, attributes = {} }: DescribedSample): Facts {
  const named = Object.entries(attributes).filter(([name, value]) => {
    const row = labelVocabulary[name];
    return (
      row?.subject === kind && isSeen(row, attributes) && (value in row.values || (row.absence && value === "none"))
    );
  });
  return Object.fromEntries(named);
}

/** Everything that can be asked of the sample's picture, also whether it is a texture. */
export const answersOf = (sample: DescribedSample): Facts => ({ subject: sample.kind, ...factsOf(sample) });

/** How often a text is a caption as written in the data, tells a single fact, or is Chinese. */
export interface TextShares {
  readonly written: number;
  readonly single: number;
  readonly chinese: number;
  /** Facts that a single one is `STRESS` times as often as others: told with what they look different in. */
  readonly stressed?: readonly string[];
}
const STRESS = 4;
/** A bun is drawn one way in one style and another in the next, bricks are large unlike sand is. */
const LOOKS_BY: readonly string[] = ["style", "kind"];

/** A single fact is what labelling asks for. */
const CLIP_SHARES: TextShares = { written: 0.25, single: 0.5, chinese: 0.2 };

/** A caption as written in the data, or a sentence of some of the picture's facts. */
export function drawText(sample: DescribedSample, random: Random, shares = CLIP_SHARES): ClipText {
  const facts = factsOf(sample);
  const names = Object.keys(facts);
  const language: LabelLanguage = random.uniform() < shares.chinese ? "zh" : "en";
  if (names.length === 0 || random.uniform() < shares.written) {
    const text = language === "zh" ? (sample.captionZh ?? sample.caption) : sample.caption;
    return { text, claims: undefined };
  }
  const chosen = random.uniform() < shares.single ? singleFact(names, random, shares) : someFacts(names, random);
  const claims = Object.fromEntries(chosen.map((name) => [name, facts[name]!]));
  return { text: labelSentence(sample.kind, claims, language, true), claims };
}

function singleFact(names: readonly string[], random: Random, { stressed = [] }: TextShares): string[] {
  const lots = names.flatMap((name) => Array.from({ length: stressed.includes(name) ? STRESS : 1 }, () => name));
  const name = lots[Math.floor(random.uniform() * lots.length)]!;
  const others = stressed.includes(name) ? names.filter((other) => LOOKS_BY.includes(other)) : [];
  return [name, ...others];
}

/** Of any number, in any order. */
function someFacts(names: readonly string[], random: Random): string[] {
  const count = 1 + Math.floor(random.uniform() * names.length);
  const order = [...names];
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(random.uniform() * (order.length - i));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order.slice(0, count);
}

/** Whether a text is true of a picture that it was not drawn for. */
export function isAlsoTrue({ claims }: ClipText, facts: Facts): boolean {
  return claims !== undefined && Object.entries(claims).every(([name, value]) => facts[name] === value);
}
