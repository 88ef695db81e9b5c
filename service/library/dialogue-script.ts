/** Dialogues as people write them: turns, each with a name before its colon, or an exchange on one line. */
import type { DialogueLine } from "../protocol/index.ts";

type Message = DialogueLine["messages"][number];

/** A dialogue; undefined for a line that is no part of one. */
export interface ScriptRow {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly messages: readonly Message[] | undefined;
}

interface Turn {
  readonly name: string;
  said: string;
}

/** "Player: …", "玩家：…", "{{user}}: …"; not the colon of a time, as in "by 12:30". */
const TURN = /^(?![^:：]*\d[:：]\d)([\p{L}\p{N}][\p{L}\p{N}\p{M} ._'-]{0,40}|\{\{\w+\}\})\s*[:：]\s*(.*)$/u;
const SYSTEM = /^(system|persona|系统|人设)$/iu;
const ASKING =
  /^(player|user|human|you|me|q|question|visitor|guest|traveller|\{\{user\}\}|玩家|用户|旅行者|游客|客人|提问|问|你|我)$/iu;
/** Between what is said and what is answered; a tab is what cells of a spreadsheet bring. */
const ANSWERED = /→|->|=>|\t/;

/** Reads line after line. A blank line ends a dialogue of turns; an exchange is one by itself. */
export class Script {
  #line = 0;
  #turns: Turn[] = [];

  /** Rows that are complete with this line. */
  read(text: string, line: number): ScriptRow[] {
    if (text === "") return this.end();
    const exchange = exchangeOf(text, this.#turns.length > 0);
    if (exchange) return [...this.end(), { line, messages: exchange }];
    const turn = turnOf(text);
    const last = this.#turns.at(-1);
    if (turn) {
      if (!last) this.#line = line;
      this.#turns.push(turn);
    } else if (last) last.said += `\n${text}`;
    else return [{ line, messages: undefined }];
    return [];
  }

  end(): ScriptRow[] {
    const [turns, line] = [this.#turns, this.#line];
    this.#turns = [];
    return turns.length > 0 ? [{ line, messages: messagesOf(turns) }] : [];
  }
}

function turnOf(text: string): Turn | undefined {
  const [, name, said = ""] = TURN.exec(text) ?? [];
  return name === undefined ? undefined : { name, said };
}

/** `said → answered`, each with its name or both without; undefined for a turn in which somebody speaks of an arrow. */
function exchangeOf(text: string, inScript: boolean): Message[] | undefined {
  const found = ANSWERED.exec(text);
  if (!found) return undefined;
  const said = text.slice(0, found.index).trim();
  const answered = text.slice(found.index + found[0].length).trim();
  const [asks, answers] = [turnOf(said), turnOf(answered)];
  if (asks && answers && asks.name !== answers.name && !SYSTEM.test(asks.name)) return pair(asks.said, answers.said);
  const isTurn = asks && (asks.said === "" || ASKING.test(asks.name) || SYSTEM.test(asks.name));
  return inScript || isTurn ? undefined : pair(said, answered);
}

const pair = (said: string, answered: string): Message[] | undefined =>
  said === "" || answered === ""
    ? undefined
    : [
        { role: "user", content: said },
        { role: "assistant", content: answered },
      ];

/** Names of players ask, all others answer; where two names speak and none is a player's, the first one asks. */
function messagesOf(turns: readonly Turn[]): Message[] {
  const names = [...new Set(turns.map(({ name }) => name))].filter((name) => !SYSTEM.test(name));
  const asking = names.some((name) => ASKING.test(name)) || names.length < 2 ? undefined : names[0];
  const messages: { role: Message["role"]; content: string }[] = [];
  for (const { name, said } of turns) {
    const isAsking = ASKING.test(name) || name === asking;
    const role = SYSTEM.test(name) ? "system" : isAsking ? "user" : "assistant";
    const last = messages.at(-1);
    if (last?.role === role) last.content += `\n${said}`;
    else messages.push({ role, content: said });
  }
  return messages;
}
