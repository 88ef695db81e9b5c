/** Lines as people have them → dialogues: the trainer's JSON layouts, and turns as they are written in a script. */
import { isRowReason, parseDialogueRow, type ChatMessage } from "../../lora/index.ts";
import { limits, type DialogueLine } from "../protocol/index.ts";

export interface SkippedLine {
  /** From 1; in a JSON array the number of the entry. */
  readonly line: number;
  readonly reason: string;
}
export interface ReadLines {
  readonly dialogues: readonly DialogueLine[];
  readonly skipped: readonly SkippedLine[];
}

/** A dialogue, or why it is none. */
interface Row {
  readonly line: number;
  readonly value: unknown;
}

/** "Player: …", "玩家：…"; the names that a script gives its sides. */
const TURN = /^([\p{L}\p{N}][\p{L}\p{N}\p{M} ._'-]{0,40}|\{\{\w+\}\})\s*[:：]\s*(.*)$/u;
const SYSTEM = /^(system|persona|系统|人设)$/iu;
const ASKING =
  /^(player|user|human|you|me|q|question|visitor|guest|traveller|\{\{user\}\}|玩家|用户|旅行者|问|我|客人)$/iu;

/** What is not JSON is a script: any other name than a player's answers, a blank line ends a dialogue. */
export function readDialogueLines(text: string): ReadLines {
  const source = text.replace(/^\uFEFF/, "");
  const dialogues: DialogueLine[] = [];
  const skipped: SkippedLine[] = [];
  for (const { line, value } of rowsOf(source)) {
    const read = value instanceof Unreadable ? { reason: value.reason } : parseDialogueRow(value);
    const reason = isRowReason(read) ? read.reason : tooLong(read);
    if (reason !== undefined) skipped.push({ line, reason });
    else dialogues.push({ messages: read as ChatMessage[] });
  }
  return { dialogues, skipped: skipped.toSorted((a, b) => a.line - b.line) };
}

class Unreadable {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

function tooLong(messages: readonly ChatMessage[]): string | undefined {
  const chars = messages.reduce((sum, { content }) => sum + content.length, 0);
  const limit = limits.lineCharsMax;
  return chars > limit ? `expected at most ${limit} characters, got ${chars}; split the dialogue` : undefined;
}

function rowsOf(source: string): Row[] {
  if (/^\s*\[/.test(source)) {
    const values = parseJson(source);
    if (values instanceof Unreadable) return [{ line: 1, value: values }];
    return (values as unknown[]).map((value, i) => ({ line: i + 1, value }));
  }
  const script = new Script();
  const rows = source.split(/\r?\n/).flatMap((text, i): Row[] => {
    const line = i + 1;
    if (!/^\s*\{(?!\{)/.test(text)) return script.read(text.trim(), line);
    return [...script.end(), { line, value: parseJson(text) }];
  });
  return [...rows, ...script.end()];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return new Unreadable(`expected JSON, got an error: ${(error as Error).message}`);
  }
}

/** A dialogue written as a script, turn after turn. */
class Script {
  #line = 0;
  #turns: { role: ChatMessage["role"]; content: string }[] = [];

  /** Rows that are complete with this line. */
  read(text: string, line: number): Row[] {
    if (text === "") return this.end();
    const [, name = "", said = ""] = TURN.exec(text) ?? [];
    if (name === "") return this.#goOn(text, line);
    if (this.#turns.length === 0) this.#line = line;
    const role = SYSTEM.test(name) ? "system" : ASKING.test(name) ? "user" : "assistant";
    const last = this.#turns.at(-1);
    if (last?.role === role) last.content += `\n${said}`;
    else this.#turns.push({ role, content: said });
    return [];
  }

  /** A line without a name belongs to the turn before it. */
  #goOn(text: string, line: number): Row[] {
    const last = this.#turns.at(-1);
    if (last) last.content += `\n${text}`;
    else return [{ line, value: new Unreadable('expected JSON or "player: …" and "npc: …", got neither') }];
    return [];
  }

  end(): Row[] {
    const [turns, line] = [this.#turns, this.#line];
    this.#turns = [];
    return turns.length > 0 ? [{ line, value: { messages: turns } }] : [];
  }
}
