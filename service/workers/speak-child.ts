/** The speaking process: opens the language base once and gives many replies side by side. Arguments: the base's path, and a WeightKind. */
import {
  leadingText,
  SYSTEM_SHARE,
  openLanguageModel,
  VoiceStudio,
  type ChatMessage,
  type Reply,
  type ReplyRequest,
  type WeightKind,
} from "../../lora/index.ts";
import { ModuleCache } from "./module-cache.ts";
import { type FromSpeaking, type SpeakOrder, type ToSpeaking } from "./speak-messages.ts";

/** A voice's module is a few MB at most. */
const MODULES_KEPT = 64;
/** Orders that were sent at one time arrive within this, and share a batch. */
const GATHER_MS = 2;
/** Tokens that a reply needs at least, where the persona takes up almost all that the base can read. */
const REPLY_TOKENS_MIN = 16;
/** Said over and over for so long, a bubble has nothing more to tell. */
const LOOP_TOKENS = 6;

const [basePath = "", weights] = process.argv.slice(2);
const modules = new ModuleCache(MODULES_KEPT);
const waiting: SpeakOrder[] = [];
const cancelling = new Map<string, AbortController>();
let opening: Promise<VoiceStudio> | undefined;
let gathering: NodeJS.Timeout | undefined;

process.on("message", (message: ToSpeaking) => {
  if (message.type === "cancel") cancelling.get(message.id)?.abort();
  else if (message.type === "speak") take(message.order);
  else open().catch(() => undefined); // the first order says what is wrong
});

// It stays for the next order; `end-with-parent` lets a worker go that has nothing to do.
process.channel?.ref();

const tell = (message: FromSpeaking): void => void process.send?.(message);

/** A base that could not be opened may have been put right by the next order. */
function open(): Promise<VoiceStudio> {
  opening ??= openBase();
  opening.catch(() => (opening = undefined));
  return opening;
}

async function openBase(): Promise<VoiceStudio> {
  const studio = await VoiceStudio.open(openLanguageModel(basePath), { weights: weights as WeightKind | undefined });
  tell({ type: "ready" });
  return studio;
}

function take(order: SpeakOrder): void {
  waiting.push(order);
  cancelling.set(order.id, new AbortController());
  gathering ??= setTimeout(() => {
    gathering = undefined;
    void speak();
  }, GATHER_MS);
}

/** What waits becomes one batch; batches run side by side, so that nobody waits for the end of another's reply. */
async function speak(): Promise<void> {
  let orders: readonly SpeakOrder[] = [];
  try {
    const studio = await open();
    orders = waiting.splice(0);
    const requests = orders.flatMap((order) => prepare(studio, order));
    const replies = requests.length > 0 ? await studio.replies(requests.map(({ request }) => request)) : [];
    // A refused one has no end of its own.
    replies.forEach((reply, i) => reply.reason === "refused" && end(requests[i]!.id, reply));
  } catch (error) {
    // The base could not be opened, or the runtime failed: whoever has no answer yet is told.
    for (const { id } of [...orders, ...waiting.splice(0)]) if (cancelling.has(id)) fail(id, error);
  }
}

interface Prepared {
  readonly id: string;
  readonly request: ReplyRequest;
}

/** None, and its sender told, for an order that cannot be obeyed: the others of its batch go on. */
function prepare(studio: VoiceStudio, order: SpeakOrder): Prepared[] {
  const { id, tokensMax, seed } = order;
  try {
    const messages = fitting(studio, order);
    if (messages === undefined) return [];
    const stack = order.stack.map((entry) => ({
      module: modules.read(entry, studio.sites),
      weight: entry.weight,
      textEncoderWeight: 0,
    }));
    const onText = (piece: string) => tell({ type: "piece", id, piece });
    const { signal } = cancelling.get(id)!;
    const onEnd = (reply: Reply) => end(id, reply);
    return [
      { id, request: { messages, stack, maxTokens: tokensMax, loopTokens: LOOP_TOKENS, seed, onText, onEnd, signal } },
    ];
  } catch (error) {
    fail(id, error);
    return [];
  }
}

/**
 * The dialogue, from as far back as leaves room for the reply; a persona that takes too much of it is cut. Undefined, and its
 * sender told, if not even that does.
 */
function fitting(studio: VoiceStudio, order: SpeakOrder): readonly ChatMessage[] | undefined {
  const { id, history, tokensMax } = order;
  const { maxPositions } = studio.base.config;
  const bare = studio.promptTokens({ messages: dialogue({ ...order, system: "", history: [] }) });
  const personaMax = Math.min(Math.floor(maxPositions * SYSTEM_SHARE), maxPositions - tokensMax - bare);
  const system = leadingText(studio.base.tokenizer, order.system, personaMax);
  const messages = studio.fitting({ messages: dialogue({ ...order, system, history }), maxTokens: tokensMax });
  const tokens = studio.promptTokens({ messages });
  const limit = maxPositions - REPLY_TOKENS_MIN;
  if (tokens <= limit) return messages;
  cancelling.delete(id);
  tell({ type: "too-long", id, tokens, limit });
  return undefined;
}

function dialogue({ system, memory = "", history, text }: SpeakOrder): ChatMessage[] {
  const content = [system, memory].filter((part) => part !== "").join("\n");
  const first: ChatMessage[] = content === "" ? [] : [{ role: "system", content }];
  return [...first, ...history, { role: "user", content: text }];
}

/** There are no stop texts, and what `refused` means was looked at before. */
const reasons = { end: "end", stop: "end", length: "length", loop: "length", cancelled: "cancelled" } as const;

function end(id: string, { text, tokens, reason, error }: Reply): void {
  if (reason === "refused") return fail(id, error);
  cancelling.delete(id);
  tell({ type: "end", id, reply: { text, tokens, reason: reasons[reason] } });
}

function fail(id: string, error: unknown): void {
  cancelling.delete(id);
  tell({ type: "failed", id, message: error instanceof Error ? error.message : String(error) });
}
