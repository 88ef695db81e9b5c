/** Batches of one kind of picture each: every third is of textures, which are a fifth of the pictures and vary more. */
import type { Borders } from "../nn/index.ts";
import type { PackedSample } from "./packed-data.ts";

type Kind = PackedSample["kind"];
const TEXTURES_EVERY = 3;

/** Whole textures are tiles: their convolutions go round the border. */
export const BORDERS: Readonly<Record<Kind, Borders>> = { portrait: "zeros", texture: "circular" };

export const kindAt = (step: number): Kind => (step % TEXTURES_EVERY === 0 ? "texture" : "portrait");

/** Where in the data the pictures of a kind are. */
export function positionsByKind(samples: readonly PackedSample[]): Readonly<Record<Kind, readonly number[]>> {
  const ofKind = (kind: Kind): number[] => samples.flatMap((sample, i) => (sample.kind === kind ? [i] : []));
  return { portrait: ofKind("portrait"), texture: ofKind("texture") };
}
