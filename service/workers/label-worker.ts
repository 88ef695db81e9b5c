/** Captions for a folder of pictures: the command in a process of its own, its JSON lines read as they come. */
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { endText, startWorker } from "./worker-process.ts";

const COMMAND = fileURLToPath(new URL("../../lora/cli/main.ts", import.meta.url));

export interface LabelOrder {
  /** Folder of the CLIP model. */
  readonly clip: string;
  readonly folder: string;
  readonly language: "en" | "zh";
}

export interface LabelledFile {
  /** Its name in the folder. */
  readonly file: string;
  readonly caption: string;
  /** 0 … 1 */
  readonly confidence: number;
}

/** Why there are no captions: what the command said last. */
export class LabellingFailed extends Error {}

/** Captions of the pictures that have none. A picture that cannot be read has none afterwards either. */
export async function labelFolder({ clip, folder, language }: LabelOrder): Promise<LabelledFile[]> {
  const place = ["--input", folder, "--output", `${folder}.csv`, "--clip", clip];
  // Training puts the trigger word in front, whatever it is by then.
  const form = ["--language", language, "--tell", "varied", "--json"];
  const { child, ended } = startWorker(COMMAND, ["auto-label", ...place, ...form], folder);
  const labelled: LabelledFile[] = [];
  const lines = createInterface({ input: child.stdout! });
  lines.on("line", (text) => {
    const { type, ...row } = JSON.parse(text) as LabelledFile & { type: string };
    if (type === "caption") labelled.push(row);
  });
  const read = new Promise<void>((resolve) => lines.once("close", resolve));
  const [end] = await Promise.all([ended, read]);
  if (end.code === 0) return labelled;
  throw new LabellingFailed(end.stderr.trim().split("\n").at(-1) || endText(end));
}
