/** What a scene node carries under `metadata.lora`: the modules that draw it, and what players may ask of it. */
import * as z from "zod";
import { limits } from "./limits.ts";
import { slotKinds } from "./names.ts";

export const tagModule = z.strictObject({
  /** Id of a library module. */
  module: z.string().min(1).max(limits.nameCharsMax),
  /** A version of it; the newest one if absent. */
  version: z.int().positive().optional(),
  weight: z.number().min(-2).max(2).default(1),
});

export const loraTag = z.strictObject({
  modules: z.array(tagModule).max(limits.modulesPerStackMax).default([]),
  /** Describes the node: the start of every prompt drawn for it. */
  prompt: z.string().max(limits.promptCharsMax).default(""),
  negative: z.string().max(limits.promptCharsMax).default(""),
  /** Slots that players may ask to be drawn. */
  playersMay: z.array(z.enum(slotKinds)).default([]),
});

export type TagModule = z.infer<typeof tagModule>;
export type LoraTag = z.infer<typeof loraTag>;
