import { join } from "node:path";
import { defineCommand } from "citty";
import { hubFrom, pullModel, type HubFile } from "../../hub/index.ts";
import { cliErrors } from "../errors.ts";
import { interruptible } from "../interrupt.ts";

const SIGNAL_EXIT = 128;
const SIGINT = 2;

export const modelsCommand = defineCommand({
  meta: { name: "models", description: "Fetch a base model: models pull ORG/NAME" },
  args: {
    action: { type: "positional", description: "pull", required: true },
    model: { type: "positional", description: "ORG/NAME on the hub (HF_ENDPOINT, HF_TOKEN)", required: true },
    file: { type: "string", description: "Only this file, for example one .gguf of several" },
    out: { type: "string", description: "Folder for it (models/ORG/NAME)" },
  },
  async run({ args }) {
    if (args.action !== "pull") throw cliErrors.ACTION_UNKNOWN("models", "pull", args.action);
    const folder = args.out ?? join("models", ...args.model.split("/"));
    const interrupt = interruptible();
    try {
      const progress = pullProgress();
      const path = await pullModel(hubFrom(process.env), args.model, folder, {
        file: args.file,
        signal: interrupt.signal,
        ...progress,
      });
      process.stdout.write(`${path}\n`);
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      process.stderr.write("\nstopped; the same command goes on from here\n");
      process.exitCode = SIGNAL_EXIT + SIGINT;
    } finally {
      interrupt.release();
    }
  },
});

/** Percent of all bytes, in a line that replaces itself; in a log, the files alone. */
function pullProgress(output: NodeJS.WriteStream = process.stderr) {
  let total = 0;
  const here = new Map<string, number>();
  return {
    onFiles(files: readonly HubFile[]) {
      total = files.reduce((sum, { bytes }) => sum + bytes, 0);
      output.write(`${files.length} files, ${megabytes(total)}\n`);
    },
    onBytes({ path }: HubFile, bytes: number) {
      here.set(path, bytes);
      if (!output.isTTY) return;
      const sum = [...here.values()].reduce((all, one) => all + one, 0);
      const share = total === 0 ? 100 : Math.floor((100 * sum) / total);
      output.write(sum < total ? `\r${share} % of ${megabytes(total)}  ${path}\u001B[K` : "\r\u001B[K");
    },
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
