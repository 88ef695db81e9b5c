/** Dialogue in, reply out: a language model opened once, and any number of replies with stacks of their own. */
import type { ModuleSite, Stack } from "../adapter/index.ts";
import { withSystem } from "../data/index.ts";
import { Random } from "../diffusion/index.ts";
import { AnimulaError } from "../format/index.ts";
import type { ChatMessage, LanguageModel } from "../models/index.ts";
import { generateErrors } from "./errors.ts";
import { JsonGrammars, type JsonForm } from "./json-grammar.ts";
import type { JsonSchema } from "./json-schema.ts";
import { isLooping } from "./loop.ts";
import { ReplyText } from "./reply-text.ts";
import { TextDecoder, type DecoderOptions } from "./text-decoder.ts";
import { chooseToken, SAMPLING_DEFAULTS, type SamplingOptions } from "./token-sampler.ts";

export interface ReplyRequest {
  /** The dialogue so far; its last message is what is replied to. */
  readonly messages: readonly ChatMessage[];
  /** Who speaks; put before a dialogue that does not say so itself. */
  readonly systemPrompt?: string | undefined;
  readonly stack?: Stack;
  /** What is not said here is as the base suggests, else `SAMPLING_DEFAULTS`. */
  readonly sampling?: Partial<SamplingOptions>;
  /** Tokens after which the reply is cut off. */
  readonly maxTokens?: number | undefined;
  /** A reply that says one thing over and over ends after so many tokens of it; 0: it goes on to `maxTokens`. */
  readonly loopTokens?: number | undefined;
  /** Texts that end the reply and are no part of it. */
  readonly stops?: readonly string[];
  readonly seed?: number | undefined;
  /** The reply is JSON of this schema, unless it is cut off by `maxTokens`. What may be in one: see `jsonGrammar`. */
  readonly schema?: JsonSchema | undefined;
  /** Pieces of the reply as they come; together they are its text. */
  readonly onText?: (piece: string) => void;
  /** Called as soon as it is over, while others of its batch may go on. */
  readonly onEnd?: (reply: Reply) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Reply {
  readonly text: string;
  readonly tokens: number;
  /**
   * end: the model had said all; stop: a stop text; length: `maxTokens` or the model's context; loop: `loopTokens`; cancelled:
   * the signal; refused: `error` says why nothing was said.
   */
  readonly reason: "end" | "stop" | "length" | "loop" | "cancelled" | "refused";
  readonly error?: Error;
}

export const REPLY_DEFAULTS = { maxTokens: 256, loopTokens: 32, seed: 1 } as const;

export class VoiceStudio {
  readonly base: LanguageModel;
  private readonly decoder: TextDecoder;
  private grammars: Promise<JsonGrammars> | undefined;

  private constructor(base: LanguageModel, decoder: TextDecoder) {
    this.base = base;
    this.decoder = decoder;
  }

  static async open(base: LanguageModel, options?: DecoderOptions): Promise<VoiceStudio> {
    return new VoiceStudio(base, await TextDecoder.open(base, options));
  }

  get sites(): readonly ModuleSite[] {
    return this.decoder.sites;
  }

  /** @throws PROMPT_TOO_LONG, BASE_TEMPLATE, SCHEMA_INVALID, SCHEMA_UNSUPPORTED, SCHEMA_VOCABULARY */
  async reply(request: ReplyRequest): Promise<Reply> {
    const [reply] = await this.replies([request]);
    if (reply!.error) throw reply!.error;
    return reply!;
  }

  /**
   * Several replies in one batch, each with its own stack and seed; each is what it would be alone. One whose dialogue
   * cannot be read is `refused`, with the error that `reply` throws; the others go on.
   */
  async replies(requests: readonly ReplyRequest[]): Promise<Reply[]> {
    const rows = await Promise.all(requests.map((request) => this.speaker(request)));
    const speakers = rows.filter((row) => row instanceof Speaker);
    try {
      if (speakers.length > 0) await this.speak(speakers);
    } finally {
      for (const { form } of speakers) form?.close();
    }
    return rows.map((row) => (row instanceof Speaker ? row.reply() : row));
  }

  /**
   * The newest messages that leave room for a reply of `maxTokens`: the system message and the last message stay, the oldest
   * others go, and what is left of them begins with a user. What is still too long, `reply` refuses.
   */
  fitting(request: ReplyRequest): readonly ChatMessage[] {
    const all = withSystem(request.messages, request.systemPrompt);
    const system = all[0]?.role === "system" ? all.slice(0, 1) : [];
    const turns = all.slice(system.length);
    const most = this.base.config.maxPositions - (request.maxTokens ?? REPLY_DEFAULTS.maxTokens);
    const starts = turns.flatMap(({ role }, i) => (i === 0 || (role === "user" && i < turns.length - 1) ? [i] : []));
    const from = (start: number) => [...system, ...turns.slice(start)];
    const fits = (start: number) => this.promptTokens({ ...request, messages: from(start) }) <= most;
    // Most dialogues fit; of others the parts are halved, since what is shorter takes no more tokens.
    if (turns.length < 2 || fits(starts[0]!)) return all;
    let [least, end] = [1, starts.length];
    while (least < end) {
      const middle = (least + end) >> 1;
      if (fits(starts[middle]!)) end = middle;
      else least = middle + 1;
    }
    return from(starts[least] ?? turns.length - 1);
  }

