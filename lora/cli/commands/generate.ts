import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { defineCommand } from "citty";
import { parsePrompt } from "../../diffusion/index.ts";
import { AnimulaError, writeFileAtomic } from "../../format/index.ts";
import { DrawingStudio, encodePng } from "../../generate/index.ts";
import { openStableDiffusion } from "../../models/index.ts";
import { drawnInfo } from "../drawn-info.ts";

export const generateCommand = defineCommand({
  meta: { name: "generate", description: "Draw pictures with a base and its modules" },
  args: {
    base: {
      type: "string",
      description: "Base model: a .safetensors file or a diffusers folder",
      default: "./assets/base/mini-sd",
    },
    prompt: { type: "string", description: "WebUI syntax: (word:1.2), <lora:name:0.8>", required: true },
    negative: { type: "string", description: "What to keep away from" },
    lora: { type: "string", description: "Module file or files, comma-separated; named by file name without ending" },
    "lora-dir": { type: "string", description: "Folder of module files that the prompt may name" },
    steps: { type: "string", description: "Sampling steps (20)" },
    guidance: { type: "string", description: "Guidance scale (7)" },
    sampler: { type: "string", description: "DDIM, Euler, Euler a, DPM++ 2M" },
    seed: { type: "string", description: "First seed (1)" },
    count: { type: "string", description: "How many pictures, on following seeds (1)" },
    width: { type: "string", description: "Pixels" },
    height: { type: "string", description: "Pixels" },
    output: { type: "string", description: "Folder for the pictures", default: "./output/pictures" },
  },
  async run({ args }) {
    const seed = wholeNumber("seed", args.seed) ?? 1;
    const seeds = Array.from({ length: wholeNumber("count", args.count) ?? 1 }, (_, i) => seed + i);
    const options = {
      negative: args.negative,
      steps: wholeNumber("steps", args.steps),
      guidanceScale: finite("guidance", args.guidance),
      sampler: args.sampler,
      width: wholeNumber("width", args.width),
      height: wholeNumber("height", args.height),
    };
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    const base = await openStableDiffusion(args.base);
    const studio = await DrawingStudio.open(base);
    const hashes = loadModules(studio, args.prompt, args.lora, args["lora-dir"]);
    const request = { prompt: args.prompt, ...given };
    const pictures = await studio.draw({ ...request, seeds });
    mkdirSync(args.output, { recursive: true });
    for (const picture of pictures) {
      const path = join(args.output, `${picture.seed}.png`);
      writeFileAtomic(path, await encodePng(picture.pixels, drawnInfo(base, request, picture, hashes)));
      process.stdout.write(`${path}\n`);
    }
    await studio.close();
  },
});

/** Loads the modules given by file, and those of the folder that the prompt names; says what each changes. */
function loadModules(
  studio: DrawingStudio,
  prompt: string,
  files: string | undefined,
  folder: string | undefined,
): { name: string; hash: string }[] {
  const paths = new Map((files?.split(",") ?? []).map((path) => [basename(path).replace(/\.safetensors$/, ""), path]));
  const inFolder =
    folder && existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".safetensors")) : [];
  for (const file of inFolder) paths.set(file.replace(/\.safetensors$/, ""), join(folder!, file));
  const named = new Set(parsePrompt(prompt).loras.map(({ name }) => name));
  return [...paths]
    .filter(([name]) => named.has(name))
    .map(([name, path]) => {
      const { applied, ignored } = studio.loadModule(name, path);
      process.stderr.write(`${name}: ${applied.length} tensors applied, ${ignored.length} ignored\n`);
      for (const { key, reason } of ignored.slice(0, 5)) process.stderr.write(`  ${key}: ${reason}\n`);
      return { name, hash: createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 12) };
    });
}

function wholeNumber(key: string, text: string | undefined): number | undefined {
  const value = finite(key, text);
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 0))
    throw new AnimulaError(
      "ARGUMENT_INVALID",
      `--${key}: expected a whole number, got ${text}; write for example --${key} 20`,
    );
  return value;
}

function finite(key: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new AnimulaError(
      "ARGUMENT_INVALID",
      `--${key}: expected a number, got "${text}"; write for example --${key} 7`,
    );
  return value;
}
