/** Words said and said again: where every token of a reply is a repeated one, a model soonest learns to repeat. */
import type { ChatMessage } from "../models/index.ts";
import { DataRandom } from "./random.ts";
import { personName, townName } from "./voice-names.ts";
import { drawGoods } from "./voice-persona.ts";
import { SPOTS, type Language } from "./voice-words.ts";

const EXCHANGES = 2;
const WORDS_MIN = 2;
const WORDS_MORE = 6;

/** What personas are made of, one thing of them. */
const DRAWS: readonly ((random: DataRandom, language: Language) => string)[] = [
  personName,
  personName,
  townName,
  (random, language) => drawGoods(random).goods[language],
  (random, language) => random.pick(SPOTS)[language],
  (random) => String(1 + random.integer(500)),
];

export function echoDialogue(key: string): ChatMessage[] {
  const random = new DataRandom(`echo ${key}`);
  return Array.from({ length: EXCHANGES }, () => {
    const language: Language = random.chance(0.5) ? "en" : "zh";
    const [comma, stop] = language === "en" ? [", ", "."] : ["，", "。"];
    const words = Array.from({ length: WORDS_MIN + random.integer(WORDS_MORE) }, () =>
      random.pick(DRAWS)(random, language),
    );
    const content = words.join(comma) + stop;
    return [
      { role: "user" as const, content },
      { role: "assistant" as const, content },
    ];
  }).flat();
}
