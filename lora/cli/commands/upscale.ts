import { readdirSync, statSync } from "node:fs";
import { join, parse, resolve } from "node:path";
import { defineCommand } from "citty";
import { isImageName, readPicture } from "../../data/index.ts";
import { AnimulaError, makeFolder, writeFileAtomic } from "../../format/index.ts";
import { encodePicture, imageErrors, openUpscaler, type Upscaler } from "../../image/index.ts";
import { drawingSteps } from "../progress.ts";

const SCALE = "4";
/** Four times as wide, 4096 pixels become the 16384 that graphics cards take at most. */
const PIXELS_MAX = 4096 ** 2;

interface Job {
  readonly from: string;
  readonly to: string;
}

export const upscaleCommand = defineCommand({
  meta: { name: "upscale", description: "Pictures four times as wide and as high, drawn sharper than stretching does" },
  args: {
    input: { type: "positional", description: "Picture, or folder of pictures", required: true },
    scale: { type: "enum", options: [SCALE], description: "Times as wide and as high", default: SCALE },
    seamless: { type: "boolean", description: "For textures: what tiles still tiles" },
    output: {
      type: "string",
      description: "Folder for the results (a picture's own; for a folder, NAME-x4 beside it)",
    },
  },
  async run({ args }) {
    const isFolder = statSync(args.input, { throwIfNoEntry: false })?.isDirectory() === true;
    const jobs = isFolder ? folderJobs(args.input, args.output) : [fileJob(args.input, args.output)];
    const upscaler = await openUpscaler();
    try {
      if (isFolder) await upscaleAll(upscaler, jobs, args.input, args.seamless === true);
      else await upscaleOne(upscaler, jobs[0]!, args.seamless === true);
    } finally {
      await upscaler.close();
    }
  },
});

function fileJob(from: string, output: string | undefined): Job {
  const { dir, name } = parse(from);
  return { from, to: join(output ?? dir, `${name}-x${SCALE}.png`) };
}

/** @throws PICTURES_NONE */
function folderJobs(folder: string, output = `${resolve(folder)}-x${SCALE}`): Job[] {
  const pictures = readdirSync(folder).filter((name) => isImageName(name) && !name.startsWith("."));
  if (pictures.length === 0) throw imageErrors.PICTURES_NONE(folder);
  const stems = pictures.map((name) => parse(name).name);
  return pictures.toSorted().map((file) => {
    const { name } = parse(file);
    // wall.png and wall.jpg must not end in one file.
    const unique = stems.filter((stem) => stem === name).length > 1 ? file : name;
    return { from: join(folder, file), to: join(output, `${unique}-x${SCALE}.png`) };
  });
}

/** Goes on after a picture that cannot be read. @throws PICTURES_LEFT_OUT */
async function upscaleAll(
  upscaler: Upscaler,
  jobs: readonly Job[],
  folder: string,
  isSeamless: boolean,
): Promise<void> {
  let leftOut = 0;
  for (const job of jobs)
    try {
      await upscaleOne(upscaler, job, isSeamless);
    } catch (error) {
      if (!(error instanceof AnimulaError) || !error.code.startsWith("IMAGE_")) throw error;
      process.stderr.write(`${error.code}: ${error.message}\n`);
      leftOut++;
    }
  if (leftOut > 0) throw imageErrors.PICTURES_LEFT_OUT(folder, leftOut, jobs.length);
}

async function upscaleOne(upscaler: Upscaler, { from, to }: Job, isSeamless: boolean): Promise<void> {
  const picture = await readPicture(from, PIXELS_MAX);
  const enlarged = await upscaler.upscale(picture, { isSeamless, onTile: drawingSteps(from) });
  makeFolder(parse(resolve(to)).dir);
  writeFileAtomic(to, await encodePicture(enlarged));
  process.stdout.write(`${to}\n`);
}
