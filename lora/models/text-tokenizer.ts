/** A text model's tokenizer and chat template: `tokenizer.json`, `tokenizer_config.json`, `chat_template.jinja`. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Template } from "@huggingface/jinja";
import { Tokenizer } from "@huggingface/tokenizers";
import { LRUCache } from "lru-cache";
import { CHATGLM, CHATGLM_ENDS, CHATGLM_TEMPLATE, CHATGLM_TOKENS } from "./chatglm.ts";
import { readConfig } from "./config-file.ts";
import { modelErrors } from "./errors.ts";
import { SENTENCEPIECE_FILE, sentencePieceTokenizer } from "./sentencepiece-tokenizer.ts";
import { forbiddenTexts, withoutTexts, wordsOnly, type AddedToken } from "./prompt-guard.ts";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** For bases that come without a template: Alpaca's layout, turn after turn. */
const PLAIN_TEMPLATE = `{{ bos_token }}{% for message in messages %}{% if message.role == "system" %}{{ message.content + "\\n\\n" }}\
{% elif message.role == "user" %}{{ "### Instruction:\\n" + message.content + "\\n\\n" }}\
{% else %}{{ "### Response:\\n" + message.content + eos_token + "\\n\\n" }}{% endif %}{% endfor %}\
{% if add_generation_prompt %}{{ "### Response:\\n" }}{% endif %}`;

/** Conversations that show what a template writes; some refuse system messages, some more than one turn. */
const PROBES: readonly ChatMessage["role"][][] = [
  ["system", "user", "assistant", "user"],
  ["user", "assistant", "user"],
  ["user"],
];

/** Kinds of conversations, by their speakers, whose marks are remembered. */
const CONVERSATIONS_MAX = 256;

interface Chat {
  readonly text: string;
  readonly ids: number[];
  /** Those of the ids that only a template may write. */
  readonly marks: string;
}

export class TextTokenizer {
  /** One more than the largest id. */
  readonly size: number;
  /** Ids after which a reply is over. */
  readonly endIds: ReadonlySet<number>;
  private readonly path: string;
  private readonly tokenizer: Tokenizer;
  private readonly template: Template;
  private readonly specialIds: ReadonlySet<number>;
  private readonly templateValues: Readonly<Record<string, unknown>>;
  private readonly clean: (content: string) => string;
  /** By who speaks and who says nothing. */
  private readonly marksOf = new LRUCache<string, string>({ max: CONVERSATIONS_MAX });
  /** Ids that only the template may write. A special one for unknown characters comes from any text. */
  private readonly guardedIds: ReadonlySet<number>;

  constructor(path: string, tokenizer: Tokenizer, settings: TokenizerSettings) {
    this.path = path;
    this.tokenizer = tokenizer;
    const added = tokenizer.get_added_tokens_decoder();
    const vocabulary = tokenizer.get_vocab(true);
    this.size = [...vocabulary.values(), ...added.keys()].reduce((most, id) => Math.max(most, id), -1) + 1;
    this.specialIds = new Set([...added].filter(([, token]) => token.special).map(([id]) => id));
    const { bosToken, eosToken, endIds, template } = settings;
    const eosId = eosToken === undefined ? undefined : tokenizer.token_to_id(eosToken);
    this.endIds = new Set([...endIds, ...(eosId === undefined ? [] : [eosId])]);
    this.template = parseTemplate(path, template ?? PLAIN_TEMPLATE);
    this.templateValues = { bos_token: bosToken ?? "", eos_token: eosToken ?? "" };
    // Tokens that end a reply are marks, also where a tokenizer.json keeps them among the ordinary ones.
    const ends = [...this.endIds].map(
      (id) => [id, { content: tokenizer.id_to_token(id) ?? "", special: false }] as const,
    );
    const marks = new Map<number, AddedToken>([...ends, ...added]);
    const forbidden = forbiddenTexts([...marks.values()], this.frames());
    this.clean = withoutTexts(forbidden);
    const unknown = this.encode("\u{10FFFF}");
    const guarded = [...marks].filter(
      ([id, { content }]) => forbidden.tokens.includes(content) && !unknown.includes(id),
    );
    this.guardedIds = new Set(guarded.map(([id]) => id));
  }

