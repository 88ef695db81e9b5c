/** Reads dialogues from JSON lines or JSON arrays; what cannot be read is left out and reported with file and line. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ChatMessage } from "../models/index.ts";
import { dataErrors } from "./errors.ts";
import { isRowReason, rowReason, type RowReason } from "./text-reasons.ts";
import { parseDialogueRow } from "./text-rows.ts";

export interface Dialogue {
  readonly messages: readonly ChatMessage[];
  readonly file: string;
  /** Line in a .jsonl file, or number of the entry in a .json array, from 1. */
  readonly line: number;
}
export interface DialogueProblem {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}
export interface TextDataset {
  readonly dialogues: readonly Dialogue[];
  readonly problems: readonly DialogueProblem[];
}

const EXTENSIONS = /\.(jsonl|ndjson|json)$/i;
/** A text of this size is 100 million tokens, more than one machine trains on; a larger file is a mistake. */
const FILE_BYTES_MAX = 512 * 2 ** 20;

/**
 * @param path a .jsonl, .ndjson or .json file, or a folder with such files
 * @throws TEXT_NOT_FOUND, TEXT_TOO_LARGE, TEXT_NOT_JSON, and TEXT_ALL_BROKEN where no dialogue is left
 */
export function readTextDataset(path: string): TextDataset {
  const files = filesOf(path);
  const dialogues: Dialogue[] = [];
  const problems: DialogueProblem[] = [];
  for (const file of files) {
    for (const { line, row } of rowsOf(file)) {
      const messages = isRowReason(row) ? row : parseDialogueRow(row.value);
      if (isRowReason(messages)) problems.push({ file, line, reason: messages.reason });
      else dialogues.push({ messages, file, line });
    }
  }
  if (dialogues.length === 0) {
    const [first] = problems;
    const example = first ? `${first.file}:${first.line}: ${first.reason}` : "the files are empty";
    throw dataErrors.TEXT_ALL_BROKEN(path, problems.length, example);
  }
  return { dialogues, problems };
}

function filesOf(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw dataErrors.TEXT_NOT_FOUND(path, "nothing there");
  if (!stat.isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => EXTENSIONS.test(name));
  const files = names.toSorted().map((name) => join(path, name));
  if (files.length === 0) throw dataErrors.TEXT_NOT_FOUND(path, "a folder without such a file");
  return files;
}

interface Row {
  readonly line: number;
  readonly row: { readonly value: unknown } | RowReason;
}

function rowsOf(file: string): Row[] {
  const { size } = statSync(file);
  if (size > FILE_BYTES_MAX) throw dataErrors.TEXT_TOO_LARGE(file, FILE_BYTES_MAX / 2 ** 20, Math.ceil(size / 2 ** 20));
  // A byte order mark, as editors on Windows write it, is no part of the text.
  const content = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  return /^\s*\[/.test(content) ? arrayRows(file, content) : lineRows(content);
}

function arrayRows(file: string, content: string): Row[] {
  let values: unknown;
  try {
    values = JSON.parse(content);
  } catch (error) {
    throw dataErrors.TEXT_NOT_JSON(file, (error as Error).message);
  }
  return (values as unknown[]).map((value, i) => ({ line: i + 1, row: { value } }));
}

function lineRows(content: string): Row[] {
  return content.split(/\r?\n/).flatMap((line, i): Row[] => {
    if (line.trim() === "") return [];
    return [{ line: i + 1, row: parseLine(line) }];
  });
}

function parseLine(line: string): Row["row"] {
  try {
    return { value: JSON.parse(line) as unknown };
  } catch (error) {
    return rowReason("ROW_NOT_JSON", { problem: (error as Error).message });
  }
}
