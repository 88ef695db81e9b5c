/** The five kinds of texture that the base never saw, as subjects: the pattern is learned; colour, scale and light vary. */
import {
  HELD_PER_SUBJECT,
  PICTURES_PER_SUBJECT,
  type Subject,
  type SubjectPicture,
  type VariedFacts,
} from "./identity-subject.ts";
import { colorDistance, oklabOf, type Oklab } from "./named-colors.ts";
import { DataRandom } from "./random.ts";
import { heldOutPalettes, type HeldOutTexture } from "./texture-held-out.ts";
import { drawTexture, heldOutTextures, type TextureAttributes } from "./textures.ts";

const SCALES = ["small", "medium", "large"] as const;
const LIGHTS = ["none", "warm", "cold"] as const;

/** A word that the base has hardly met. */
export const triggerOf = (kind: HeldOutTexture): string => `z${kind}`;

/** "seamless texture of blue zscales, large scale, warm light" */
function captionOf({ kind, color, scale, light }: TextureAttributes): string {
  const lit = light === "none" ? [] : [`${light} light`];
  return [`seamless texture of ${color} ${triggerOf(kind as HeldOutTexture)}`, `${scale} scale`, ...lit].join(", ");
}

/** Every combination once, in an order of the kind's own in which colours take turns. */
function looksOf(kind: HeldOutTexture): TextureAttributes[] {
  const random = new DataRandom(`looks ${kind}`);
  const colors = Object.keys(heldOutPalettes[kind]);
  const others = SCALES.flatMap((scale) => LIGHTS.map((light) => ({ scale, light })));
  const columns = colors.map((color) =>
    random.shuffle(others).map((other): TextureAttributes => ({ kind, color, wear: "none", ...other })),
  );
  return others.flatMap((_, row) => columns.map((column) => column[row]!));
}

const factsOf = ({ color, scale, light }: TextureAttributes): VariedFacts => ({ color, scale, light });

/** What the pictures and prompts of a kind say, before anything is drawn. */
export interface TexturePlans {
  readonly learned: readonly TextureAttributes[];
  readonly held: readonly TextureAttributes[];
  readonly prompts: readonly TextureAttributes[];
}

/** Kinds of few colours have fewer combinations than prompts: those come again, with another seed. */
export function texturePlans(kind: HeldOutTexture, prompts: number): TexturePlans {
  const looks = looksOf(kind);
  const others = looks.slice(PICTURES_PER_SUBJECT);
  const some = (length: number): TextureAttributes[] => Array.from({ length }, (_, i) => others[i % others.length]!);
  return { learned: looks.slice(0, PICTURES_PER_SUBJECT), held: some(HELD_PER_SUBJECT), prompts: some(prompts) };
}

/** The kind with this index, its pictures drawn. */
export function textureSubject(index: number, prompts: number): Subject {
  const kind = heldOutTextures[index]!;
  const plans = texturePlans(kind, prompts);
  const draw = (attributes: TextureAttributes, key: string): SubjectPicture => ({
    facts: factsOf(attributes),
    caption: captionOf(attributes),
    pixels: drawTexture(attributes, `identity ${kind} ${key}`),
  });
  return {
    kind: "texture",
    name: triggerOf(kind),
    style: "texture",
    pictures: plans.learned.map((attributes, i) => draw(attributes, `learned ${i}`)),
    held: plans.held.map((attributes, i) => draw(attributes, `held ${i}`)),
    prompts: plans.prompts.map((attributes) => ({ prompt: captionOf(attributes), facts: factsOf(attributes) })),
  };
}

function meanColor(rgb: Uint8Array): Oklab {
  const sums = [0, 0, 0];
  rgb.forEach((value, i) => (sums[i % 3]! += value));
  return oklabOf(sums.map((sum) => (3 * sum) / rgb.length));
}

/** Tells the colour of a texture: that of the pictures which are nearest to it in their mean colour (OKLab). */
export function colorTeller(pictures: readonly SubjectPicture[]): (rgb: Uint8Array) => string {
  const known = pictures.map(({ facts, pixels }) => ({ color: facts["color"]!, mean: meanColor(pixels) }));
  const names = [...new Set(known.map(({ color }) => color))];
  return (rgb) => {
    const mean = meanColor(rgb);
    const distanceTo = (name: string): number => {
      const of = known.filter(({ color }) => color === name);
      return of.reduce((sum, row) => sum + colorDistance(mean, row.mean), 0) / of.length;
    };
    return names.reduce((best, name) => (distanceTo(name) < distanceTo(best) ? name : best));
  };
}