  /** What the vocabulary writes for each id; nothing for special tokens and ids that it does not have. */
  spellings(): string[] {
    const spelled = Array.from({ length: this.size }, () => "");
    for (const [token, id] of this.tokenizer.get_vocab(true)) if (!this.isSpecial(id)) spelled[id] = token;
    return spelled;
  }

  /** The ids of a text as it stands: nothing is put before or after it. */
  encode(text: string): number[] {
    return this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** Special tokens are left out. */
  decode(ids: readonly number[]): string {
    return ids.length === 0 ? "" : this.tokenizer.decode([...ids], { skip_special_tokens: true });
  }

  isSpecial(id: number): boolean {
    return this.specialIds.has(id) || this.endIds.has(id);
  }

  /**
   * A conversation as the model was trained to read it. Contents cannot pose as the template's own marks: what looks like
   * one is left out of them.
   * @param forReply ends where the next reply begins
   * @throws BASE_TEMPLATE where the template refuses the conversation
   */
  chatText(messages: readonly ChatMessage[], forReply: boolean): string {
    return this.chat(messages, forReply).text;
  }

  /** The ids of a conversation up to where the reply begins. Errors as `chatText`. */
  prompt(messages: readonly ChatMessage[]): number[] {
    return this.chat(messages, true).ids;
  }

  /**
   * A whole conversation as ids, and which of them the assistant said (the end of each turn included).
   * Errors as `chatText`.
   */
  conversation(messages: readonly ChatMessage[]): { ids: number[]; isReply: boolean[] } {
    const { ids } = this.chat(messages, false);
    const isReply = ids.map(() => false);
    messages.forEach(({ role }, i) => {
      if (role !== "assistant") return;
      const start = sharedStart(ids, this.prompt(messages.slice(0, i)));
      const end = sharedStart(ids, this.chat(messages.slice(0, i + 1), false).ids);
      const last = this.endOfTurn(ids, start, end);
      isReply.fill(true, start, last);
    });
    return { ids, isReply };
  }

  /**
   * Normalizers and models may still make marks of cleaned contents, full-width letters for one. So the marks are compared
   * with those of a conversation in which the same speakers say one letter; where they differ, mere words are what the model
   * gets to read, unless the template writes the same marks around these.
   */
  private chat(messages: readonly ChatMessage[], forReply: boolean): Chat {
    const cleaned = this.read(messages, forReply, this.clean);
    if (cleaned.marks === this.ownMarks(messages, forReply)) return cleaned;
    const words = this.read(messages, forReply, (content) => wordsOnly(this.clean(wordsOnly(content))));
    return cleaned.marks === words.marks ? cleaned : words;
  }

  private read(messages: readonly ChatMessage[], forReply: boolean, change: (content: string) => string): Chat {
    const changed = messages.map((message) => ({ ...message, content: change(message.content) }));
    const text = this.render(changed, forReply);
    const ids = this.encode(text);
    return { text, ids, marks: ids.filter((id) => this.guardedIds.has(id)).join() };
  }

  /** The template's marks around a letter from each speaker; nothing where one says nothing, as templates may mind. */
  private ownMarks(messages: readonly ChatMessage[], forReply: boolean): string {
    const letter = (content: string) => (content === "" ? "" : "a");
    const key = [forReply, ...messages.map(({ role, content }) => role + letter(content))].join();
    let marks = this.marksOf.get(key);
    if (marks === undefined) {
      marks = this.read(messages, forReply, letter).marks;
      this.marksOf.set(key, marks);
    }
    return marks;
  }

  private render(messages: readonly ChatMessage[], forReply: boolean): string {
    const values = { ...this.templateValues, messages, add_generation_prompt: forReply };
    try {
      // Reasoning is switched off: a character answers at once.
      return this.template.render({ ...values, enable_thinking: false });
    } catch (error) {
      throw modelErrors.BASE_TEMPLATE(this.path, (error as Error).message);
    }
  }

  /** What the template writes around contents, of the longest conversation that it takes. */
  private frames(): string[] {
    const content = "zqcontentqz";
    for (const roles of PROBES) {
      const messages = roles.map((role) => ({ role, content }));
      try {
        return [...this.render(messages, true).split(content), ...this.render(messages, false).split(content)];
      } catch {
        // One that refuses these roles may take the next ones.
      }
    }
    return [];
  }

  /** Templates put a line break after the token that ends a turn, which nobody waits for when replying. */
  private endOfTurn(ids: readonly number[], start: number, end: number): number {
    for (let i = end; i > start; i--) if (this.isSpecial(ids[i - 1]!)) return i;
    return end;
  }
}

function sharedStart(a: readonly number[], b: readonly number[]): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}

