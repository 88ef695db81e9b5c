import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineCommand } from "citty";
import { readModule, type LoraModule } from "../../adapter/index.ts";
import { parsePrompt, parseSamplerName, samplerNames } from "../../diffusion/index.ts";
import { makeFolder, writeFileAtomic } from "../../format/index.ts";
import {
  checkPictureSize,
  DrawingStudio,
  drawnInfo,
  encodePng,
  generateErrors,
  modelHash,
  moduleHash,
} from "../../generate/index.ts";
import { moduleSites, openStableDiffusion, type StableDiffusion } from "../../models/index.ts";
import { numberOption } from "../command-line.ts";
import { drawingSteps } from "../progress.ts";
import { cliErrors } from "../errors.ts";

const BASE_DEFAULT = fileURLToPath(new URL("../../../assets/base/mini-sd", import.meta.url));
/** The largest seed that the WebUI takes. */
const SEED_MAX = 2 ** 32 - 1;
const SEED_DEFAULT = 1;

export const generateCommand = defineCommand({
  meta: { name: "generate", description: "Draw pictures with a base and its modules" },
  args: {
    base: {
      type: "string",
      description: "Base model: a .safetensors file or a diffusers folder (the embedded mini base)",
    },
    prompt: { type: "string", description: "WebUI syntax: (word:1.2), <lora:name:0.8>", required: true },
    negative: { type: "string", description: "What to keep away from" },
    lora: {
      type: "string",
      description: "Module files, comma-separated; weight 1 where the prompt does not name them",
    },
    "lora-dir": { type: "string", description: "Folder of module files that the prompt may name" },
    steps: { type: "string", description: "Sampling steps (20; 4 with LCM)" },
    guidance: { type: "string", description: "Guidance scale (7; 1, which is none, with LCM)" },
    "guidance-stop": {
      type: "string",
      description: "Share of the steps that are guided, 0 to 1, from the first on (1)",
    },
    "guidance-rescale": { type: "string", description: "0 to 1: tames the hard colours of strong guidance (0)" },
    sampler: { type: "string", description: `${samplerNames().join(", ")} (DPM++ 2M)` },
    seed: { type: "string", description: "First seed (1)" },
    count: { type: "string", description: "How many pictures, on following seeds (1)" },
    width: { type: "string", description: "Pixels" },
    height: { type: "string", description: "Pixels" },
    tiling: { type: "boolean", description: "For textures: the picture goes on seamlessly beside itself" },
    output: { type: "string", description: "Folder for the pictures", default: "./output/pictures" },
  },
  async run({ args }) {
    const first = numberOption("seed", args.seed, { least: 0, most: SEED_MAX, example: 7 }) ?? SEED_DEFAULT;
    const count = numberOption("count", args.count, { least: 1, most: 10_000, example: 4 }) ?? 1;
    const options = {
      negative: args.negative,
      steps: numberOption("steps", args.steps, { least: 1, most: 999, example: 20 }),
      guidanceScale: numberOption("guidance", args.guidance, { least: 0, most: 100, isWhole: false, example: 7 }),
      guidanceStop: shareOption("guidance-stop", args["guidance-stop"]),
      guidanceRescale: shareOption("guidance-rescale", args["guidance-rescale"]),
      sampler: args.sampler,
      tiling: args.tiling,
      width: numberOption("width", args.width, { least: 8, most: 4096, example: 512 }),
      height: numberOption("height", args.height, { least: 8, most: 4096, example: 512 }),
    };
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    if (args.sampler !== undefined) parseSamplerName(args.sampler);
    const { prompt, files } = chooseModules(args.prompt, args.negative ?? "", args.lora, args["lora-dir"]);
    for (const { warnings } of [parsePrompt(prompt), parsePrompt(args.negative ?? "")])
      for (const warning of warnings) process.stderr.write(`${warning}\n`);
    const base = await openStableDiffusion(args.base ?? BASE_DEFAULT);
    checkPictureSize(base, options.width ?? base.side, options.height ?? base.side);
    // Modules are read first: a wrong one is known in an instant, while opening a large base takes its time.
    const modules = readModules(base, files);
    const hashes = modules.flatMap(({ name, path }) =>
      statSync(path).isDirectory() ? [] : [{ name, hash: moduleHash(path) }],
    );
    const studio = await DrawingStudio.open(base);
    for (const { name, module } of modules) studio.addModule(name, module);
    try {
      makeFolder(args.output);
      const hash = await modelHash(base);
      // One after the other, so that each picture is on disk as soon as it is drawn.
      for (let seed = first; seed < first + count; seed++) {
        const [picture] = await studio.draw({ prompt, ...given, seeds: [seed], onStep: drawingSteps(`seed ${seed}`) });
        const info = drawnInfo(base, { prompt, ...given }, picture!, hashes, hash);
        const path = freePath(args.output, seed);
        writeFileAtomic(path, await encodePng(picture!.pixels, info));
        process.stdout.write(`${path}\n`);
      }
    } finally {
      await studio.close();
    }
  },
});

