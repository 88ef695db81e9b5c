/** Lines as people have them → dialogues: the trainer's JSON layouts, and scripts. */
import { isRowReason, parseDialogueRow, type ChatMessage } from "../../lora/index.ts";
import {
  limits,
  lineReason,
  type DialogueLine,
  type LineReason,
  type LineReasonCode,
  type SkippedLine,
} from "../protocol/index.ts";
import { Script, type ScriptRow } from "./dialogue-script.ts";

export interface ReadLines {
  readonly dialogues: readonly DialogueLine[];
  readonly skipped: readonly SkippedLine[];
}

/** A dialogue as it stands there, or why it is none. */
interface Row {
  readonly line: number;
  readonly row: { readonly value: unknown } | LineReason;
}

/** What is not JSON is a script. */
export function readDialogueLines(text: string): ReadLines {
  const source = text.replace(/^\uFEFF/, "");
  const dialogues: DialogueLine[] = [];
  const skipped: SkippedLine[] = [];
  for (const { line, row } of rowsOf(source)) {
    const read = "code" in row ? row : dialogueOf(row.value);
    if ("code" in read) skipped.push({ line, ...read, message: lineReason(read, "en") });
    else dialogues.push(read);
  }
  return { dialogues, skipped: skipped.toSorted((a, b) => a.line - b.line) };
}

const because = (code: LineReasonCode, params: LineReason["params"] = {}): LineReason => ({ code, params });

function dialogueOf(value: unknown): DialogueLine | LineReason {
  const messages = parseDialogueRow(value);
  if (isRowReason(messages)) return because(messages.code, messages.params);
  return tooLong(messages) ?? { messages };
}

function tooLong(messages: readonly ChatMessage[]): LineReason | undefined {
  const chars = messages.reduce((sum, { content }) => sum + content.length, 0);
  const limit = limits.lineCharsMax;
  return chars > limit ? because("LINE_TOO_LONG", { chars, limit }) : undefined;
}

/** A script may begin with a bracket too, as in "[sighs] …". */
const JSON_ARRAY = /^\s*\[\s*[{\]]/;
/** `{{user}}: …` is a turn. */
const JSON_OBJECT = /^\s*\{(?!\{)/;

function rowsOf(source: string): Row[] {
  if (JSON_ARRAY.test(source)) return arrayRows(source);
  const script = new Script();
  const rows = source.split(/\r?\n/).flatMap((text, i): Row[] => {
    const line = i + 1;
    if (!JSON_OBJECT.test(text)) return script.read(text.trim(), line).map(scriptRow);
    return [...script.end().map(scriptRow), { line, row: parseJson(text) }];
  });
  return [...rows, ...script.end().map(scriptRow)];
}

function arrayRows(source: string): Row[] {
  const parsed = parseJson(source);
  if ("code" in parsed) return [{ line: 1, row: parsed }];
  return (parsed.value as unknown[]).map((value, i) => ({ line: i + 1, row: { value } }));
}

const scriptRow = ({ line, messages }: ScriptRow): Row => ({
  line,
  row: messages ? { value: { messages } } : because("LINE_UNCLEAR"),
});

function parseJson(text: string): Row["row"] {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return because("ROW_NOT_JSON", { problem: (error as Error).message });
  }
}
