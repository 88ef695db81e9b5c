import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineCommand } from "citty";
import { autoLabel, LABEL_THRESHOLD, Labeller, labelLanguages, type AutoLabelReport } from "../../data/index.ts";
import { numberOption } from "../command-line.ts";
import { drawingSteps } from "../progress.ts";

const CLIP_DEFAULT = fileURLToPath(new URL("../../../assets/base/mini-clip", import.meta.url));

export const autoLabelCommand = defineCommand({
  meta: { name: "auto-label", description: "Captions for a folder of pictures, guessed by a CLIP model" },
  args: {
    input: { type: "string", description: "Folder of pictures", required: true },
    output: { type: "string", description: "Caption file to write (metadata.csv in the folder)" },
    clip: {
      type: "string",
      description: "Folder of a CLIP model in the Hugging Face layout (the embedded mini-clip)",
      default: CLIP_DEFAULT,
    },
    prefix: { type: "string", description: "Trigger word in front of every caption" },
    tell: {
      type: "enum",
      options: ["all", "varied"],
      description:
        "varied leaves hair, skin and what else all pictures share to the trigger word (all; varied with --prefix)",
    },
    language: { type: "enum", options: [...labelLanguages], description: "Language of the captions", default: "en" },
    threshold: {
      type: "string",
      description: `Guesses less sure than this are left out, 0 to 1 (${LABEL_THRESHOLD})`,
    },
    overwrite: { type: "boolean", description: "Also pictures that have a caption, and a caption file that is there" },
    json: { type: "boolean", description: "One JSON object a line" },
  },
  async run({ args }) {
    const limits = { least: 0, most: 1, isWhole: false, example: LABEL_THRESHOLD };
    const threshold = numberOption("threshold", args.threshold, limits) ?? LABEL_THRESHOLD;
    const output = args.output ?? join(args.input, "metadata.csv");
    const watcher = args.json ? jsonLines : forPeople(args.input);
    const labeller = await Labeller.open(args.clip);
    try {
      const report = await autoLabel(labeller, {
        dir: args.input,
        output,
        language: args.language,
        threshold,
        prefix: args.prefix,
        onlyVaried: args.tell === undefined ? undefined : args.tell === "varied",
        overwrite: args.overwrite === true,
        onPicture: (done, total, problem) => {
          if (problem) watcher.leftOut(problem.file, String(problem.value));
          else watcher.looked(done, total);
        },
      });
      watcher.done(report, output);
    } finally {
      await labeller.close();
    }
  },
});

interface Watcher {
  looked(done: number, total: number): void;
  leftOut(file: string, reason: string): void;
  done(report: AutoLabelReport, output: string): void;
}

function forPeople(input: string): Watcher {
  const progress = drawingSteps(input);
  return {
    looked: progress,
    leftOut: (_file, reason) => void process.stderr.write(`${reason}\n`),
    done({ rows, captioned, problems }, output) {
      const notes = [
        captioned > 0 ? `${captioned} already captioned, left as they are` : undefined,
        problems.length > 0 ? `${problems.length} left out, see above` : undefined,
      ].filter((note) => note !== undefined);
      const result = rows.length > 0 ? `${output}: ${rows.length} captions` : "no captions written";
      process.stdout.write(`${[result, ...notes].join("; ")}\n`);
    },
  };
}

const line = (object: object) => void process.stdout.write(`${JSON.stringify(object)}\n`);
const jsonLines: Watcher = {
  looked: () => {},
  leftOut: (file, reason) => line({ type: "problem", file, message: reason }),
  done({ rows, captioned, problems }, output) {
    for (const row of rows) line({ type: "caption", ...row });
    line({ type: "done", output, captions: rows.length, captioned, problems: problems.length });
  },
};
