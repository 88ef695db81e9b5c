import { createAvatar, type Style } from "@dicebear/core";
import { adventurer, bigSmile, micah, personas, toonHead } from "@dicebear/collection";
import { heldOutStyles } from "./portraits.ts";

const collection = { adventurer, bigSmile, micah, personas, toonHead } satisfies Record<
  (typeof heldOutStyles)[number],
  unknown
>;

/** A portrait as SVG in the styles that the base never sees, by turns. @param background hex colour */
export function heldOutAvatar(index: number, seed: string, background: string): string {
  const style = collection[heldOutStyles[index % heldOutStyles.length]!] as unknown as Style<object>;
  return createAvatar(style, { seed, backgroundColor: [background] }).toString();
}
