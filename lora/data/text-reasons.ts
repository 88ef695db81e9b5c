/** Why a row of a dialogue file is no dialogue: code → English. Whoever shows it in another language goes by the code. */

const shown = (got: string): string => got || "nothing";

/** `got` is an excerpt of JSON, "" where there is nothing. */
const texts = {
  ROW_NOT_JSON: (p: { problem: string }) => `expected JSON, got an error: ${p.problem}`,
  ROW_NOT_OBJECT: (p: { got: string }) => `expected an object, got ${shown(p.got)}`,
  ROW_WITHOUT_MESSAGES: () => "expected messages, conversations, or instruction and response, got none of these",
  MESSAGES_NOT_LIST: (p: { got: string }) => `expected a list of messages, got ${shown(p.got)}`,
  MESSAGE_NOT_OBJECT: (p: { got: string }) => `expected messages to be objects, got ${shown(p.got)}`,
  ROLE_UNKNOWN: (p: { expected: string; got: string }) => `expected a role from ${p.expected}, got ${shown(p.got)}`,
  HISTORY_NOT_PAIRS: (p: { got: string }) => `expected history as pairs, got ${shown(p.got)}`,
  TEXT_EXPECTED: (p: { where: string; got: string }) => `expected a text for ${p.where}, got ${shown(p.got)}`,
  REPLY_MISSING: () => "expected a reply to learn, got none or an empty one",
  TURNS_NOT_ALTERNATING: (p: { role: string; turn: number }) =>
    `expected turns of user and assistant in alternation, got ${p.role} as turn ${p.turn}`,
} as const;

type Texts = typeof texts;
export type RowReasonCode = keyof Texts;

export interface RowReason {
  readonly code: RowReasonCode;
  readonly params: Readonly<Record<string, string | number>>;
  /** English. */
  readonly reason: string;
}

export function rowReason<Code extends RowReasonCode>(code: Code, ...words: Parameters<Texts[Code]>): RowReason {
  const text = texts[code] as (...args: Parameters<Texts[Code]>) => string;
  return { code, params: words[0] ?? {}, reason: text(...words) };
}

export const isRowReason = (row: object): row is RowReason => "reason" in row;
