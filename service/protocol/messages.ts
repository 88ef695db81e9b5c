/** Room messages. Each is a `room.request(type, payload)`: the reply resolves, an ErrorBody (as JSON) rejects. */
import * as z from "zod";
import type { ErrorBody } from "./errors.ts";
import { limits } from "./limits.ts";
import { slotKinds, type Role, type SurfaceMaps } from "./names.ts";
import { keptText, loraTag, sha256, tagModule } from "./tag.ts";

const id = z.string().min(1).max(200);
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

/** What every training may be told. */
const sharedSettings = {
  rank: z.int().min(1).max(128).optional(),
  alpha: z.number().positive().max(256).optional(),
  learningRate: z.number().positive().max(1).optional(),
  batchSize: z.int().min(1).max(16).optional(),
  /** Updates in all. */
  steps: z.int().min(1).max(100_000).optional(),
  saveSteps: z.int().min(1).optional(),
  seed: seed.optional(),
  validation: z.boolean().optional(),
  gradientCheckpointing: z.boolean().optional(),
};

/** Training settings a person may change; absent ones are the trainer's defaults for the data set. */
export const trainSettings = z.strictObject({
  ...sharedSettings,
  targets: z.array(z.enum(trainTargets)).min(1).optional(),
  flip: z.boolean().optional(),
  captionDropout: z.number().min(0).max(1).optional(),
});
export type TrainSettings = z.infer<typeof trainSettings>;

/** Settings of a voice's training; absent ones are the trainer's defaults. */
export const voiceSettings = z.strictObject({
  ...sharedSettings,
  /** Tokens of a dialogue after which it is cut off. */
  maxLength: z.int().min(8).max(131_072).optional(),
});
export type VoiceSettings = z.infer<typeof voiceSettings>;

const drawRequest = z.strictObject({
  nodeId: z.string().max(200).default(""),
  kind: z.enum(slotKinds),
  prompt,
  negative: prompt.default(""),
  stack: z.array(tagModule).max(limits.modulesPerStackMax).default([]),
  seeds: z.array(seed).min(1).max(limits.seedsPerDrawMax),
  steps: z.int().min(1).max(150).default(20),
  /** Absent: what suits the sampler and the base. */
  guidanceScale: z.number().min(0).max(30).optional(),
  sampler: z.enum(["DDIM", "Euler", "Euler a", "DPM++ 2M", "LCM"]).default("DPM++ 2M"),
  /** The picture goes on seamlessly beside itself. */
  tiling: z.boolean().default(false),
});
export type DrawJobRequest = z.infer<typeof drawRequest>;

/** What maps may be made with. */
export const surfaceLimits = { normalMax: 10, roughnessMax: 1, occlusionMax: 10 } as const;
const strength = (most: number) => z.number().min(0).max(most);

const surfaceMaps = z.strictObject({ normal: sha256, roughness: sha256, occlusion: sha256 });

/** Studio room: editors only. */
export const studioMessages = {
  "train.start": z.strictObject({
    datasetId: id,
    nodeId: z.string().max(200).default(""),
    name: displayName,
    triggerWord: z.string().trim().min(1).max(limits.nameCharsMax).optional(),
    settings: trainSettings.default({}),
    samplePrompts: z.array(prompt).max(limits.samplePromptsMax).default([]),
  }),
  /** A job of kind `train-voice`. */
  "voice.train": z.strictObject({
    /** A data set of kind voice. */
    datasetId: id,
    nodeId: z.string().max(200).default(""),
    name: displayName,
    settings: voiceSettings.default({}),
    /** System message of dialogues that have none, and of the sample replies. */
    persona: keptText(limits.personaCharsMax).default(""),
    /** What is said to it before training and at every save; its answers are the job's `replies`. */
    samplePrompts: z.array(keptText(limits.sayCharsMax)).max(limits.samplePromptsMax).default([]),
  }),
  "job.cancel": z.strictObject({ jobId: id }),
  "job.resume": z.strictObject({ jobId: id }),
  "job.remove": z.strictObject({ jobId: id }),
  draw: drawRequest,
  /** The picture four times as wide and as high; resolves when it is there. */
  upscale: z.strictObject({
    sha256,
    /** A texture that tiles still does. */
    seamless: z.boolean().default(false),
  }),
  /** Normal, roughness and ambient-occlusion maps of a texture that tiles; resolves when they are there. */
  maps: z.strictObject({
    sha256,
    /** Strength of the relief. */
    normal: strength(surfaceLimits.normalMax).default(1),
    /** Mean roughness: 0 mirror, 1 dull. */
    roughness: strength(surfaceLimits.roughnessMax).default(0.5),
    /** Strength of the shade in hollows. */
    occlusion: strength(surfaceLimits.occlusionMax).default(1),
    /** Dark is high: for bright joints between dark tiles. */
    darkHigh: z.boolean().default(false),
  }),
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
  "voice.train": { jobId: string };
  "job.cancel": { status: string };
  "job.resume": { status: string };
  "job.remove": { removed: true };
  draw: { jobId: string };
  upscale: { sha256: string };
  maps: SurfaceMaps;
  "module.publish": { moduleId: string; version: number; sha256: string };
}

