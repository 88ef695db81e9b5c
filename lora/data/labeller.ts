import { openClip, type RgbPicture } from "../models/index.ts";
import type { SessionOptions } from "../runtime/index.ts";
import { encodeClipTexts, PictureEncoder } from "./clip-encoder.ts";
import { readPicture } from "./image.ts";
import { labelQuestions } from "./label-questions.ts";
import { labelSentence } from "./label-sentence.ts";
import { isSeen, labelVocabulary, type Facts, type LabelLanguage, type LabelSubject } from "./label-vocabulary.ts";

/** A value, and how sure the model is of it among the attribute's values, 0 … 1. */
export interface Guess {
  readonly value: string;
  readonly confidence: number;
}

export interface Label {
  readonly subject: LabelSubject;
  readonly caption: string;
  /** Of what the caption says, the least sure. */
  readonly confidence: number;
  readonly guesses: Readonly<Record<string, Guess>>;
}

export interface LabelOptions {
  readonly language: LabelLanguage;
  /** Less sure guesses are left out. */
  readonly threshold: number;
}

/** Below this, a guess is more often a nuisance than a help. */
export const LABEL_THRESHOLD = 0.6;
/** As large as the largest phone cameras take. */
const PIXELS_MAX = 268_402_689;

interface Candidate {
  readonly value: string;
  readonly text: Float32Array;
}

/**
 * Describes pictures by comparing them with a sentence for each value of each attribute (zero-shot, Radford et al. 2021).
 * The comparison is English, which every CLIP reads; the caption is in the language asked for.
 */
export class Labeller {
  private readonly encoder: PictureEncoder;
  private readonly subjects: readonly Candidate[];
  private readonly attributes: ReadonlyMap<string, readonly Candidate[]>;

  private constructor(
    encoder: PictureEncoder,
    subjects: readonly Candidate[],
    attributes: ReadonlyMap<string, readonly Candidate[]>,
  ) {
    this.encoder = encoder;
    this.subjects = subjects;
    this.attributes = attributes;
  }

  /** @throws CLIP_NOT_FOUND, BASE_…, TOKENIZER_… */
  static async open(clipFolder: string, options?: SessionOptions): Promise<Labeller> {
    const clip = await openClip(clipFolder);
    const sentences = labelQuestions.flatMap(({ values, sentence }) => values.map((value) => sentence(value, "en")));
    const texts = await encodeClipTexts(clip, sentences, options);
    const asked = labelQuestions.map(({ name, values }) => {
      const candidates = values.map((value): Candidate => ({ value, text: texts.shift()! }));
      return [name, candidates] as const;
    });
    const [[, subjects], ...attributes] = asked as [(typeof asked)[number], ...typeof asked];
    return new Labeller(await PictureEncoder.open(clip, options), subjects, new Map(attributes));
  }

  /** The likeliest value of every attribute of `subject`, also of those that cannot be seen. */
  async guess(
    picture: RgbPicture,
    subject?: LabelSubject,
  ): Promise<{ subject: Guess; guesses: Record<string, Guess> }> {
    const seen = await this.encoder.encode(picture);
    const kind = subject === undefined ? likeliest(seen, this.subjects) : { value: subject, confidence: 1 };
    const rows = [...this.attributes].filter(([name]) => labelVocabulary[name]!.subject === kind.value);
    return {
      subject: kind,
      guesses: Object.fromEntries(rows.map(([name, candidates]) => [name, likeliest(seen, candidates)])),
    };
  }

  async label(picture: RgbPicture, { language, threshold }: LabelOptions): Promise<Label> {
    const { subject: kind, guesses } = await this.guess(picture);
    const subject = kind.value as LabelSubject;
    const sure = factsAbove(guesses, threshold);
    const caption = labelSentence(subject, sure, language);
    const said = Object.keys(sure).filter((name) => labelSentence(subject, without(sure, name), language) !== caption);
    const confidence = Math.min(kind.confidence, ...said.map((name) => guesses[name]!.confidence));
    return { subject, caption, confidence, guesses };
  }

  /** @throws IMAGE_NOT_READABLE, IMAGE_ANIMATED, IMAGE_TOO_LARGE */
  async labelFile(file: string, options: LabelOptions): Promise<Label> {
    const { rgb, alpha, width, height } = await readPicture(file, PIXELS_MAX);
    return this.label({ rgb: alpha ? onWhite(rgb, alpha) : rgb, width, height }, options);
  }

  close(): Promise<void> {
    return this.encoder.close();
  }
}

/** Attribute → value of the guesses that are sure enough and, by the other ones, can be seen. */
function factsAbove(guesses: Readonly<Record<string, Guess>>, threshold: number): Facts {
  const all = Object.fromEntries(Object.entries(guesses).map(([name, { value }]) => [name, value]));
  const isSure = (name: string) => guesses[name]!.confidence >= threshold;
  const sure = Object.keys(all).filter((name) => {
    const row = labelVocabulary[name]!;
    // The colour of a hat says that there is one.
    const isThere = row.fills === undefined || !labelVocabulary[row.fills]!.absence || isSure(row.fills);
    return isSure(name) && isThere && isSeen(row, all);
  });
  return Object.fromEntries(sure.map((name) => [name, all[name]!]));
}

const without = (facts: Facts, name: string): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([other]) => other !== name));

/** softmax over the candidates' logits, and its largest. */
function likeliest(seen: Float32Array, candidates: readonly Candidate[]): Guess {
  const logits = candidates.map(({ text }) => text.reduce((sum, value, i) => sum + value * seen[i]!, 0));
  const most = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
  return { value: candidates[logits.indexOf(most)]!.value, confidence: 1 / total };
}

/** Transparent parts as white, as training shows them. */
function onWhite(rgb: Uint8Array, alpha: Uint8Array): Uint8Array {
  return rgb.map((value, i) => Math.round(255 + ((value - 255) * alpha[Math.floor(i / 3)]!) / 255));
}