  /** Tokens that the dialogue of a request takes in the base's context. @throws BASE_TEMPLATE */
  promptTokens({ messages, systemPrompt }: Pick<ReplyRequest, "messages" | "systemPrompt">): number {
    return this.base.tokenizer.prompt(withSystem(messages, systemPrompt)).length;
  }

  private async speaker(request: ReplyRequest): Promise<Speaker | Reply> {
    try {
      const speaker = new Speaker(this.base, request);
      if (request.schema) speaker.form = await (await this.openGrammars()).form(request.schema);
      return speaker;
    } catch (error) {
      if (!(error instanceof AnimulaError)) throw error;
      return { text: "", tokens: 0, reason: "refused", error };
    }
  }

  private openGrammars(): Promise<JsonGrammars> {
    return (this.grammars ??= JsonGrammars.open(this.base));
  }

  private async speak(speakers: readonly Speaker[]): Promise<void> {
    const batch = await this.decoder.start(
      speakers.map(({ prompt }) => prompt),
      speakers.map(({ stack }) => stack),
    );
    let speaking = speakers;
    while (speaking.length > 0) {
      const next = await Promise.all(speaking.map((speaker, i) => speaker.choose(batch.logits[i]!)));
      const going = speaking.flatMap(({ reason }, i) => (reason ? [] : [i]));
      if (going.length > 0) {
        if (going.length < speaking.length) batch.keep(going);
        await batch.read(going.map((i) => [next[i]!]));
        // Whoever waits for a piece of text, or wants to cancel, gets a turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
      speaking = going.map((i) => speaking[i]!);
    }
  }

  async close(): Promise<void> {
    await this.decoder.close();
    // One that could not be opened was a refusal of its own.
    (await this.grammars?.catch(() => undefined))?.close();
  }
}

/** One reply on its way. */
class Speaker {
  readonly prompt: readonly number[];
  readonly stack: Stack;
  /** What it must be written in. */
  form: JsonForm | undefined;
  reason: Reply["reason"] | undefined;
  private readonly request: ReplyRequest;
  private readonly text: ReplyText;
  private readonly endIds: ReadonlySet<number>;
  private readonly sampling: SamplingOptions;
  private readonly random: Random;
  private readonly tokensMax: number;
  private readonly loopTokens: number;

  constructor({ tokenizer, config, speaking }: LanguageModel, request: ReplyRequest) {
    this.request = request;
    this.stack = request.stack ?? [];
    this.prompt = tokenizer.prompt(withSystem(request.messages, request.systemPrompt));
    const room = config.maxPositions - this.prompt.length;
    if (room < 1) throw generateErrors.PROMPT_TOO_LONG(config.maxPositions - 1, this.prompt.length);
    this.tokensMax = Math.min(request.maxTokens ?? REPLY_DEFAULTS.maxTokens, room);
    this.loopTokens = request.loopTokens ?? REPLY_DEFAULTS.loopTokens;
    this.text = new ReplyText(tokenizer, request.stops ?? []);
    this.endIds = tokenizer.endIds;
    this.sampling = { ...SAMPLING_DEFAULTS, ...speaking, ...request.sampling };
    this.random = new Random(request.seed ?? REPLY_DEFAULTS.seed);
  }

  /** The next token; sets `reason` where the reply ends with it. */
  async choose(logits: Float32Array): Promise<number> {
    const allowed = this.form ? await this.form.allowed(logits) : logits;
    // What the prompt says may be said freely: names and prices of a persona are there to be repeated.
    const id = chooseToken(allowed, this.text.ids, this.sampling, () => this.random.uniform());
    if (this.request.signal?.aborted) this.reason = "cancelled";
    else if (this.endIds.has(id)) this.reason = "end";
    else {
      const isFull = await this.form?.add(id);
      this.say(id);
      if (isFull && this.reason !== "stop") this.reason = "end";
    }
    if (this.reason && this.reason !== "stop") this.show(this.text.rest());
    if (this.reason) this.request.onEnd?.(this.reply());
    return id;
  }

  reply(): Reply {
    return { text: this.text.text, tokens: this.text.ids.length, reason: this.reason! };
  }

  private say(id: number): void {
    const { text, isStopped } = this.text.add(id);
    this.show(text);
    if (isStopped) this.reason = "stop";
    else if (this.text.ids.length >= this.tokensMax) this.reason = "length";
    else if (!this.form && this.loopTokens > 0 && isLooping(this.text.ids, this.loopTokens)) this.reason = "loop";
  }

  private show(piece: string): void {
    if (piece !== "") this.request.onText?.(piece);
  }
}
