/** What a scene node carries under `metadata.lora`: the modules that draw it, and what players may ask of it. */
import { z } from "zod";
import { limits } from "./limits.ts";

/** Where an asset goes on a node. `albedo` is the base colour texture of its material. */
export const slotKinds = ["portrait", "albedo"] as const;
export type SlotKind = (typeof slotKinds)[number];

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

/** "npc-smith/portrait" */
export const slotKey = (nodeId: string, kind: SlotKind): string => `${nodeId}/${kind}`;

/** The reverse of `slotKey`; node ids may hold slashes, kinds do not. */
export function parseSlotKey(key: string): { nodeId: string; kind: SlotKind } | undefined {
  const at = key.lastIndexOf("/");
  const kind = slotKinds.find((each) => each === key.slice(at + 1));
  return at > 0 && kind ? { nodeId: key.slice(0, at), kind } : undefined;
}
