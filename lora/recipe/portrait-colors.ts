import type { ColorTable } from "./named-colors.ts";

/** Colours with names a viewer would give them at 128 px. Each is the middle of a region that `drawColor` draws from. */
export const backgroundColors = {
  red: { plain: "d9483f", dark: "96282b" },
  orange: { plain: "f2953c" },
  yellow: { plain: "f7d84a", light: "faeb9c" },
  green: { plain: "63b868", light: "b5e3ae", dark: "2f6b3c" },
  teal: { plain: "35aaa6", dark: "1c6468" },
  blue: { plain: "5a9be6", light: "b4d6f7", dark: "2a4a92" },
  purple: { plain: "9a6cd0", light: "cdb5ee", dark: "573086" },
  pink: { plain: "f5a3c7", light: "fad1e0" },
  brown: { plain: "96673f", dark: "5f3e26" },
  white: { plain: "f7f7f3" },
  gray: { plain: "a0a5aa", light: "cdd0d3", dark: "63686d" },
  black: { plain: "232427" },
} as const satisfies ColorTable;

export const hairColors = {
  black: { plain: "262220" },
  brown: { plain: "7d4a26", light: "a26f45", dark: "52301c" },
  blond: { plain: "f3cb52", light: "f6e3a6", dark: "cba04c" },
  red: { plain: "cf4a24", dark: "8f2c1b" },
  orange: { plain: "f08c35" },
  white: { plain: "ececec" },
  gray: { plain: "a3a6aa", dark: "70747a" },
  blue: { plain: "3767d6", light: "8db9ef", dark: "23397e" },
  green: { plain: "3f9b45", light: "97d18c", dark: "265c31" },
  teal: { plain: "2fa39c" },
  pink: { plain: "ee6fae", light: "f5b3d1" },
  purple: { plain: "7f4fc0", light: "b99ae3" },
} as const satisfies ColorTable;

export const clothesColors = {
  red: { plain: "c8322b", dark: "861f23" },
  orange: { plain: "ee8420" },
  yellow: { plain: "f2cc2e", light: "f7e592" },
  green: { plain: "3f9b45", light: "9fd69a", dark: "245c30" },
  teal: { plain: "27999a", dark: "17595e" },
  blue: { plain: "3767d6", light: "92bdf0", dark: "213a80" },
  purple: { plain: "7d4bbd", light: "bfa3e6", dark: "4b2877" },
  pink: { plain: "ee7fb2", light: "f6bdd6" },
  brown: { plain: "8a5a34", dark: "573722" },
  white: { plain: "f2f2ee" },
  gray: { plain: "95999e", light: "c6c9cd", dark: "5d6166" },
  black: { plain: "2a2a2c" },
} as const satisfies ColorTable;

/** The last two are for the people of other worlds, and rare. */
export const skinColors = {
  light: { plain: "ffdcbc", light: "fff0e2" },
  tan: { plain: "e6aa78" },
  brown: { plain: "b9794a" },
  dark: { plain: "7f5438", dark: "573728" },
  green: { plain: "93c274" },
  blue: { plain: "8fb6ea" },
} as const satisfies ColorTable;

/** Frames and lenses; "black" is what ink gives. */
export const eyewearColors = {
  black: { plain: "1d1d1f" },
  red: { plain: "cf3030" },
  blue: { plain: "3767d6" },
  gold: { plain: "d9a425" },
  green: { plain: "2f8f45" },
  purple: { plain: "8a4fc4" },
  white: { plain: "f4f4f4" },
} as const satisfies ColorTable;

export type BackgroundColor = keyof typeof backgroundColors;
export type HairColor = keyof typeof hairColors;
export type ClothesColor = keyof typeof clothesColors;
export type SkinTone = keyof typeof skinColors;
export type EyewearColor = keyof typeof eyewearColors;
