/** Synchronised state of both rooms: what every client sees, and sees alike after a late join or a reconnection. */
import { schema, t, type SchemaType } from "@colyseus/schema";

/** A data set in short; its pictures or lines come by HTTP. */
export const DatasetState = schema(
  {
    id: t.string(),
    name: t.string(),
    /** Node it was made for; "" if none. */
    nodeId: t.string(),
    /** A ModuleKind: "picture" or "voice". */
    kind: t.string(),
    images: t.uint32(),
    /** Dialogues, of a voice's data set. */
    lines: t.uint32(),
    /** Grows with every change of pictures, captions or lines. */
    revision: t.uint32(),
    createdAt: t.float64(),
  },
  "DatasetState",
);
export type DatasetState = SchemaType<typeof DatasetState>;

/** A picture that a job made. */
export const SampleState = schema(
  {
    step: t.uint32(),
    /** Which of the job's prompts. */
    index: t.uint16(),
    prompt: t.string(),
    seed: t.float64(),
    sha256: t.string(),
  },
  "SampleState",
);
export type SampleState = SchemaType<typeof SampleState>;

/** What a voice in training answers. Equal prompt and index, other step: the same question, before and after. */
export const ReplyState = schema(
  {
    /** 0: the base before training. */
    step: t.uint32(),
    /** Which of the job's prompts. */
    index: t.uint16(),
    prompt: t.string(),
    text: t.string(),
  },
  "ReplyState",
);
export type ReplyState = SchemaType<typeof ReplyState>;

/** queued → running → done | failed | cancelled; failed and cancelled training jobs can be resumed. */
export const jobStatuses = ["queued", "running", "done", "failed", "cancelled"] as const;
export type JobStatus = (typeof jobStatuses)[number];
export const jobKinds = ["train", "draw", "train-voice"] as const;
export type JobKind = (typeof jobKinds)[number];

export const JobState = schema(
  {
    id: t.string(),
    kind: t.string(),
    status: t.string(),
    name: t.string(),
    nodeId: t.string(),
    /** Of training jobs; "" otherwise. */
    datasetId: t.string(),
    /** What it does just now: "waiting", "opening the base", "training", "drawing samples"… an id of a text in the panel. */
    phase: t.string(),
    step: t.uint32(),
    steps: t.uint32(),
    loss: t.float32(),
    /** Pictures, or dialogues. */
    imagesPerSecond: t.float32(),
    secondsLeft: t.float32(),
    bestStep: t.uint32(),
    /** Loss curve, thinned to `limits.lossPointsMax` points: step and averaged loss at the same index. */
    lossSteps: t.array("uint32"),
    losses: t.array("float32"),
    validationSteps: t.array("uint32"),
    validationLosses: t.array("float32"),
    /** Steps at which a module was saved. */
    savedSteps: t.array("uint32"),
    samples: t.array(SampleState),
    /** Of voices, by step and index. */
    replies: t.array(ReplyState),
    /** Last lines of its log. */
    log: t.array("string"),
    /** JSON of an ErrorBody; "" if none. */
    error: t.string(),
    /** Published module of this job; "" before. */
    moduleId: t.string(),
    createdAt: t.float64(),
    startedAt: t.float64(),
    endedAt: t.float64(),
  },
  "JobState",
);
export type JobState = SchemaType<typeof JobState>;

/** The newest version of a library module. */
export const ModuleState = schema(
  {
    id: t.string(),
    name: t.string(),
    version: t.uint32(),
    sha256: t.string(),
    /** A ModuleKind. */
    kind: t.string(),
    triggerWord: t.string(),
    owner: t.string(),
    baseModel: t.string(),
    /** Asset hash of the preview picture; "" if none. */
    preview: t.string(),
    description: t.string(),
    createdAt: t.float64(),
  },
  "ModuleState",
);
export type ModuleState = SchemaType<typeof ModuleState>;

export const StudioState = schema(
  {
    /** Name of the base model, its picture side in pixels, and the sha-256 that modules are bound to. */
    baseModel: t.string(),
    baseSide: t.uint16(),
    baseHash: t.string(),
    /** Name of the language base and the hash that voice modules are bound to; "" where there is none. */
    voiceBase: t.string(),
    voiceBaseHash: t.string(),
    /** Steps that suit a training on that base for each of its lines; a fraction, as a step takes several. */
    voiceStepsPerLine: t.float64(),
    datasets: t.map(DatasetState),
    jobs: t.map(JobState),
    modules: t.map(ModuleState),
  },
  "StudioState",
);
export type StudioState = SchemaType<typeof StudioState>;

export const PlayerState = schema(
  {
    name: t.string(),
    role: t.string(),
    connected: t.boolean(),
    x: t.float32(),
    y: t.float32(),
    z: t.float32(),
    /** Radians around the vertical axis. */
    heading: t.float32(),
  },
  "PlayerState",
);
export type PlayerState = SchemaType<typeof PlayerState>;

/** What a slot shows. `version` grows with every change, also with a revert. */
export const SlotState = schema(
  {
    slot: t.string(),
    /** Asset shown; "" for the scene's own. */
    sha256: t.string(),
    /** Maps that belong to that picture; each "" where it has none. */
    normal: t.string(),
    roughness: t.string(),
    occlusion: t.string(),
    version: t.uint32(),
    /** A picture for it is being drawn. */
    pending: t.boolean(),
  },
  "SlotState",
);
export type SlotState = SchemaType<typeof SlotState>;

export const ChatLine = schema({ from: t.string(), text: t.string(), at: t.float64() }, "ChatLine");
export type ChatLine = SchemaType<typeof ChatLine>;

/** An exchange that is over. */
export const TalkLine = schema(
  {
    replyId: t.string(),
    /** Name of who spoke to the NPC, and what was said. */
    from: t.string(),
    said: t.string(),
    /** Name of the NPC, and what it answered. */
    name: t.string(),
    text: t.string(),
    at: t.float64(),
  },
  "TalkLine",
);
export type TalkLine = SchemaType<typeof TalkLine>;

/** The last `limits.talkLinesKept` exchanges of a node, oldest first. */
export const TalkState = schema({ nodeId: t.string(), lines: t.array(TalkLine) }, "TalkState");
export type TalkState = SchemaType<typeof TalkState>;

export const SceneState = schema(
  {
    sceneId: t.string(),
    players: t.map(PlayerState),
    /** By `slotKey`. */
    slots: t.map(SlotState),
    /** Node id → JSON of its LoraTag, where an editor changed it since the scene file was made; "null" if removed. */
    tags: t.map("string"),
    chat: t.array(ChatLine),
    /** By node id. */
    talks: t.map(TalkState),
  },
  "SceneState",
);
export type SceneState = SchemaType<typeof SceneState>;
