/** A real store, library and queue on a small base, and what tests of jobs and rooms need around them. */
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import sharp from "sharp";
import {
  Jobs,
  readBase,
  readVoiceBase,
  Voices,
  type JobSnapshot,
  type TrainRequest,
  type VoiceTrainRequest,
  type VoicesOptions,
} from "../../../service/jobs/index.ts";
import { Library } from "../../../service/library/index.ts";
import { studioMessages, type StudioMessage } from "../../../service/protocol/index.ts";
import { openStore, type Store } from "../../../service/store/index.ts";
import { freshFolder } from "../store/fresh-folder.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
/** The embedded base that users have; it is also the one that opens fastest. */
export const MINI = join(ROOT, "assets/base/mini-sd");
/** A random language model with a tokenizer and a chat template: it says nothing sensible, and always the same. */
export const TALKER = join(ROOT, "test/golden/text/talker");
/** A machine that does other things too. */
export const PATIENCE_MS = 300_000;

export interface Workbench {
  readonly dataDir: string;
  readonly store: Store;
  readonly library: Library;
  readonly jobs: Jobs;
  readonly voices: Voices;
  /** What the service wrote to its log as errors. */
  readonly errors: string[];
  close(): Promise<void>;
}

export interface WorkbenchOptions {
  /** An existing one; it is kept then. */
  readonly dataDir?: string;
  /** Folder of the language base. */
  readonly voiceBase?: string;
  readonly voices?: Partial<VoicesOptions>;
}

export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const dataDir = options.dataDir ?? (await freshFolder());
  const errors: string[] = [];
  const log = { info: () => undefined, error: (_fields: object, message: string) => void errors.push(message) };
  const store = await openStore({ dataDir });
  const base = await readBase(MINI, dataDir);
  const library = new Library(store, { side: base.side });
  const folder = options.voiceBase ?? TALKER;
  const voiceBase = await readVoiceBase(folder, dataDir);
  const voices = new Voices({ store, library, base: voiceBase, folder, ...options.voices });
  const jobs = await Jobs.open({ store, library, base, voices, log });
  const close = async () => {
    await jobs.close();
    await voices.close();
    await store.close();
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  return { dataDir, store, library, jobs, voices, errors, close };
}

export const ADA = { name: "Ada" };

/** A data set of small noisy pictures. */
export async function makeDataset(library: Library, pictures = 3): Promise<string> {
  const { id } = await library.createDataset({ name: "smith", nodeId: "npc-smith", owner: ADA.name });
  for (let i = 0; i < pictures; i++) {
    const noise = { type: "gaussian", mean: 60 * (i + 1), sigma: 40 } as const;
    const create = { width: 64, height: 64, channels: 3, background: "black", noise } as const;
    const png = await sharp({ create }).png().toBuffer();
    const data = async function* () {
      yield png;
    };
    await library.addImage(id, { name: `${i}.png`, data: data(), caption: `picture ${i}` }, ADA.name);
  }
  return id;
}

/** A short run: every second step is saved. */
export function trainRequest(
  datasetId: string,
  settings: StudioMessage<"train.start">["settings"] = {},
  more: Partial<StudioMessage<"train.start">> = {},
): TrainRequest {
  const short = { steps: 4, saveSteps: 2, batchSize: 1, rank: 2, ...settings };
  return studioMessages["train.start"].parse({ datasetId, name: "smith", settings: short, ...more });
}

export const drawRequest = (wanted: Partial<StudioMessage<"draw">> = {}) =>
  studioMessages.draw.parse({ kind: "portrait", prompt: "a man", seeds: [1], steps: 2, ...wanted });

export function jobOf(jobs: Jobs, id: string): Readonly<JobSnapshot> {
  const job = jobs.list().find((each) => each.id === id);
  if (!job) throw new Error(`no job ${id}`);
  return job;
}

/** Resolves when the job is as wanted. */
export function until(
  jobs: Jobs,
  id: string,
  isWanted: (job: Readonly<JobSnapshot>) => boolean,
): Promise<Readonly<JobSnapshot>> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      jobs.off("job", look);
      fail(new Error(`job is still ${JSON.stringify({ ...jobOf(jobs, id), lossSteps: [], losses: [] })}`));
    }, PATIENCE_MS);
    const look = (job: Readonly<JobSnapshot>) => {
      if (job.id !== id || !isWanted(job)) return;
      clearTimeout(timer);
      jobs.off("job", look);
      done(job);
    };
    jobs.on("job", look);
    look(jobOf(jobs, id));
  });
}

export const isDone = ({ status }: Readonly<JobSnapshot>): boolean => status === "done";

/** Looks again and again. */
export async function eventually<T>(look: () => T | undefined | null | false, what: string): Promise<T> {
  for (const start = Date.now(); Date.now() - start < PATIENCE_MS;) {
    const found = look();
    if (found !== undefined && found !== null && found !== false) return found;
    await new Promise((resume) => setTimeout(resume, 10));
  }
  throw new Error(`waited in vain for ${what}`);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A voice's data set of short exchanges. */
export async function makeVoiceDataset(library: Library, exchanges = 6): Promise<string> {
  const { id } = await library.createDataset({ name: "guard", nodeId: "npc-guard", owner: ADA.name, kind: "voice" });
  const lines = Array.from({ length: exchanges }, (_, i) => `Player: Who goes ${i}?\nRolf: Halt ${i}!\n\n`);
  await library.putLines(id, lines.join(""), "add", ADA.name);
  return id;
}

export function voiceRequest(
  datasetId: string,
  settings: StudioMessage<"voice.train">["settings"] = {},
  more: Partial<StudioMessage<"voice.train">> = {},
): VoiceTrainRequest {
  const short = { steps: 4, saveSteps: 2, batchSize: 2, rank: 2, learningRate: 0.05, ...settings };
  return studioMessages["voice.train"].parse({ datasetId, name: "guard", settings: short, ...more });
}
