/** What the experiment found of a subject, kept in a file of its own: a run that was stopped measures only the others anew. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../format/index.ts";
import type { StableDiffusion } from "../models/index.ts";
import type { BaseDefaults } from "../train/index.ts";
import type { Measured } from "./identity-experiment.ts";
import type { SheetRow } from "./identity-report.ts";
import type { SettingsName } from "./identity-settings.ts";

export interface SubjectResult {
  readonly measured: ReadonlyMap<SettingsName, Measured>;
  readonly row: SheetRow;
}

/** What a result holds for: another base, other settings or more prompts give another one. */
export interface RecordKey {
  readonly base: string;
  /** What the base asks for. */
  readonly drawing: StableDiffusion["drawing"];
  readonly training: BaseDefaults;
  readonly settings: readonly SettingsName[];
  readonly prompts: number;
}

const pathOf = (folder: string, name: string): string => join(folder, `${name}.json`);

/** JSON has no NaN, which is the fidelity of a subject of which no fact can be told. */
const NOT_TOLD = "not told";
const written = (_: string, value: unknown): unknown => (Number.isNaN(value) ? NOT_TOLD : value);
const read = (_: string, value: unknown): unknown => (value === NOT_TOLD ? Number.NaN : value);

export function writeRecord(folder: string, key: RecordKey, { measured, row }: SubjectResult): void {
  const pictures = row.pictures.map((rgb) => Buffer.from(rgb).toString("base64"));
  writeFileAtomic(pathOf(folder, row.name), JSON.stringify({ key, measured: [...measured], pictures }, written));
}

/** None where nothing was measured yet, or with another key; a damaged file is as good as none. */
export function readRecord(folder: string, key: RecordKey, name: string): SubjectResult | undefined {
  try {
    const record = JSON.parse(readFileSync(pathOf(folder, name), "utf8"), read) as {
      key: RecordKey;
      measured: [SettingsName, Measured][];
      pictures: string[];
    };
    if (JSON.stringify(record.key) !== JSON.stringify(key)) return undefined;
    const pictures = record.pictures.map((text) => new Uint8Array(Buffer.from(text, "base64")));
    return { measured: new Map(record.measured), row: { name, pictures } };
  } catch {
    return undefined;
  }
}
