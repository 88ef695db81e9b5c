/** One row of a dialogue file → messages, in the layouts that text trainers read. */
import type { ChatMessage } from "../models/index.ts";
import { rowReason, type RowReason } from "./text-reasons.ts";

/** Thrown inside, returned outside: what a row should have and has not. */
class RowFault extends Error {
  readonly why: RowReason;
  constructor(why: RowReason) {
    super(why.reason);
    this.why = why;
  }
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Spellings of the two halves of a single exchange; the first that a row has counts. */
const ASKED = ["instruction", "prompt", "question", "query", "user"];
const ANSWERED = ["response", "output", "completion", "answer", "reply", "assistant"];

const ROLES: ReadonlyMap<string, ChatMessage["role"]> = new Map([
  ["system", "system"],
  ["user", "user"],
  ["human", "user"],
  ["assistant", "assistant"],
  ["gpt", "assistant"],
  ["chatgpt", "assistant"],
  ["bot", "assistant"],
  ["model", "assistant"],
]);

/**
 * Layouts, the first that fits: `messages` [{role, content}], ShareGPT's `conversations` [{from, value}], Alpaca's
 * `instruction` + `input` + `output` (+ `system`, `history`), and instruction–response under the names above.
 * @returns the messages, or why the row is none
 */
export function parseDialogueRow(row: unknown): ChatMessage[] | RowReason {
  try {
    if (!isFields(row)) throw new RowFault(rowReason("ROW_NOT_OBJECT", { got: describe(row) }));
    return checked(messagesOf(row));
  } catch (error) {
    if (error instanceof RowFault) return error.why;
    throw error;
  }
}

function messagesOf(row: Fields): ChatMessage[] {
  const system = row["system"] === undefined || row["system"] === "" ? [] : [message("system", row["system"])];
  const turns = row["messages"] ?? row["conversations"] ?? row["conversation"];
  if (turns !== undefined) {
    if (!Array.isArray(turns)) throw new RowFault(rowReason("MESSAGES_NOT_LIST", { got: describe(turns) }));
    return [...system, ...turns.map(turn)];
  }
  const asked = ASKED.find((name) => row[name] !== undefined);
  const answered = ANSWERED.find((name) => row[name] !== undefined);
  if (asked === undefined || answered === undefined) throw new RowFault(rowReason("ROW_WITHOUT_MESSAGES"));
  const input = row["input"] === undefined || row["input"] === "" ? "" : `\n${text(row["input"], "input")}`;
  const question = message("user", text(row[asked], asked) + input);
  return [...system, ...history(row["history"]), question, message("assistant", row[answered])];
}

/** `{role, content}` or `{from, value}`. */
function turn(value: unknown): ChatMessage {
  if (!isFields(value)) throw new RowFault(rowReason("MESSAGE_NOT_OBJECT", { got: describe(value) }));
  const name = value["role"] ?? value["from"];
  const role = typeof name === "string" ? ROLES.get(name.toLowerCase()) : undefined;
  if (!role)
    throw new RowFault(rowReason("ROLE_UNKNOWN", { expected: [...ROLES.keys()].join(", "), got: describe(name) }));
  return message(role, value["content"] ?? value["value"]);
}

/** Alpaca's earlier exchanges: [[asked, answered], …]. */
function history(value: unknown): ChatMessage[] {
  if (value === undefined || value === null) return [];
  const isPairs = Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2);
  if (!isPairs) throw new RowFault(rowReason("HISTORY_NOT_PAIRS", { got: describe(value) }));
  return (value as unknown[][]).flatMap(([asked, answered]) => [
    message("user", asked),
    message("assistant", answered),
  ]);
}

const message = (role: ChatMessage["role"], content: unknown): ChatMessage => ({ role, content: text(content, role) });

/** A text, or the texts of [{type: "text", text}]. */
function text(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  const isParts = (v: unknown): v is { text: string }[] =>
    Array.isArray(v) && v.length > 0 && v.every((part) => isFields(part) && typeof part["text"] === "string");
  if (isParts(value)) return value.map((part) => part.text).join("");
  throw new RowFault(rowReason("TEXT_EXPECTED", { where, got: describe(value) }));
}

/** There must be something to learn, and turns must alternate as chat templates want them. */
function checked(messages: ChatMessage[]): ChatMessage[] {
  const said = messages.filter(({ role, content }) => role === "assistant" && content.trim() !== "");
  if (said.length === 0) throw new RowFault(rowReason("REPLY_MISSING"));
  const [first] = messages;
  const turns = first?.role === "system" ? messages.slice(1) : messages;
  turns.forEach(({ role }, i) => {
    const expected = i % 2 === 0 ? "user" : "assistant";
    if (role !== expected) throw new RowFault(rowReason("TURNS_NOT_ALTERNATING", { role, turn: i + 1 }));
  });
  // What is asked last and not answered teaches nothing.
  return messages.at(-1)?.role === "user" ? messages.slice(0, -1) : messages;
}

const EXCERPT_CHARS = 40;
function describe(value: unknown): string {
  if (value === undefined) return "";
  const json = JSON.stringify(value);
  return json.length > EXCERPT_CHARS ? `${json.slice(0, EXCERPT_CHARS)}…` : json;
}
