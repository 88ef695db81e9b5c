import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineCommand } from "citty";
import { readImageDataset } from "../../data/index.ts";
import { makeFolder, writeFileAtomic } from "../../format/index.ts";
import { DrawingStudio, type Picture } from "../../generate/index.ts";
import { openStableDiffusion } from "../../models/index.ts";
import { loadTrainConfig } from "../../train/index.ts";
import { numberOption } from "../command-line.ts";
import { contactSheet, type SheetRow } from "../contact-sheet.ts";
import { progressBar } from "../progress.ts";
import { runTraining } from "./train.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const CONFIG = join(ROOT, "assets/demo/zhangsan.yaml");

export const demoCommand = defineCommand({
  meta: { name: "demo", description: "Teach the embedded base one character and show it before and after" },
  args: {
    output: { type: "string", description: "Folder for the result", default: "./output/demo" },
    steps: { type: "string", description: "Training steps instead of the configuration's" },
  },
  async run({ args }) {
    const config = { ...loadTrainConfig(CONFIG, ROOT), outputDir: args.output, loggingDir: join(args.output, "logs") };
    const steps = numberOption("steps", args.steps, { least: 1, most: 1_000_000, example: 100 });
    const shortened = steps === undefined ? config : { ...config, epochs: undefined, maxTrainSteps: steps };
    process.stdout.write("Animula demonstration: a character in a style that the embedded base never saw.\n\n");
    const { modulePath, cancelledBy } = await runTraining({ ...shortened, samplePrompts: [] }, progressBar());
    if (cancelledBy || !modulePath) return;
    const sheet = join(args.output, "before-after.png");
    await writeSheet(sheet, modulePath, config);
    process.stdout.write(`\nBefore and after, with the pictures it learned from: ${sheet}\n`);
  },
});

/** Three rows: pictures it learned from, the base alone, the base with the module; same prompts and seeds. */
async function writeSheet(path: string, modulePath: string, config: ReturnType<typeof loadTrainConfig>): Promise<void> {
  const base = await openStableDiffusion(config.baseModel);
  const studio = await DrawingStudio.open(base);
  const report = studio.loadModule("demo", modulePath);
  process.stdout.write(`module: ${report.applied.length} tensors applied, ${report.ignored.length} ignored\n`);
  const draw = async (suffix: string): Promise<Picture[]> => {
    const pictures = [];
    for (const [index, { prompt, seed = 100 + index }] of config.samplePrompts.entries())
      pictures.push(...(await studio.draw({ prompt: `${prompt}${suffix}`, seeds: [seed] })));
    return pictures;
  };
  const { samples } = await readImageDataset({ dir: config.trainDataDir, metadataPath: config.metadataPath });
  const rows: SheetRow[] = [
    { label: "learned from", pictures: samples.slice(0, config.samplePrompts.length).map(({ file }) => file) },
    { label: "base alone", pictures: await draw("") },
    { label: "with the module", pictures: await draw(" <lora:demo:1>") },
  ];
  makeFolder(dirname(path));
  writeFileAtomic(path, await contactSheet(rows, base.side * 2));
  await studio.close();
}
