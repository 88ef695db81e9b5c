/**
 * How well a mini LLaMA speaks on conversations it has not seen: `node lora/recipe/measure-llama.ts --base assets/base/mini-llama`.
 * Perplexity of the replies, and of greedy replies the share that holds the fact it was asked for and the share in the
 * player's language. `--show 6` prints as many conversations.
 */
import { parseArgs } from "node:util";
import { VoiceStudio, type ReplyRequest } from "../generate/index.ts";
import { FrozenWeights, openLanguageModel, type ChatMessage, type LanguageModel } from "../models/index.ts";
import { Session } from "../runtime/index.ts";
import { voiceDialogue, type VoiceTurn } from "./voice-dialogue.ts";
import { buildVoiceLoss, voiceFeeds } from "./voice-loss.ts";
import type { TopicName } from "./voice-topics.ts";
import { VoiceEncoder } from "./voice-rows.ts";

/** What a right answer to a topic must hold, by slot. */
const ASKED_FOR: Partial<Record<TopicName, string>> = {
  who: "name",
  sell: "goods",
  price: "price",
  has: "price",
  way: "whereSpot",
  askName: "player",
  askHome: "playerHome",
  askLike: "playerLike",
  quest: "lost",
  like: "like",
  home: "home",
  age: "age",
  friend: "otherTrade",
  rumour: "seen",
  feel: "mood",
  weather: "weather",
};
const ROWS_AT_ONCE = 16;
const TOKENS_MAX = 60;

interface Question {
  readonly topic: TopicName;
  readonly fact: string | undefined;
  readonly turn: VoiceTurn;
  readonly messages: readonly ChatMessage[];
}

/** Every turn of a conversation as a question of its own, with what came before as it should have been. */
function questions(count: number): Question[] {
  return Array.from({ length: count }, (_, i) => voiceDialogue(`held ${i}`)).flatMap(({ turns, messages }) => {
    const systems = messages[0]?.role === "system" ? 1 : 0;
    return turns.map((turn, i) => ({
      topic: turn.topic,
      fact: turn.known[ASKED_FOR[turn.topic] ?? ""],
      turn,
      messages: messages.slice(0, systems + 2 * i + 1),
    }));
  });
}

async function perplexity({ config, weights, tokenizer }: LanguageModel, count: number): Promise<number> {
  const { loss } = buildVoiceLoss(config, (graph) => new FrozenWeights(graph, "language_model", weights, undefined));
  const session = await Session.open({ loss }, { threads: 1 });
  const encoder = new VoiceEncoder(tokenizer);
  let [sum, said] = [0, 0];
  for (let i = 0; i < count; i++) {
    const row = encoder.encode(voiceDialogue(`held ${i}`).messages);
    const replies = row.isReply.reduce((a, b) => a + b, 0);
    const result = await session.run(voiceFeeds(config, [row]));
    sum += Number(result.loss.data[0]) * replies;
    said += replies;
  }
  await session.close();
  return Math.exp(sum / said);
}

/** By the stops: names keep their letters in either language. */
const isChinese = (text: string): boolean => /[。！？，…]/.test(text);

class Tally {
  private readonly counts = new Map<string, [right: number, all: number]>();
  add(name: string, isRight: boolean): void {
    const [right, all] = this.counts.get(name) ?? [0, 0];
    this.counts.set(name, [right + Number(isRight), all + 1]);
  }
  print(): void {
    for (const [name, [right, all]] of [...this.counts].toSorted(([a], [b]) => a.localeCompare(b)))
      console.log(
        `${name.padEnd(24)} ${String(right).padStart(4)} of ${String(all).padStart(4)}  ${((100 * right) / all).toFixed(0)} %`,
      );
  }
}

const { values: args } = parseArgs({
  options: {
    base: { type: "string", default: ".work/mini-llama" },
    conversations: { type: "string", default: "150" },
    show: { type: "string", default: "0" },
  },
});
const base = openLanguageModel(args.base);
const count = Number(args.conversations);
console.log(`perplexity of replies ${(await perplexity(base, count)).toFixed(2)}`);
const studio = await VoiceStudio.open(base, { threads: 1 });
const asked = questions(count);
const tally = new Tally();
let tokens = 0;
const started = performance.now();
for (let at = 0; at < asked.length; at += ROWS_AT_ONCE) {
  const group = asked.slice(at, at + ROWS_AT_ONCE);
  const requests = group.map(({ messages }): ReplyRequest => ({
    messages,
    sampling: { temperature: 0 },
    maxTokens: TOKENS_MAX,
  }));
  const replies = await studio.replies(requests);
  group.forEach(({ topic, fact, turn, messages }, i) => {
    const { text, tokens: length, reason } = replies[i]!;
    tokens += length;
    const holds = fact !== undefined && text.toLowerCase().includes(fact.toLowerCase());
    if (fact !== undefined) {
      tally.add(`fact ${topic}`, holds);
      tally.add("fact, all", holds);
    } else if (topic === "unknown") tally.add("says it does not know", /know|beyond|不知道|不懂|不清楚/.test(text));
    tally.add(`language ${turn.language}`, isChinese(text) === (turn.language === "zh"));
    tally.add("comes to an end", reason === "end");
    if (at + i < Number(args.show)) {
      console.log(`\n[${messages[0]?.role === "system" ? messages[0].content : "nobody"}]`);
      console.log(
        `> ${turn.asked}\n${text}\n(grammar: ${turn.answered}${fact === undefined ? "" : `; asked for ${fact}`})`,
      );
    }
  });
}
tally.print();
console.log(
  `${(tokens / ((performance.now() - started) / 1000)).toFixed(0)} tokens/s, ${ROWS_AT_ONCE} replies at a time`,
);
await studio.close();
