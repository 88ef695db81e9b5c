/** Dialogue in, reply out: a language model opened once, and any number of replies with stacks of their own. */
import type { ModuleSite, Stack } from "../adapter/index.ts";
import { withSystem } from "../data/index.ts";
import { Random } from "../diffusion/index.ts";
import type { ChatMessage, LanguageModel } from "../models/index.ts";
import type { SessionOptions } from "../runtime/index.ts";
import { generateErrors } from "./errors.ts";
import { ReplyText } from "./reply-text.ts";
import { TextDecoder } from "./text-decoder.ts";
import { chooseToken, SAMPLING_DEFAULTS, type SamplingOptions } from "./token-sampler.ts";

export interface ReplyRequest {
  /** The dialogue so far; its last message is what is replied to. */
  readonly messages: readonly ChatMessage[];
  /** Who speaks; put before a dialogue that does not say so itself. */
  readonly systemPrompt?: string | undefined;
  readonly stack?: Stack;
  readonly sampling?: Partial<SamplingOptions>;
  /** Tokens after which the reply is cut off. */
  readonly maxTokens?: number | undefined;
  /** Texts that end the reply and are no part of it. */
  readonly stops?: readonly string[];
  readonly seed?: number | undefined;
  /** Pieces of the reply as they come; together they are its text. */
  readonly onText?: (piece: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Reply {
  readonly text: string;
  readonly tokens: number;
  /** end: the model had said all; stop: a stop text; length: `maxTokens` or the model's context; cancelled: the signal. */
  readonly reason: "end" | "stop" | "length" | "cancelled";
}

export const REPLY_DEFAULTS = { maxTokens: 256, seed: 1 } as const;

export class VoiceStudio {
  readonly base: LanguageModel;
  private readonly decoder: TextDecoder;

  private constructor(base: LanguageModel, decoder: TextDecoder) {
    this.base = base;
    this.decoder = decoder;
  }

  static async open(base: LanguageModel, options?: SessionOptions): Promise<VoiceStudio> {
    return new VoiceStudio(base, await TextDecoder.open(base, options));
  }

  get sites(): readonly ModuleSite[] {
    return this.decoder.sites;
  }

  /** @throws PROMPT_TOO_LONG, BASE_TEMPLATE */
  async reply(request: ReplyRequest): Promise<Reply> {
    const [reply] = await this.replies([request]);
    return reply!;
  }

  /** Several replies in one batch, each with its own stack and seed; each is what it would be alone. Errors as `reply`. */
  async replies(requests: readonly ReplyRequest[]): Promise<Reply[]> {
    const speakers = requests.map((request) => new Speaker(this.base, request));
    const stacks = requests.map(({ stack = [] }) => stack);
    const batch = await this.decoder.start(
      speakers.map(({ prompt }) => prompt),
      stacks,
    );
    let speaking = speakers;
    while (speaking.length > 0) {
      const next = speaking.map((speaker, i) => speaker.choose(batch.logits[i]!));
      const going = speaking.flatMap(({ reason }, i) => (reason ? [] : [i]));
      if (going.length > 0) {
        if (going.length < speaking.length) batch.keep(going);
        await batch.read(going.map((i) => [next[i]!]));
        // Whoever waits for a piece of text, or wants to cancel, gets a turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
      speaking = going.map((i) => speaking[i]!);
    }
    return speakers.map((speaker) => speaker.reply());
  }

  async close(): Promise<void> {
    await this.decoder.close();
  }
}

/** One reply on its way. */
class Speaker {
  readonly prompt: readonly number[];
  reason: Reply["reason"] | undefined;
  private readonly request: ReplyRequest;
  private readonly text: ReplyText;
  private readonly endIds: ReadonlySet<number>;
  private readonly sampling: SamplingOptions;
  private readonly random: Random;
  private readonly tokensMax: number;

  constructor({ tokenizer, config }: LanguageModel, request: ReplyRequest) {
    this.request = request;
    this.prompt = tokenizer.prompt(withSystem(request.messages, request.systemPrompt));
    const room = config.maxPositions - this.prompt.length;
    if (room < 1) throw generateErrors.PROMPT_TOO_LONG(config.maxPositions - 1, this.prompt.length);
    this.tokensMax = Math.min(request.maxTokens ?? REPLY_DEFAULTS.maxTokens, room);
    this.text = new ReplyText(tokenizer, request.stops ?? []);
    this.endIds = tokenizer.endIds;
    this.sampling = { ...SAMPLING_DEFAULTS, ...request.sampling };
    this.random = new Random(request.seed ?? REPLY_DEFAULTS.seed);
  }

  /** The next token; sets `reason` where the reply ends with it. */
  choose(logits: Float32Array): number {
    const seen = [...this.prompt, ...this.text.ids];
    const id = chooseToken(logits, seen, this.sampling, () => this.random.uniform());
    if (this.request.signal?.aborted) this.reason = "cancelled";
    else if (this.endIds.has(id)) this.reason = "end";
    else this.say(id);
    if (this.reason && this.reason !== "stop") this.show(this.text.rest());
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
  }

  private show(piece: string): void {
    if (piece !== "") this.request.onText?.(piece);
  }
}