/** Scene room. Who may send what is in `scenePermissions`. */
export const sceneMessages = {
  move: z.strictObject({ x: coordinate, y: coordinate, z: coordinate, heading: z.number().min(-100).max(100) }),
  chat: z.strictObject({ text: z.string().trim().min(1).max(limits.chatCharsMax) }),
  tag: z.strictObject({ nodeId: id, tag: loraTag.nullable() }),
  /** Shows an asset in a slot, a texture with its maps if it has any; "" gives the slot back to the scene's own. */
  apply: z.strictObject({ slot: id, sha256: sha256.or(z.literal("")), maps: surfaceMaps.optional() }),
  /** Goes back to what the slot showed before. */
  revert: z.strictObject({ slot: id }),
  history: z.strictObject({ slot: id }),
  /** Asks for a picture for the slot, from its node's tag; resolves when it shows. */
  request: z.strictObject({ slot: id, prompt: prompt.default(""), seed: seed.default(1) }),
  /** Speaks to a node that has a voice. Answered when the reply waits for its turn; what is said comes as `SceneEvents`. */
  say: z.strictObject({ nodeId: id, text: z.string() }),
  /** What the node keeps in mind about the world and its people; part of each of its prompts. */
  "memory.show": z.strictObject({ nodeId: id }),
  "memory.add": z.strictObject({ nodeId: id, text: z.string().trim().min(1).max(limits.factCharsMax) }),
  /** One fact; or all of them and what was said, where none is named. */
  "memory.forget": z.strictObject({ nodeId: id, factId: id.optional() }),
} as const;

export const scenePermissions: Record<keyof typeof sceneMessages, readonly Role[]> = {
  move: ["editor", "player"],
  chat: ["editor", "player"],
  tag: ["editor"],
  apply: ["editor"],
  revert: ["editor"],
  history: ["editor"],
  request: ["editor", "player"],
  say: ["editor", "player"],
  "memory.show": ["editor"],
  "memory.add": ["editor"],
  "memory.forget": ["editor"],
};

export interface MemoryFact {
  readonly id: string;
  readonly text: string;
  readonly by: string;
  readonly at: number;
}

/** What the service sends unasked to those who hear it: players within `limits.hearingMetres` of the node, and editors. */
export interface SceneEvents {
  /** Someone spoke to a node. Whoever comes near later gets it then, with the `text` so far. */
  "reply.start": ReplyStart;
  /** The next piece; all pieces after `reply.start`'s text, in order, are the reply. */
  "reply.text": { readonly replyId: string; readonly nodeId: string; readonly piece: string };
  "reply.end": ReplyEnd;
}
export interface ReplyStart {
  readonly replyId: string;
  readonly nodeId: string;
  /** Name of who spoke, and what was said. */
  readonly from: string;
  readonly said: string;
  /** Name of the NPC. */
  readonly name: string;
  /** "" unless one came late. */
  readonly text: string;
}
export interface ReplyEnd {
  readonly replyId: string;
  readonly nodeId: string;
  /** The whole reply. */
  readonly text: string;
  /** end: it had said all; length: cut off at `limits.replyTokensMax` or what the base can read; error: see `error`. */
  readonly reason: "end" | "length" | "error";
  readonly error?: ErrorBody;
}

export interface SlotHistoryEntry {
  readonly version: number;
  readonly sha256: string;
  readonly maps?: SurfaceMaps;
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
  say: { replyId: string };
  "memory.show": { facts: MemoryFact[] };
  "memory.add": { facts: MemoryFact[] };
  "memory.forget": { facts: MemoryFact[] };
}

export type StudioMessage<T extends keyof typeof studioMessages> = z.input<(typeof studioMessages)[T]>;
export type SceneMessage<T extends keyof typeof sceneMessages> = z.input<(typeof sceneMessages)[T]>;

/** What a client gives on joining a scene room. */
export interface SceneJoinOptions {
  readonly sceneId: string;
  readonly name?: string;
}
