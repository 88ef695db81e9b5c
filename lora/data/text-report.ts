import type { DialogueProblem } from "./text-dataset.ts";
import type { TokenizedDialogue } from "./text-batches.ts";

/** What a run on text will see, and what it will not. */
export interface TextReport {
  readonly path: string;
  readonly lang: "en" | "zh";
  readonly dialogues: number;
  readonly heldOut: number;
  readonly tokens: number;
  /** Tokens that the assistant says: what is learned. */
  readonly replyTokens: number;
  readonly longest: number;
  /** How many were cut off at `maxLength`. */
  readonly cut: number;
  readonly maxLength: number;
  /** The system prompt took up too much of `maxLength`. */
  readonly systemCut: boolean;
  readonly skipped: number;
  readonly problems: readonly DialogueProblem[];
}

export interface ReportedText {
  readonly train: readonly TokenizedDialogue[];
  readonly validation: readonly TokenizedDialogue[];
  readonly problems: readonly DialogueProblem[];
  readonly cutCount: number;
  readonly maxLength: number;
  readonly systemCut: boolean;
}

export function reportText(path: string, plan: ReportedText, lang: TextReport["lang"]): TextReport {
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const { train, validation, problems } = plan;
  return {
    path,
    lang,
    dialogues: train.length,
    heldOut: validation.length,
    tokens: sum(train.map(({ ids }) => ids.length)),
    replyTokens: sum(train.map(({ isReply }) => sum([...isReply]))),
    longest: train.reduce((most, { ids }) => Math.max(most, ids.length), 0),
    cut: plan.cutCount,
    maxLength: plan.maxLength,
    systemCut: plan.systemCut,
    skipped: problems.length,
    problems,
  };
}

/** Problems listed; the rest is counted. */
const LISTED_MAX = 12;

/** The report as plain text for a terminal. */
export function formatTextReport(report: TextReport): string {
  const { lang, problems } = report;
  const listed = problems.slice(0, LISTED_MAX).map(({ file, line, reason }) => `  ${file}:${line}: ${reason}`);
  const rest = problems.length - listed.length;
  return [...summary[lang](report), ...listed, ...(rest > 0 ? [more[lang](rest)] : [])].join("\n") + "\n";
}

const more: Readonly<Record<TextReport["lang"], (count: number) => string>> = {
  en: (count) => `  … and ${count} more`,
  zh: (count) => `  ……另有 ${count} 项`,
};
const summary: Readonly<Record<TextReport["lang"], (report: TextReport) => string[]>> = {
  en: ({ path, dialogues, heldOut, tokens, replyTokens, longest, cut, maxLength, systemCut, skipped }) => [
    `${path}: ${dialogues} dialogues, ${heldOut} held out; ${tokens} tokens, ${replyTokens} of them in replies; longest ${longest}`,
    ...(cut > 0 ? [`${cut} dialogues are cut off at ${maxLength} tokens: raise max_length to keep them whole`] : []),
    ...(systemCut
      ? [`only the beginning of system_prompt is learned, so that ${maxLength} tokens hold a reply too`]
      : []),
    ...(skipped > 0 ? [`${skipped} lines were skipped:`] : []),
  ],
  zh: ({ path, dialogues, heldOut, tokens, replyTokens, longest, cut, maxLength, systemCut, skipped }) => [
    `${path}：${dialogues} 段对话，保留 ${heldOut} 段用于验证；共 ${tokens} 个词元，其中回复 ${replyTokens} 个；最长 ${longest}`,
    ...(cut > 0 ? [`${cut} 段对话在 ${maxLength} 个词元处被截断：调大 max_length 可保留全文`] : []),
    ...(systemCut ? [`system_prompt 过长，只学习其开头，以便 ${maxLength} 个词元内容得下回复`] : []),
    ...(skipped > 0 ? [`跳过了 ${skipped} 行：`] : []),
  ],
};

/** A word, or a character of a script that writes none. */
const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}']+/gu;

/** Distinct runs of `n` words among all of them (distinct-n, Li et al. 2016): 1 where nothing is said twice, 0 for silence. */
export function distinctShare(texts: readonly string[], n: number): number {
  const runs = texts.flatMap((text) => {
    const words = text.toLowerCase().match(WORD) ?? [];
    return words.slice(n - 1).map((_, i) => words.slice(i, i + n).join(" "));
  });
  return runs.length === 0 ? 0 : new Set(runs).size / runs.length;
}