const shareOption = (name: string, value: string | undefined) =>
  numberOption(name, value, { least: 0, most: 1, isWhole: false, example: 0.5 });

/** `00001-7.png`: the number of the picture in its folder and its seed; earlier pictures are never replaced. */
function freePath(folder: string, seed: number): string {
  const numbers = readdirSync(folder).map((name) => Number(/^(\d{5,})-\d+\.png$/.exec(name)?.[1] ?? 0));
  const number = numbers.reduce((a, b) => Math.max(a, b), 0) + 1;
  return join(folder, `${String(number).padStart(5, "0")}-${seed}.png`);
}

interface Chosen {
  /** The prompt, with a tag of weight 1 for each file of --lora that it does not name itself. */
  readonly prompt: string;
  /** Name in prompts → file. */
  readonly files: ReadonlyMap<string, string>;
}

/** Files given by --lora are used in any case; those of the folder if a prompt names them. */
function chooseModules(prompt: string, negative: string, lora: string | undefined, folder: string | undefined): Chosen {
  const nameOf = (path: string) => basename(path).replace(/\.safetensors$/i, "");
  const given = (lora?.split(",") ?? []).map((path) => path.trim()).filter((path) => path !== "");
  const files = new Map(given.map((path) => [nameOf(path), path]));
  const named = new Set([prompt, negative].flatMap((text) => parsePrompt(text).loras.map(({ name }) => name)));
  const unnamed = [...files.keys()].filter((name) => !named.has(name));
  const inFolder = new Map(
    folder === undefined ? [] : modulesIn(folder).map((file) => [nameOf(file), join(folder, file)]),
  );
  for (const name of named) {
    if (files.has(name)) continue;
    const path = inFolder.get(name);
    if (!path) throw generateErrors.MODULE_UNKNOWN(name, [...files.keys(), ...inFolder.keys()].join(", ") || "none is");
    files.set(name, path);
  }
  return { prompt: [prompt, ...unnamed.map((name) => `<lora:${name}:1>`)].join(" "), files };
}

/** @throws FOLDER_NOT_FOUND */
function modulesIn(folder: string): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw cliErrors.FOLDER_NOT_FOUND("lora-dir", folder);
  return readdirSync(folder).filter((name) => /\.safetensors$/i.test(name));
}

interface NamedModule {
  readonly name: string;
  readonly path: string;
  readonly module: LoraModule;
}

/** Reads modules and says what of each was used. */
function readModules(base: StableDiffusion, files: ReadonlyMap<string, string>): NamedModule[] {
  const LISTED_MAX = 5;
  const sites = moduleSites(base);
  return [...files].map(([name, path]) => {
    const { module, report } = readModule(path, sites);
    const { applied, ignored } = report;
    process.stderr.write(`${name}: ${applied.length} tensors applied, ${ignored.length} ignored\n`);
    for (const { key, reason } of ignored.slice(0, LISTED_MAX)) process.stderr.write(`  ${key}: ${reason}\n`);
    return { name, path, module };
  });
}
