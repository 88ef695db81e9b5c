/** What a scene node carries under `metadata.lora`: what draws it, what speaks for it, and what players may ask of it. */
import * as z from "zod";
import { limits } from "./limits.ts";
import { slotKinds } from "./names.ts";

/** Names an object by the sha-256 of its bytes. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const tagModule = z.strictObject({
  /** Id of a library module. */
  module: z.string().min(1).max(limits.nameCharsMax),
  /** A version of it; the newest one if absent. */
  version: z.int().positive().optional(),
  weight: z.number().min(-2).max(2).default(1),
});

/** What is kept: no database takes the character NUL. */
export const keptText = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .refine((text) => !text.includes("\0"), { error: "expected a text without NUL characters" });

const cardFits = (json: string): boolean =>
  new TextEncoder().encode(json).length <= limits.cardBytesInTagMax && !json.includes(String.raw`\u0000`);
const cardInTag = z.record(z.string(), z.unknown()).refine((card) => cardFits(JSON.stringify(card)), {
  error: `expected at most ${limits.cardBytesInTagMax} bytes of JSON, and no NUL among them`,
});

/** How a node speaks: a stack of voice modules, who it is, and its memory, which the service keeps. */
export const voiceTag = z.strictObject({
  /** What it is called above its bubbles; the node's own name if empty. */
  name: keptText(limits.nameCharsMax).trim().default(""),
  /** Who it is and how it talks: the model's system message. `{{char}}` and `{{user}}` stand for both sides. */
  persona: keptText(limits.personaCharsMax).default(""),
  /** Voice modules of the language base. */
  modules: z.array(tagModule).max(limits.modulesPerStackMax).default([]),
  /**
   * The character card that it was imported from, so that an export has every key: its hash in the library. Earlier versions
   * put the card itself here; the service keeps it and has the hash in its place.
   */
  card: z.union([sha256, cardInTag]).optional(),
});

export const loraTag = z.strictObject({
  modules: z.array(tagModule).max(limits.modulesPerStackMax).default([]),
  /** Describes the node: the start of every prompt drawn for it. */
  prompt: z.string().max(limits.promptCharsMax).default(""),
  negative: z.string().max(limits.promptCharsMax).default(""),
  /** Slots that players may ask to be drawn. */
  playersMay: z.array(z.enum(slotKinds)).default([]),
  /** Who has none is mute. */
  voice: voiceTag.optional(),
});

export type TagModule = z.infer<typeof tagModule>;
export type VoiceTag = z.infer<typeof voiceTag>;
export type LoraTag = z.infer<typeof loraTag>;
