/** What differs between training pictures and training voices; all else about a training job is the same. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Library } from "../library/index.ts";
import { limits, ServiceError, type ModuleKind } from "../protocol/index.ts";
import type { Base } from "./base.ts";
import type { TrainingJob } from "./job.ts";
import {
  DATA_FOLDER,
  LINES_FILE,
  OUTPUT_FOLDER,
  OUTPUT_NAME,
  sampleSeed,
  trainingConfig,
  voiceTrainingConfig,
} from "./training-config.ts";
import { packVoiceModule } from "./voice-module.ts";
import type { Voices } from "./voices.ts";

export interface TrainingParts {
  readonly library: Library;
  readonly base: Base;
  readonly voices: Voices;
  /** The job's own folder. */
  readonly folder: string;
}

export interface TrainingKind<Job extends TrainingJob> {
  readonly moduleKind: ModuleKind;
  /** The base that its modules are bound to. Errors: VOICE_BASE_MISSING. */
  base(parts: Pick<TrainingParts, "base" | "voices">): { readonly name: string; readonly hash: string };
  /** Errors: NOT_FOUND, WRONG_KIND, DATASET_EMPTY, DATASET_WITHOUT_LINES. */
  checkData(datasetId: string, library: Library): Promise<void>;
  /** Writes what it trains on into the job's folder. Returns the hashes of it. */
  exportData(job: Job, parts: TrainingParts): Promise<string[]>;
  config(job: Job, parts: TrainingParts): Record<string, unknown>;
  /** Once, before the first step. */
  before(job: Job, parts: TrainingParts, signal: AbortSignal): Promise<void>;
  /** The step of a file or folder below `output/steps`; undefined if it is none, or not whole. */
  stepOf(path: string, name: string): number | undefined;
  /** The module of a step as one file. */
  moduleFile(folder: string, step: number): string;
}

const STEP = new RegExp(`^${OUTPUT_NAME}-(\\d+)(\\.safetensors)?$`);
/** What a voice's module has beside its tensors; written last. */
const PEFT_CONFIG = "adapter_config.json";
/** As the trainer asks its own samples. */
const SAMPLE_TOKENS_MAX = 96;

const stepName = (step: number): string => `${OUTPUT_NAME}-${String(step).padStart(8, "0")}`;
const stepsFolder = (folder: string): string => join(folder, OUTPUT_FOLDER, "steps");

const pictures: TrainingKind<Extract<TrainingJob, { kind: "train" }>> = {
  moduleKind: "picture",
  base: ({ base }) => base,
  async checkData(datasetId, library) {
    const { name, kind, images } = await library.getDataset(datasetId);
    if (kind !== "picture") throw wrongKind(name, "picture", kind);
    if (images.length === 0) throw new ServiceError("DATASET_EMPTY", { name });
  },
  exportData: ({ request }, { library, folder }) => library.exportDataset(request.datasetId, join(folder, DATA_FOLDER)),
  config: ({ request }, { folder, base }) => trainingConfig(request, folder, base.path),
  before: () => Promise.resolve(),
  stepOf: (_path, name) => (name.endsWith(".safetensors") ? numberOf(name) : undefined),
  moduleFile: (folder, step) => join(stepsFolder(folder), `${stepName(step)}.safetensors`),
};

const voice: TrainingKind<Extract<TrainingJob, { kind: "train-voice" }>> = {
  moduleKind: "voice",
  base: ({ voices }) => voices.demandBase(),
  async checkData(datasetId, library) {
    const { name, kind, lines } = await library.getDataset(datasetId);
    if (kind !== "voice") throw wrongKind(name, "voice", kind);
    if (lines === 0) throw new ServiceError("DATASET_WITHOUT_LINES", { name });
  },
  exportData: async ({ request }, { library, folder }) => [
    await library.exportLines(request.datasetId, join(folder, LINES_FILE)),
  ],
  config: ({ request }, { folder, voices }) => voiceTrainingConfig(request, folder, voices.demandBase().path),
  async before({ request, state }, { voices }, signal) {
    if (state.replies.length > 0) return;
    state.phase = "speaking samples";
    const { persona: system, samplePrompts, settings } = request;
    const asked = samplePrompts.filter((prompt) => prompt.trim() !== "");
    const replies = asked.map(async (prompt, index) => {
      const options = { seed: sampleSeed(settings.seed, index), tokensMax: SAMPLE_TOKENS_MAX, signal };
      const { text } = await voices.answer({ system, history: [], text: prompt }, options);
      return { step: 0, index, prompt, text };
    });
    for (const reply of await Promise.all(replies)) addReply(state, reply);
  },
  stepOf: (path, name) => (existsSync(join(path, name, PEFT_CONFIG)) ? numberOf(name) : undefined),
  moduleFile: (folder, step) => packVoiceModule(join(stepsFolder(folder), stepName(step))),
};

const kinds = { train: pictures, "train-voice": voice } as const;

/** The row of a job's kind. */
export function kindOf<Job extends TrainingJob>({ kind }: Job): TrainingKind<Job> {
  return kinds[kind] as unknown as TrainingKind<Job>;
}

/** Steps whose modules are on disk, also those that a killed service did not hear of. */
export function savedSteps(job: TrainingJob, folder: string): number[] {
  const path = stepsFolder(folder);
  if (!existsSync(path)) return [];
  const kind = kindOf(job);
  return readdirSync(path)
    .flatMap((name) => kind.stepOf(path, name) ?? [])
    .toSorted((a, b) => a - b);
}

function numberOf(name: string): number | undefined {
  const [, digits] = STEP.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

const wrongKind = (name: string, expected: ModuleKind, got: ModuleKind): ServiceError =>
  new ServiceError("WRONG_KIND", { name, what: "data set", expected, got });

/** A model that speaks in bytes says it too; no database keeps it. */
const NUL = /\0/g;

/** Answers of all steps in the order of steps and prompts; one step's answers again replace those before. */
export function addReply(state: TrainingJob["state"], reply: TrainingJob["state"]["replies"][number]): void {
  const others = state.replies.filter(({ step, index }) => step !== reply.step || index !== reply.index);
  const all = [...others, { ...reply, text: reply.text.replaceAll(NUL, "") }].toSorted(
    (a, b) => a.step - b.step || a.index - b.index,
  );
  // Those before training stay: everything is compared with them.
  const excess = Math.max(0, all.length - limits.repliesKept);
  const first = all.filter(({ step }) => step === 0);
  state.replies = [...first, ...all.slice(first.length + excess)];
}
