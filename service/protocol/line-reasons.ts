/** Why a line of an upload is no dialogue: code → what a person reads, in both languages. Codes cross the wire. */

type Params = Readonly<Record<string, string | number>>;
interface Row {
  readonly en: (p: Params) => string;
  readonly zh: (p: Params) => string;
}

const rolesZh: Readonly<Record<string, string>> = {
  system: "人设（system）",
  user: "玩家（user）",
  assistant: "NPC（assistant）",
};
const roleZh = (role: unknown): string => rolesZh[String(role)] ?? String(role);

/** `got` is an excerpt of JSON, "" where there is nothing. */
const gotEn = (p: Params): string => `got ${p["got"] || "nothing"}`;
const gotZh = (p: Params): string => (p["got"] ? `得到的是 ${p["got"]}` : "但什么也没有");

export const lineReasonTexts = {
  ROW_NOT_JSON: {
    en: (p) => `not JSON that can be read (${p["problem"]})`,
    zh: (p) => `不是可读取的 JSON（${p["problem"]}）`,
  },
  ROW_NOT_OBJECT: {
    en: (p) => `expected a JSON object, ${gotEn(p)}`,
    zh: (p) => `应为 JSON 对象，${gotZh(p)}`,
  },
  ROW_WITHOUT_MESSAGES: {
    en: () => "expected messages, conversations, or instruction and response, got none of these",
    zh: () => "应有 messages、conversations，或 instruction 与 response，但都没有",
  },
  MESSAGES_NOT_LIST: {
    en: (p) => `expected a list of messages, ${gotEn(p)}`,
    zh: (p) => `messages 应为列表，${gotZh(p)}`,
  },
  MESSAGE_NOT_OBJECT: {
    en: (p) => `expected each message to be an object, ${gotEn(p)}`,
    zh: (p) => `每条消息应为对象，${gotZh(p)}`,
  },
  ROLE_UNKNOWN: {
    en: (p) => `expected a role from ${p["expected"]}, ${gotEn(p)}`,
    zh: (p) => `角色应为 ${p["expected"]} 之一，${gotZh(p)}`,
  },
  HISTORY_NOT_PAIRS: {
    en: (p) => `expected history as pairs, ${gotEn(p)}`,
    zh: (p) => `history 应由一问一答的二元组组成，${gotZh(p)}`,
  },
  TEXT_EXPECTED: {
    en: (p) => `expected a text for ${p["where"]}, ${gotEn(p)}`,
    zh: (p) => `${roleZh(p["where"])} 应为文本，${gotZh(p)}`,
  },
  REPLY_MISSING: {
    en: () => "there is no reply to learn, or an empty one",
    zh: () => "没有可学习的回答，或回答为空",
  },
  TURNS_NOT_ALTERNATING: {
    en: (p) => `player and NPC must take turns, beginning with the player; turn ${p["turn"]} is the ${p["role"]}'s`,
    zh: (p) => `应由玩家开头、与 NPC 轮流说话；第 ${p["turn"]} 轮却是 ${roleZh(p["role"])}`,
  },
  LINE_UNCLEAR: {
    en: () => 'expected turns ("player: …", "npc: …"), an exchange ("said → answered") or JSON, got none of these',
    zh: () => "应为轮流的话语（“玩家：…”“NPC：…”）、一行一组的问答（“说的话 → 回答”）或 JSON，但都不是",
  },
  LINE_TOO_LONG: {
    en: (p) => `expected at most ${p["limit"]} characters, got ${p["chars"]}; split the dialogue`,
    zh: (p) => `最多 ${p["limit"]} 个字符，现有 ${p["chars"]} 个；请拆成几段对话`,
  },
  LINES_EMPTY: {
    en: () => "expected lines, got nothing",
    zh: () => "没有任何内容",
  },
} as const satisfies Record<string, Row>;

export type LineReasonCode = keyof typeof lineReasonTexts;

export interface LineReason {
  readonly code: LineReasonCode;
  readonly params: Params;
}

/** A code that another version of the service sends, which is not known here, stands for itself. */
export function lineReason({ code, params }: LineReason, language: keyof Row): string {
  return Object.hasOwn(lineReasonTexts, code) ? lineReasonTexts[code][language](params) : code;
}
