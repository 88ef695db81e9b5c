/** Conversations as token ids, in batches of about equal length. */
import { epochTextBatches, type TokenizedDialogue } from "../data/index.ts";
import type { ChatMessage, TextTokenizer } from "../models/index.ts";
import { DataRandom } from "./random.ts";
import { echoDialogue } from "./voice-echo.ts";
import { FACTS_MOST, voiceDialogue } from "./voice-dialogue.ts";

const ECHO_EXCHANGES = 2;
const ECHO_TOKENS_MAX = 50;

/** Batches that are sorted by length together. */
const POOL_BATCHES = 50;

/**
 * The ids of a conversation, as `tokenizer.conversation` gives them, at a tenth of its time: the template sets every turn between
 * special tokens, so that turns can be encoded apart.
 */
export class VoiceEncoder {
  private readonly tokenizer: TextTokenizer;
  private readonly begin: number;
  private readonly end: number;
  private readonly roles: Readonly<Record<ChatMessage["role"], number>>;

  constructor(tokenizer: TextTokenizer) {
    this.tokenizer = tokenizer;
    const frame = (role: ChatMessage["role"]) => tokenizer.conversation([{ role, content: "" }]).ids;
    const [begin, , end] = frame("user") as [number, number, number];
    this.begin = begin;
    this.end = end;
    this.roles = { system: frame("system")[1]!, user: frame("user")[1]!, assistant: frame("assistant")[1]! };
  }

  encode(messages: readonly ChatMessage[]): TokenizedDialogue {
    return this.conversation(messages.map(({ role, content }) => ({ role, said: this.tokenizer.encode(content) })));
  }

  /**
   * Tokens of all sorts said and repeated, each as often as any other. What words leave rare (ends of words, capitals) is
   * otherwise all but one direction in the embeddings, and a module that needs one of these tokens says another.
   */
  tokenEcho(key: string): TokenizedDialogue {
    const random = new DataRandom(`tokens ${key}`);
    const turns = Array.from({ length: ECHO_EXCHANGES }, () => {
      // The special tokens come last, the first of them begins a conversation.
      const said = Array.from({ length: 1 + random.integer(ECHO_TOKENS_MAX) }, () => random.integer(this.begin));
      return [
        { role: "user" as const, said },
        { role: "assistant" as const, said },
      ];
    });
    return this.conversation(turns.flat());
  }

  private conversation(
    turns: readonly { readonly role: ChatMessage["role"]; readonly said: readonly number[] }[],
  ): TokenizedDialogue {
    const ids = [this.begin];
    const isReply = [0];
    for (const { role, said } of turns) {
      ids.push(this.roles[role], ...said, this.end);
      isReply.push(0, ...Array.from({ length: said.length + 1 }, () => Number(role === "assistant")));
    }
    return { ids: Int32Array.from(ids), isReply: Uint8Array.from(isReply) };
  }
}

interface Phase {
  readonly end: number;
  /** Most facts of a persona. */
  readonly facts: number;
  /** Share of conversations that only repeat. */
  readonly echo: number;
  /** They repeat words of all sorts: modules will need tokens that the grammar never says. */
  readonly isWide?: true;
  /** Share of conversations that repeat tokens, words or not. */
  readonly tokens?: number;
}
/** Reading a persona means repeating parts of it. That is learned soonest where little else is said, and a step costs less. */
const PHASES: readonly Phase[] = [
  { end: 300, facts: 1, echo: 0.3 },
  { end: 500, facts: 1, echo: 0.05 },
  { end: 800, facts: 3, echo: 0.05 },
  { end: 12_000, facts: FACTS_MOST, echo: 0.02 },
  { end: Infinity, facts: FACTS_MOST, echo: 0.15, isWide: true, tokens: 0.25 },
];

/** Batch `step` of an endless run over conversations that are all different. */
export class VoiceBatches {
  private readonly encoder: VoiceEncoder;
  private readonly rows: number;
  private pool: { readonly index: number; readonly batches: readonly TokenizedDialogue[][] } | undefined;

  constructor(encoder: VoiceEncoder, rows: number) {
    this.encoder = encoder;
    this.rows = rows;
  }

  at(step: number): readonly TokenizedDialogue[] {
    const index = Math.floor(step / POOL_BATCHES);
    if (this.pool?.index !== index) this.pool = { index, batches: this.fill(index) };
    return this.pool.batches[step % POOL_BATCHES]!;
  }

  private fill(index: number): TokenizedDialogue[][] {
    const count = POOL_BATCHES * this.rows;
    const { facts, echo, isWide, tokens = 0 } = PHASES.find(({ end }) => index * POOL_BATCHES < end)!;
    const rows = Array.from({ length: count }, (_, i) => {
      const key = `train ${index * count + i}`;
      if (i < tokens * count) return this.encoder.tokenEcho(key);
      const repeats = i < (tokens + echo) * count;
      return this.encoder.encode(repeats ? echoDialogue(key, isWide) : voiceDialogue(key, facts).messages);
    });
    return epochTextBatches(rows, this.rows, index);
  }
}
