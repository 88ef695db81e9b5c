/** The engine's report on a data set, in terms of the library's pictures; and the settings the data suggests. */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkDataset, suggestSettings, type BaseDefaults } from "../../lora/index.ts";
import type { Language, ReportReply } from "../protocol/index.ts";
import type { ObjectStore } from "../store/index.ts";
import { folderName, writeDatasetFolder, type FolderImage } from "./dataset-folder.ts";

export interface ReportImage extends FolderImage {
  readonly id: string;
  readonly name: string;
}

export interface ReportOptions {
  readonly objects: ObjectStore;
  /** Where the pictures are laid out while they are looked at. */
  readonly temporary: string;
  /** The data set's name; the engine falls back on it as a caption. */
  readonly name: string;
  readonly images: readonly ReportImage[];
  readonly lang: Language;
  readonly base: { readonly side: number; readonly training?: BaseDefaults };
  readonly triggerWord?: string | undefined;
}

export async function reportOn(options: ReportOptions): Promise<ReportReply> {
  const { objects, temporary, images, lang, base, triggerWord } = options;
  const suggested = suggestSettings(images.length, base.training);
  if (images.length === 0) return { images: 0, findings: [], suggested };
  const folder = join(temporary, randomUUID(), options.name);
  try {
    await writeDatasetFolder(objects, images, folder);
    const report = await checkDataset(folder, { lang, resolution: base.side, triggerWord });
    const byFile = new Map(images.map((image) => [folderName(image.position), image]));
    const findings = report.findings.map(({ code, severity, file, message, advice }) => {
      const image = file === undefined ? undefined : byFile.get(file);
      const words = joined(withNames(message, byFile), forThePanel(advice), lang);
      return { code, severity, images: image ? [image.id] : [], message: words };
    });
    return { images: report.samples, findings, suggested };
  } finally {
    await rm(dirname(folder), { recursive: true, force: true });
  }
}

/** Without the sentences that name a command: the panel has buttons. */
function forThePanel(advice: string): string {
  const sentences = advice.split(/(?<=\.)\s+|(?<=。)\s*(?=\S)/);
  return sentences.filter((sentence) => !/\banimula \S/.test(sentence)).join(" ");
}

const joined = (message: string, advice: string, lang: Language): string =>
  lang === "zh" ? `${message}。${advice}` : `${message}. ${advice}`;

/** People know their pictures by the names they gave them. */
function withNames(message: string, byFile: ReadonlyMap<string, ReportImage>): string {
  return message.replaceAll(/\d{5,}\.png/g, (file) => byFile.get(file)?.name ?? file);
}
