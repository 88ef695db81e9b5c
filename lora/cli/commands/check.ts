import { defineCommand } from "citty";
import { checkDataset, formatReport, readImageDataset } from "../../data/index.ts";
import { numberOption } from "../command-line.ts";

export const checkCommand = defineCommand({
  meta: { name: "check", description: "Look through a folder of pictures before training" },
  args: {
    dir: { type: "positional", description: "Folder of pictures", required: true },
    metadata: { type: "string", description: "Caption file, if it is not metadata.csv in the folder" },
    lang: { type: "enum", options: ["en", "zh"], description: "Language of the report", default: "en" },
    "trigger-word": { type: "string", description: "Word that calls the module; captions without it are listed" },
    resolution: { type: "string", description: "Side that pictures will be trained at, pixels (512)" },
    json: { type: "boolean", description: "The report as JSON" },
    strict: { type: "boolean", description: "Exit code 1 when there are warnings" },
  },
  async run({ args }) {
    const triggerWord = args["trigger-word"];
    const resolution = numberOption("resolution", args.resolution, { least: 64, most: 4096, example: 512 });
    const dataset = await readImageDataset({ dir: args.dir, metadataPath: args.metadata, triggerWord });
    const report = await checkDataset(dataset, { lang: args.lang, resolution, triggerWord });
    process.stdout.write(args.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
    if (args.strict && report.findings.some(({ severity }) => severity !== "advice")) process.exitCode = 1;
  },
});
