import { openClip, type RgbPicture } from "../models/index.ts";
import type { SessionOptions } from "../runtime/index.ts";
import { encodeClipTexts, PictureEncoder } from "./clip-encoder.ts";
import { readPicture } from "./image.ts";
import { labelQuestions } from "./label-questions.ts";
import { labelVocabulary, type LabelSubject } from "./label-vocabulary.ts";

/** A value, and how sure the model is of it among the attribute's values, 0 … 1. */
export interface Guess<Value extends string = string> {
  readonly value: Value;
  readonly confidence: number;
}

/** What a picture is of, and the likeliest value of every attribute of that, also of those that cannot be seen. */
export interface Seen {
  readonly subject: Guess<LabelSubject>;
  readonly guesses: Readonly<Record<string, Guess>>;
}

/** As large as the largest phone cameras take. */
const PIXELS_MAX = 268_402_689;

interface Candidate<Value extends string = string> {
  readonly value: Value;
  readonly text: Float32Array;
}

/**
 * Describes pictures by comparing them with a sentence for each value of each attribute (zero-shot, Radford et al. 2021).
 * The comparison is English, which every CLIP reads; the caption is in the language asked for.
 */
export class Labeller {
  private readonly encoder: PictureEncoder;
  private readonly subjects: readonly Candidate<LabelSubject>[];
  private readonly attributes: ReadonlyMap<string, readonly Candidate[]>;

  private constructor(
    encoder: PictureEncoder,
    subjects: readonly Candidate<LabelSubject>[],
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
    return new Labeller(
      await PictureEncoder.open(clip, options),
      subjects as readonly Candidate<LabelSubject>[],
      new Map(attributes),
    );
  }

  /** @param subject what the picture is of, where that is known */
  async guess(picture: RgbPicture, subject?: LabelSubject): Promise<Seen> {
    const seen = await this.encoder.encode(picture);
    const kind = subject === undefined ? likeliest(seen, this.subjects) : { value: subject, confidence: 1 };
    const rows = [...this.attributes].filter(([name]) => labelVocabulary[name]!.subject === kind.value);
    return {
      subject: kind,
      guesses: Object.fromEntries(rows.map(([name, candidates]) => [name, likeliest(seen, candidates)])),
    };
  }

  /** @throws IMAGE_NOT_READABLE, IMAGE_ANIMATED, IMAGE_TOO_LARGE */
  async guessFile(file: string): Promise<Seen> {
    const { rgb, alpha, width, height } = await readPicture(file, PIXELS_MAX);
    return this.guess({ rgb: alpha ? onWhite(rgb, alpha) : rgb, width, height });
  }

  close(): Promise<void> {
    return this.encoder.close();
  }
}

/** softmax over the candidates' logits, and its largest. */
function likeliest<Value extends string>(seen: Float32Array, candidates: readonly Candidate<Value>[]): Guess<Value> {
  const logits = candidates.map(({ text }) => text.reduce((sum, value, i) => sum + value * seen[i]!, 0));
  const most = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
  return { value: candidates[logits.indexOf(most)]!.value, confidence: 1 / total };
}

/** Transparent parts as white, as training shows them. */
function onWhite(rgb: Uint8Array, alpha: Uint8Array): Uint8Array {
  return rgb.map((value, i) => Math.round(255 + ((value - 255) * alpha[Math.floor(i / 3)]!) / 255));
}
