/** One row of a dialogue file → messages, in the layouts that text trainers read. */
import type { ChatMessage } from "../models/index.ts";

/** Thrown inside, returned outside: what a row should have and has not. */
class RowFault extends Error {}
export interface RowReason {
  readonly reason: string;
}
export const isRowReason = (row: object): row is RowReason => "reason" in row;

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Spellings of the two halves of a single exchange; the first that a row has counts. */
const ASKED = ["instruction", "prompt", "question", "query", "user"];
const ANSWERED = ["response", "output", "completion", "answer", "reply", "assistant"];

const ROLES: Readonly<Record<string, ChatMessage["role"]>> = {
  system: "system",
  user: "user",
  human: "user",
  assistant: "assistant",
  gpt: "assistant",
  chatgpt: "assistant",
  bot: "assistant",
  model: "assistant",
};

/**
 * Layouts, the first that fits: `messages` [{role, content}], ShareGPT's `conversations` [{from, value}], Alpaca's
 * `instruction` + `input` + `output` (+ `system`, `history`), and instruction–response under the names above.
 * @returns the messages, or why the row is none
 */
export function parseDialogueRow(row: unknown): ChatMessage[] | RowReason {
  try {
    if (!isFields(row)) throw new RowFault(`expected an object, got ${describe(row)}`);
    return checked(messagesOf(row));
  } catch (error) {
    if (error instanceof RowFault) return { reason: error.message };
    throw error;
  }
}

function messagesOf(row: Fields): ChatMessage[] {
  const system = row["system"] === undefined || row["system"] === "" ? [] : [message("system", row["system"])];
  const turns = row["messages"] ?? row["conversations"] ?? row["conversation"];
  if (turns !== undefined) {
    if (!Array.isArray(turns)) throw new RowFault(`expected a list of messages, got ${describe(turns)}`);
    return [...system, ...turns.map(turn)];
  }
  const asked = ASKED.find((name) => row[name] !== undefined);
  const answered = ANSWERED.find((name) => row[name] !== undefined);
  if (asked === undefined || answered === undefined)
    throw new RowFault("expected messages, conversations, or instruction and response, got none of these");
  const input = row["input"] === undefined || row["input"] === "" ? "" : `\n${text(row["input"], "input")}`;
  const question = message("user", text(row[asked], asked) + input);
  return [...system, ...history(row["history"]), question, message("assistant", row[answered])];
}

/** `{role, content}` or `{from, value}`. */
function turn(value: unknown): ChatMessage {
  if (!isFields(value)) throw new RowFault(`expected messages to be objects, got ${describe(value)}`);
  const name = value["role"] ?? value["from"];
  const role = typeof name === "string" ? ROLES[name.toLowerCase()] : undefined;
  if (!role) throw new RowFault(`expected a role from ${Object.keys(ROLES).join(", ")}, got ${describe(name)}`);
  return message(role, value["content"] ?? value["value"]);
}

/** Alpaca's earlier exchanges: [[asked, answered], …]. */
function history(value: unknown): ChatMessage[] {
  if (value === undefined || value === null) return [];
  const isPairs = Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2);
  if (!isPairs) throw new RowFault(`expected history as pairs, got ${describe(value)}`);
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
  throw new RowFault(`expected a text for ${where}, got ${describe(value)}`);
}

/** There must be something to learn, and turns must alternate as chat templates want them. */
function checked(messages: ChatMessage[]): ChatMessage[] {
  const said = messages.filter(({ role, content }) => role === "assistant" && content.trim() !== "");
  if (said.length === 0) throw new RowFault("expected a reply to learn, got none or an empty one");
  const [first] = messages;
  const turns = first?.role === "system" ? messages.slice(1) : messages;
  turns.forEach(({ role }, i) => {
    const expected = i % 2 === 0 ? "user" : "assistant";
    if (role !== expected)
      throw new RowFault(`expected turns of user and assistant in alternation, got ${role} as turn ${i + 1}`);
  });
  // What is asked last and not answered teaches nothing.
  return messages.at(-1)?.role === "user" ? messages.slice(0, -1) : messages;
}

const EXCERPT_CHARS = 40;
function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  const json = JSON.stringify(value);
  return json.length > EXCERPT_CHARS ? `${json.slice(0, EXCERPT_CHARS)}…` : json;
}
