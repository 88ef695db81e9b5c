/** Something that is taught to a module and then looked for in what is drawn: a character, or a kind of texture. */
import type { Features } from "./identity-score.ts";

export type SubjectKind = "character" | "texture";
/** What a picture shows beside the subject itself; the caption says it. */
export type VariedFacts = Readonly<Record<string, string>>;

export interface SubjectPicture {
  readonly facts: VariedFacts;
  readonly caption: string;
  /** RGB bytes [128, 128, 3] */
  readonly pixels: Uint8Array;
}

export interface Subject {
  readonly kind: SubjectKind;
  /** Also its trigger word. */
  readonly name: string;
  /** What its pictures are drawn in; subjects of one style are harder to tell apart. */
  readonly style: string;
  /** What the module learns from. */
  readonly pictures: readonly SubjectPicture[];
  /** Real pictures that the module never sees. */
  readonly held: readonly SubjectPicture[];
  /** Combinations that no picture it learns from has. */
  readonly prompts: readonly { readonly prompt: string; readonly facts: VariedFacts }[];
}

export const SUBJECT_SIDE = 128;
export const PICTURES_PER_SUBJECT = 12;
export const HELD_PER_SUBJECT = 12;

/** @param rgb bytes [128, 128, 3] */
export type Describe = (rgb: Uint8Array) => Promise<Features>;
