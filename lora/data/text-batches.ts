/** Dialogues as token ids, and batches of about equal length. */
import type { ChatMessage, TextTokenizer } from "../models/index.ts";
import { seededRandom, shuffled } from "./random.ts";
import type { Dialogue, DialogueProblem } from "./text-dataset.ts";

export interface TokenizedDialogue {
  readonly ids: Int32Array;
  /** 1 where the assistant speaks: what a loss is asked for. */
  readonly isReply: Uint8Array;
}

export interface TokenizeOptions {
  /** Tokens after which a dialogue is cut off. */
  readonly maxLength: number;
  /** Put before dialogues that have no system message of their own. */
  readonly systemPrompt?: string | undefined;
}

export interface TokenizedDialogues {
  readonly rows: readonly TokenizedDialogue[];
  /** What each row was. */
  readonly kept: readonly Dialogue[];
  readonly problems: readonly DialogueProblem[];
  /** How many were cut off at `maxLength`. */
  readonly cutCount: number;
}

/** Dialogues that the template refuses, or of whose replies nothing is left, are reported and left out. */
export function tokenizeDialogues(
  dialogues: readonly Dialogue[],
  tokenizer: TextTokenizer,
  { maxLength, systemPrompt }: TokenizeOptions,
): TokenizedDialogues {
  const rows: TokenizedDialogue[] = [];
  const kept: Dialogue[] = [];
  const problems: DialogueProblem[] = [];
  let cutCount = 0;
  for (const dialogue of dialogues) {
    const { messages, file, line } = dialogue;
    let whole: { ids: number[]; isReply: boolean[] };
    try {
      whole = tokenizer.conversation(withSystem(messages, systemPrompt));
    } catch (error) {
      problems.push({ file, line, reason: (error as Error).message });
      continue;
    }
    const isReply = Uint8Array.from(whole.isReply.slice(0, maxLength), Number);
    // The first token follows nothing, so nothing can learn to say it.
    if (!isReply.includes(1, 1)) {
      problems.push({ file, line, reason: `expected a reply within ${maxLength} tokens, got it after them` });
      continue;
    }
    if (whole.ids.length > maxLength) cutCount++;
    rows.push({ ids: Int32Array.from(whole.ids.slice(0, maxLength)), isReply });
    kept.push(dialogue);
  }
  return { rows, kept, problems, cutCount };
}

export function withSystem(messages: readonly ChatMessage[], systemPrompt: string | undefined): readonly ChatMessage[] {
  if (!systemPrompt || messages[0]?.role === "system") return messages;
  return [{ role: "system", content: systemPrompt }, ...messages];
}

/** Batches among which rows are exchanged when they are grouped by length: enough to mix, few enough to stay random. */
const GROUPED_BATCHES = 50;

/**
 * The batches of one epoch, every row once, rows of about equal length together so that little is padding.
 * A pure function of its arguments, as `epochBatches` is.
 */
export function epochTextBatches<Row extends { readonly ids: ArrayLike<number> }>(
  rows: readonly Row[],
  batchSize: number,
  epochSeed: number,
): Row[][] {
  const random = seededRandom(epochSeed);
  const mixed = shuffled(rows, random);
  const batches: Row[][] = [];
  for (let start = 0; start < mixed.length; start += batchSize * GROUPED_BATCHES) {
    const group = mixed.slice(start, start + batchSize * GROUPED_BATCHES);
    const byLength = group.toSorted((a, b) => b.ids.length - a.ids.length);
    for (let at = 0; at < byLength.length; at += batchSize) batches.push(byLength.slice(at, at + batchSize));
  }
  return shuffled(batches, random);
}

/**
 * Puts texts one after the other into rows that are no longer than the longest of them: each, from the longest on, into the
 * first row that has room (first-fit decreasing). A pure function of the lengths.
 */
export function packRows<Row extends { readonly ids: ArrayLike<number> }>(texts: readonly Row[]): Row[][] {
  const byLength = texts.toSorted((a, b) => b.ids.length - a.ids.length);
  const lengthMax = byLength[0]?.ids.length ?? 0;
  const rows: { texts: Row[]; room: number }[] = [];
  for (const text of byLength) {
    let row = rows.find(({ room }) => room >= text.ids.length);
    if (!row) rows.push((row = { texts: [], room: lengthMax }));
    row.texts.push(text);
    row.room -= text.ids.length;
  }
  return rows.map((row) => row.texts);
}
