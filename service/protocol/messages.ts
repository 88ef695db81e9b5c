/** Room messages. Each is a `room.request(type, payload)`: the reply resolves, an ErrorBody (as JSON) rejects. */
import * as z from "zod";
import { limits } from "./limits.ts";
import { slotKinds, type Role } from "./names.ts";
import { loraTag, tagModule } from "./tag.ts";

const id = z.string().min(1).max(200);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const seed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const prompt = z.string().max(limits.promptCharsMax);
const coordinate = z.number().min(-1e6).max(1e6);

/** Letters and digits of any script, spaces, - and _. */
export const displayName = z
  .string()
  .trim()
  .min(1)
  .max(limits.nameCharsMax)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}\p{M} _-]*$/u);

export const trainTargets = ["attention", "feed-forward", "proj", "conv", "text-encoder"] as const;

/** Training settings a person may change; absent ones are the trainer's defaults for the data set. */
export const trainSettings = z.strictObject({
  rank: z.int().min(1).max(128).optional(),
  alpha: z.number().positive().max(256).optional(),
  learningRate: z.number().positive().max(1).optional(),
  batchSize: z.int().min(1).max(16).optional(),
  /** Updates in all. */
  steps: z.int().min(1).max(100_000).optional(),
  saveSteps: z.int().min(1).optional(),
  targets: z.array(z.enum(trainTargets)).min(1).optional(),
  seed: seed.optional(),
  flip: z.boolean().optional(),
  captionDropout: z.number().min(0).max(1).optional(),
  validation: z.boolean().optional(),
  gradientCheckpointing: z.boolean().optional(),
});
export type TrainSettings = z.infer<typeof trainSettings>;

const drawRequest = z.strictObject({
  nodeId: z.string().max(200).default(""),
  kind: z.enum(slotKinds),
  prompt,
  negative: prompt.default(""),
  stack: z.array(tagModule).max(limits.modulesPerStackMax).default([]),
  seeds: z.array(seed).min(1).max(limits.seedsPerDrawMax),
  steps: z.int().min(1).max(150).default(20),
  guidanceScale: z.number().min(0).max(30).default(5),
  sampler: z.enum(["DDIM", "Euler", "Euler a", "DPM++ 2M"]).default("DPM++ 2M"),
});
export type DrawJobRequest = z.infer<typeof drawRequest>;

/** Studio room: editors only. */
export const studioMessages = {
  "train.start": z.strictObject({
    datasetId: id,
    nodeId: z.string().max(200).default(""),
    name: displayName,
    triggerWord: z.string().trim().min(1).max(limits.nameCharsMax).optional(),
    settings: trainSettings.default({}),
    samplePrompts: z.array(prompt).max(4).default([]),
  }),
  "job.cancel": z.strictObject({ jobId: id }),
  "job.resume": z.strictObject({ jobId: id }),
  "job.remove": z.strictObject({ jobId: id }),
  draw: drawRequest,
  "module.publish": z.strictObject({
    jobId: id,
    /** One of the job's `savedSteps`. */
    step: z.int().min(1),
    name: displayName,
    description: z.string().max(2000).default(""),
  }),
} as const;

export interface StudioReplies {
  "train.start": { jobId: string };
  "job.cancel": { status: string };
  "job.resume": { status: string };
  "job.remove": { removed: true };
  draw: { jobId: string };
  "module.publish": { moduleId: string; version: number; sha256: string };
}

/** Scene room. Who may send what is in `scenePermissions`. */
export const sceneMessages = {
  move: z.strictObject({ x: coordinate, y: coordinate, z: coordinate, heading: z.number().min(-100).max(100) }),
  chat: z.strictObject({ text: z.string().trim().min(1).max(limits.chatCharsMax) }),
  tag: z.strictObject({ nodeId: id, tag: loraTag.nullable() }),
  /** Shows an asset in a slot; "" gives the slot back to the scene's own. */
  apply: z.strictObject({ slot: id, sha256: sha256.or(z.literal("")) }),
  /** Goes back to what the slot showed before. */
  revert: z.strictObject({ slot: id }),
  history: z.strictObject({ slot: id }),
  /** Asks for a picture for the slot, from its node's tag; resolves when it shows. */
  request: z.strictObject({ slot: id, prompt: prompt.default(""), seed: seed.default(1) }),
} as const;

export const scenePermissions: Record<keyof typeof sceneMessages, readonly Role[]> = {
  move: ["editor", "player"],
  chat: ["editor", "player"],
  tag: ["editor"],
  apply: ["editor"],
  revert: ["editor"],
  history: ["editor"],
  request: ["editor", "player"],
};

export interface SlotHistoryEntry {
  readonly version: number;
  readonly sha256: string;
  readonly by: string;
  readonly at: number;
}

export interface SceneReplies {
  move: void;
  chat: void;
  tag: { version: number };
  apply: { version: number };
  revert: { version: number; sha256: string };
  history: { entries: SlotHistoryEntry[] };
  request: { sha256: string; version: number };
}

export type StudioMessage<T extends keyof typeof studioMessages> = z.input<(typeof studioMessages)[T]>;
export type SceneMessage<T extends keyof typeof sceneMessages> = z.input<(typeof sceneMessages)[T]>;

/** What a client gives on joining a scene room. */
export interface SceneJoinOptions {
  readonly sceneId: string;
  readonly name?: string;
}
