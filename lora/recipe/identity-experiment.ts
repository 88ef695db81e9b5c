/** The experiment of one subject: teach it, draw with and without the module, compare with the real pictures. */
import sharp from "sharp";
import type { LoraModule } from "../adapter/index.ts";
import type { DrawingStudio, Picture } from "../generate/index.ts";
import { drawEach } from "./draw-each.ts";
import { meanSimilarity, nearestGroup, type Features, type Similarities } from "./identity-score.ts";
import {
  SUBJECT_SIDE,
  type Describe,
  type Subject,
  type SubjectPicture,
  type VariedFacts,
} from "./identity-subject.ts";

/** What can be told of a picture, by the names of the facts. @param rgb bytes [128, 128, 3] */
export type TellFacts = (rgb: Uint8Array) => Promise<VariedFacts>;

/** Of a kind of subjects: everything that one of them is compared with. */
export interface Reference {
  readonly describe: Describe;
  /** Features of the pictures that each subject's module learns from, of all subjects of the kind. */
  readonly learned: ReadonlyMap<string, readonly Features[]>;
}

/** A fact is judged where the judge tells it of so many of the subject's real pictures. */
export const TELLABLE_SHARE = 0.75;

export interface Drawn {
  readonly pictures: readonly Uint8Array[];
  readonly similarity: number;
  /** Share of the pictures that are most like this subject's, of all subjects of the kind. */
  readonly recognised: number;
  /** Share of the prompts' facts that are told of the pictures; NaN where none can be told. */
  readonly fidelity: number;
}

export interface Measured extends Similarities {
  readonly name: string;
  readonly style: string;
  /** The facts that fidelity is about. */
  readonly judged: readonly string[];
  readonly recognised: { readonly trained: number; readonly base: number; readonly real: number };
  readonly fidelity: { readonly trained: number; readonly base: number; readonly real: number };
  readonly steps: number;
  readonly seconds: number;
}

/** So that no seed is one that samples elsewhere use, and each prompt has its own. */
const FIRST_SEED = 5000;

/** One picture for each prompt, [128, 128, 3]. */
export async function drawPrompts(
  studio: DrawingStudio,
  subject: Subject,
  module: LoraModule | undefined,
  onPicture: (count: number) => void,
): Promise<Uint8Array[]> {
  const stack = module ? [{ module, weight: 1, textEncoderWeight: 1 }] : [];
  const tiling = subject.kind === "texture";
  const requests = subject.prompts.map(({ prompt }, index) => ({ prompt, seeds: [FIRST_SEED + index], stack, tiling }));
  const pictures = await drawEach(studio, requests, onPicture);
  return Promise.all(pictures.map(atSubjectSide));
}

async function atSubjectSide({ pixels, width, height }: Picture): Promise<Uint8Array> {
  if (width === SUBJECT_SIDE && height === SUBJECT_SIDE) return pixels;
  const raw = { width, height, channels: 3 as const };
  return sharp(pixels, { raw }).resize(SUBJECT_SIDE, SUBJECT_SIDE, { fit: "fill" }).raw().toBuffer();
}

/** Names of the facts that the judge can tell of the subject, by its real pictures. */
export async function tellableFacts({ held }: Pick<Subject, "held">, tell: TellFacts): Promise<string[]> {
  const told = await tellAll(
    held.map(({ pixels }) => pixels),
    tell,
  );
  const names = Object.keys(held[0]?.facts ?? {});
  return names.filter((name) => shareTold(held, told, [name]) >= TELLABLE_SHARE);
}

async function tellAll(pictures: readonly Uint8Array[], tell: TellFacts): Promise<VariedFacts[]> {
  const told: VariedFacts[] = [];
  for (const pixels of pictures) told.push(await tell(pixels));
  return told;
}

/** Of all facts of these names, how many are told as they are. */
export function shareTold(
  asked: readonly Pick<SubjectPicture, "facts">[],
  told: readonly VariedFacts[],
  names: readonly string[],
): number {
  const pairs = asked.flatMap(({ facts }, i) => names.map((name) => facts[name] === told[i]![name]));
  return pairs.filter(Boolean).length / pairs.length;
}

export interface Judging {
  readonly reference: Reference;
  readonly tell: TellFacts;
  readonly judged: readonly string[];
}

/** Pictures that should show the subject and the facts of `asked`, in its order. */
export async function judgePictures(
  subject: Subject,
  pictures: readonly Uint8Array[],
  asked: readonly Pick<SubjectPicture, "facts">[],
  { reference, tell, judged }: Judging,
): Promise<Drawn> {
  const features: Features[] = [];
  for (const pixels of pictures) features.push(await reference.describe(pixels));
  const groups = [...reference.learned.values()];
  const own = [...reference.learned.keys()].indexOf(subject.name);
  const recognised = features.filter((row) => nearestGroup(row, groups) === own).length / features.length;
  return {
    pictures,
    similarity: meanSimilarity(features, groups[own]!),
    recognised,
    fidelity: shareTold(asked, await tellAll(pictures, tell), judged),
  };
}
