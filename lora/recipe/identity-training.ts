/** Teaches a module one subject as the studio's button would: the same suggestions, the same job. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import type { LoraModule } from "../adapter/index.ts";
import { readImageDataset } from "../data/index.ts";
import { formatMetadataCsv, makeFolder } from "../format/index.ts";
import type { StableDiffusion } from "../models/index.ts";
import { parseTrainConfig, readBaseDefaults, suggestSettings, trainImage, type TrainConfig } from "../train/index.ts";
import type { SettingsVariant } from "./identity-settings.ts";
import { SUBJECT_SIDE, type Subject } from "./identity-subject.ts";

export interface TaughtModule {
  readonly module: LoraModule;
  readonly steps: number;
  readonly seconds: number;
}

/** The configuration that the studio writes for so many pictures, changed as the variant says. Paths in `folder`. */
export function identityConfig(
  base: string,
  subject: Pick<Subject, "name" | "pictures">,
  variant: SettingsVariant,
  folder: string,
): TrainConfig {
  const suggested = suggestSettings(subject.pictures.length, readBaseDefaults(base));
  const { rank = suggested.rank, learningRateFactor = 1, stepsFactor = 1, more = {} } = variant;
  const steps = Math.max(1, Math.round(suggested.steps * stepsFactor));
  const values = {
    base_model: base,
    train_data_dir: join(folder, "data"),
    metadata_path: join(folder, "data", "metadata.csv"),
    output_dir: join(folder, "output"),
    trigger_word: subject.name,
    lora_rank: rank,
    learning_rate: suggested.learningRate * learningRateFactor,
    max_train_steps: steps,
    // Nothing is gone on with later.
    save_steps: steps,
    resume: "never",
    ...more,
  };
  return parseTrainConfig(JSON.stringify(values), `the settings of ${subject.name}`);
}

/** Draws the pictures into a temporary folder, trains, and leaves nothing behind. @throws the errors of `trainImage` */
export async function teach(
  base: StableDiffusion,
  subject: Subject,
  variant: SettingsVariant,
  onStep: (step: number, steps: number) => void,
): Promise<TaughtModule> {
  const folder = mkdtempSync(join(tmpdir(), "animula-identity-"));
  try {
    const config = identityConfig(base.path, subject, variant, folder);
    makeFolder(config.trainDataDir);
    await writePictures(subject, config.trainDataDir);
    const dataset = await readImageDataset({ dir: config.trainDataDir, metadataPath: config.metadataPath });
    const start = performance.now();
    const { module, totalSteps } = await trainImage({
      config,
      base,
      dataset,
      emit: (event) => {
        if (event.type === "step") onStep(event.step, event.totalSteps);
      },
    });
    return { module, steps: totalSteps, seconds: (performance.now() - start) / 1000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writePictures({ pictures }: Subject, folder: string): Promise<void> {
  const nameOf = (index: number): string => `${String(index + 1).padStart(2, "0")}.png`;
  for (const [index, { pixels }] of pictures.entries()) {
    const raw = { width: SUBJECT_SIDE, height: SUBJECT_SIDE, channels: 3 as const };
    await sharp(pixels, { raw })
      .png()
      .toFile(join(folder, nameOf(index)));
  }
  const rows = pictures.map(({ caption }, index) => ({ file: nameOf(index), caption }));
  writeFileSync(join(folder, "metadata.csv"), formatMetadataCsv(rows));
}
