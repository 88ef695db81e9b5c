/** Words said and said again: where every token of a reply is a repeated one, a model soonest learns to repeat. */
import type { ChatMessage } from "../models/index.ts";
import { DataRandom } from "./random.ts";
import { coinedWord, personName, townName } from "./voice-names.ts";
import { drawGoods } from "./voice-persona.ts";
import { commonWord } from "./voice-everyday-words.ts";
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

/** Between words and at the end of all; most often nothing, as in a sentence. */
const BREAKS: Readonly<Record<Language, { readonly between: readonly string[]; readonly end: readonly string[] }>> = {
  en: { between: [" ", " ", " ", " ", ", ", "; ", "... ", "! ", " - "], end: [".", ".", "!", "?", "...", ""] },
  zh: { between: ["", "", "", "，", "、", "！"], end: ["。", "。", "！", "？", "……", ""] },
};
const SENTENCE_WORDS_MORE = 10;
const COINED = 0.1;
const anyWord = (random: DataRandom, language: Language): string =>
  (random.chance(COINED) ? coinedWord : commonWord)(random, language);

function list(random: DataRandom, language: Language): string {
  const [comma, stop] = language === "en" ? [", ", "."] : ["，", "。"];
  const words = Array.from({ length: WORDS_MIN + random.integer(WORDS_MORE) }, () =>
    random.pick(DRAWS)(random, language),
  );
  return words.join(comma) + stop;
}

/** Words of all sorts, as if they were a sentence. */
function sentence(random: DataRandom, language: Language): string {
  const { between, end } = BREAKS[language];
  const capital = (word: string) => (random.chance(0.1) ? word[0]!.toUpperCase() + word.slice(1) : word);
  let said = anyWord(random, language);
  for (let more = 1 + random.integer(SENTENCE_WORDS_MORE); more > 0; more--)
    said += random.pick(between) + capital(anyWord(random, language));
  return (random.chance(0.7) ? said[0]!.toUpperCase() + said.slice(1) : said) + random.pick(end);
}

/** @param isWide words of all sorts in place of what personas are made of */
export function echoDialogue(key: string, isWide = false): ChatMessage[] {
  const random = new DataRandom(`echo ${key}`);
  return Array.from({ length: EXCHANGES }, () => {
    const language: Language = random.chance(0.5) ? "en" : "zh";
    const content = (isWide ? sentence : list)(random, language);
    return [
      { role: "user" as const, content },
      { role: "assistant" as const, content },
    ];
  }).flat();
}