interface TokenizerSettings {
  readonly bosToken: string | undefined;
  readonly eosToken: string | undefined;
  readonly endIds: readonly number[];
  readonly template: string | undefined;
}

function parseTemplate(path: string, text: string): Template {
  try {
    return new Template(text);
  } catch (error) {
    throw modelErrors.BASE_TEMPLATE(path, (error as Error).message);
  }
}

/** @throws BASE_TEXT_PART_MISSING, BASE_CONFIG_INVALID, BASE_TEMPLATE, SENTENCEPIECE_… */
export function readTextTokenizer(path: string): TextTokenizer {
  const optional = (name: string): Readonly<Record<string, unknown>> =>
    existsSync(join(path, name)) ? readConfig(join(path, name)).object : {};
  const config = optional("tokenizer_config.json");
  if (optional("config.json")["model_type"] === CHATGLM) return chatGlmTokenizer(path);
  const jinja = join(path, "chat_template.jinja");
  const inFile = existsSync(jinja) ? readFileSync(jinja, "utf8") : undefined;
  return new TextTokenizer(path, openTokenizer(path, config), {
    bosToken: tokenText(config["bos_token"]),
    eosToken: tokenText(config["eos_token"]),
    endIds: [optional("generation_config.json"), optional("config.json")].flatMap(({ eos_token_id: ids }) =>
      [ids].flat().filter((id): id is number => Number.isInteger(id)),
    ),
    template: inFile ?? defaultTemplate(config["chat_template"]),
  });
}

function openTokenizer(path: string, config: Readonly<Record<string, unknown>>): Tokenizer {
  const file = join(path, "tokenizer.json");
  if (!existsSync(file)) {
    if (existsSync(join(path, SENTENCEPIECE_FILE))) return sentencePieceTokenizer(path, [], config);
    throw modelErrors.BASE_TEXT_PART_MISSING(path, "tokenizer.json");
  }
  try {
    return new Tokenizer(readConfig(file).object, config);
  } catch (error) {
    throw modelErrors.BASE_CONFIG_INVALID(file, "(file)", "a tokenizer", (error as Error).message);
  }
}

function chatGlmTokenizer(path: string): TextTokenizer {
  if (!existsSync(join(path, SENTENCEPIECE_FILE))) throw modelErrors.BASE_TEXT_PART_MISSING(path, SENTENCEPIECE_FILE);
  const tokenizer = sentencePieceTokenizer(path, CHATGLM_TOKENS, {});
  return new TextTokenizer(path, tokenizer, {
    bosToken: undefined,
    eosToken: undefined,
    endIds: CHATGLM_ENDS.map((token) => tokenizer.token_to_id(token)).filter((id) => id !== undefined),
    template: CHATGLM_TEMPLATE,
  });
}

/** "</s>", or transformers' object of an added token. */
function tokenText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : undefined;
}

/** A template, or a list of named ones of which "default" is meant. */
function defaultTemplate(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  const named = value as { name?: unknown; template?: unknown }[];
  const template = named.find(({ name }) => name === "default")?.template;
  return typeof template === "string" ? template : undefined;
}
