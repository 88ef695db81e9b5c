import { defineCommand } from "citty";
import { checkDataset, formatReport, readImageDataset } from "../../data/index.ts";

export const checkCommand = defineCommand({
  meta: { name: "check", description: "Look through a folder of pictures before training" },
  args: {
    dir: { type: "positional", description: "Folder of pictures", required: true },
    metadata: { type: "string", description: "Caption file, if it is not metadata.csv in the folder" },
    lang: { type: "string", description: "en or zh", default: "en" },
    json: { type: "boolean", description: "The report as JSON" },
    strict: { type: "boolean", description: "Exit code 1 when there are warnings" },
  },
  async run({ args }) {
    const dataset = await readImageDataset({ dir: args.dir, metadataPath: args.metadata });
    const report = await checkDataset(dataset, { lang: args.lang === "zh" ? "zh" : "en" });
    process.stdout.write(args.json ? `${JSON.stringify(report, null, 2)}\n` : `${formatReport(report)}\n`);
    if (args.strict && report.findings.some(({ severity }) => severity !== "advice")) process.exitCode = 1;
  },
});
