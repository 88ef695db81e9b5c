/**
 * Conversations on the town square, one a key, endless and without stored data: a persona in the system turn, then one to
 * eight exchanges. What is answered stands in the system turn or was said before, so that a model learns to read it there.
 */
import type { ChatMessage } from "../models/index.ts";
import { DataRandom } from "./random.ts";
import { coinedWord, personName } from "./voice-names.ts";
import {
  drawGoods,
  drawPersona,
  drawPlayerFact,
  fill,
  memory,
  nobody,
  same,
  type Facts,
  type Persona,
} from "./voice-persona.ts";
import { CLOSERS, OPENERS, PREFIXES } from "./voice-manners.ts";
import { TOPICS, type Answer, type Topic, type TopicName } from "./voice-topics.ts";
import { PLACES, UNKNOWNS, type Language, type Words } from "./voice-words.ts";

export interface VoiceTurn {
  readonly topic: TopicName;
  readonly language: Language;
  readonly asked: string;
  readonly answered: string;
  /** Facts of the system turn or of earlier turns that the answer rests on, by slot, in the turn's language. */
  readonly known: Readonly<Record<string, string>>;
}
export interface VoiceDialogue {
  readonly persona: Persona;
  readonly turns: readonly VoiceTurn[];
  readonly messages: readonly ChatMessage[];
}

/** How often each is asked; see `weightOf` for what changes it. */
const WEIGHTS: Readonly<Record<TopicName, number>> = {
  greet: 3,
  who: 3,
  work: 2,
  sell: 4,
  price: 6,
  has: 4,
  way: 4,
  weather: 2,
  rumour: 2,
  quest: 2,
  reward: 1,
  like: 2,
  dislike: 2,
  feel: 2,
  home: 2,
  age: 1,
  friend: 2,
  friends: 1,
  thanks: 1.5,
  bye: 1.5,
  insult: 2,
  praise: 1,
  unknown: 5,
  tellName: 4,
  askName: 2.5,
  tellHome: 1.5,
  askHome: 1,
  tellLike: 1.5,
  askLike: 1,
  askFear: 0.7,
  askGoal: 0.7,
};
/** A telling and the question that comes back to it. */
const RECALLS: Partial<Record<TopicName, TopicName>> = {
  tellName: "askName",
  tellHome: "askHome",
  tellLike: "askLike",
  quest: "reward",
};
/** What a persona has where the answer is about one thing of several. */
const NEEDS: Partial<Record<TopicName, readonly string[]>> = {
  price: ["goods"],
  has: ["goods"],
  way: ["place"],
  friend: ["friend"],
};
const RECALL_CHANCE = 0.5;
/** An answer that must be read somewhere teaches more than one that is always the same. */
const KNOWN_FACTOR = 5;
const TURNS = { 1: 0.06, 2: 0.14, 3: 0.25, 4: 0.35, 6: 0.14, 8: 0.06 };
const CHANCES = { nobody: 0.03, otherLanguage: 0.12, languageSwitch: 0.03, sold: 0.75, nounOnly: 0.3 };

/** Facts of a persona beside name, trade and goods. */
export const FACTS_MOST = 5;

/** The conversation of a key: "train 17" and "held 17" have nothing in common. */
export function voiceDialogue(key: string, factsMost = FACTS_MOST): VoiceDialogue {
  const random = new DataRandom(`voice ${key}`);
  const own: Language = random.chance(0.5) ? "en" : "zh";
  const persona = random.chance(CHANCES.nobody) ? nobody(own) : drawPersona(random, own, factsMost);
  let language = random.chance(CHANCES.otherLanguage) ? other(own) : own;
  const count = Number(random.weighted(TURNS));
  const turns: VoiceTurn[] = [];
  let facts: Facts = persona.facts;
  for (let i = 0; i < count; i++) {
    if (random.chance(CHANCES.languageSwitch)) language = other(language);
    const topic = nextTopic(random, facts, turns, i === count - 1);
    facts = { ...facts, ...told(random, topic, language) };
    turns.push(exchange(random, persona, facts, topic, language));
  }
  return { persona, turns, messages: toMessages(persona, turns) };
}

const other = (language: Language): Language => (language === "en" ? "zh" : "en");

function toMessages({ text }: Persona, turns: readonly VoiceTurn[]): ChatMessage[] {
  const said = turns.flatMap(({ asked, answered }): ChatMessage[] => [
    { role: "user", content: asked },
    { role: "assistant", content: answered },
  ]);
  return text === undefined ? said : [{ role: "system", content: text }, ...said];
}

function nextTopic(random: DataRandom, facts: Facts, turns: readonly VoiceTurn[], isLast: boolean): TopicName {
  const done = new Set(turns.map(({ topic }) => topic));
  const recalled = turns.map(({ topic }) => RECALLS[topic]).filter((topic) => topic && !done.has(topic));
  if (recalled.length > 0 && random.chance(RECALL_CHANCE)) return random.pick(recalled)!;
  const weights = Object.fromEntries(
    (Object.keys(WEIGHTS) as TopicName[]).map((topic) => [topic, weightOf(topic, facts, done, isLast)]),
  );
  return random.weighted(weights) as TopicName;
}

/** Whether a topic makes sense now, and how much. */
function weightOf(topic: TopicName, facts: Facts, done: ReadonlySet<TopicName>, isLast: boolean): number {
  const repeatable = topic === "price" || topic === "has" || topic === "way" || topic === "unknown";
  if (done.has(topic) && !repeatable) return 0;
  if (topic === "greet" && done.size > 0) return WEIGHTS.greet / 8;
  if (topic === "bye" && !isLast) return 0;
  if (topic === "reward" && !done.has("quest")) return 0;
  if (topic === "tellName" && facts["player"]) return 0;
  if ((topic === "price" || topic === "has") && !facts["goods"]) return 1;
  const needs = NEEDS[topic] ?? (TOPICS[topic] as Topic).answers[0]!.needs;
  const isKnown = needs.length > 0 && needs.every((slot) => facts[slot]);
  return WEIGHTS[topic] * (isKnown ? KNOWN_FACTOR : 1);
}

/** What the player tells in this turn, and what everyone then knows. */
function told(random: DataRandom, topic: TopicName, language: Language): Facts {
  if (topic === "tellName") return { player: same(personName(random, language)) };
  if (topic !== "tellHome" && topic !== "tellLike") return {};
  const wanted = topic === "tellHome" ? "playerHome" : "playerLike";
  for (;;) {
    const fact = drawPlayerFact(random, language);
    if (fact.key === wanted) return memory(fact);
  }
}

interface Asked {
  /** Slots of the question. */
  readonly ask: Facts;
  /** Slots of the answer; what is not known has none. */
  readonly reply: Facts;
}

function exchange(random: DataRandom, persona: Persona, facts: Facts, name: TopicName, language: Language): VoiceTurn {
  const topic: Topic = TOPICS[name];
  const { ask, reply } = askedThings(random, persona, facts, name, language);
  const known = { ...facts, ...reply };
  const said: Answer = topic.answers.find(({ needs }) => needs.every((slot) => known[slot]))!;
  const core = fill(random.pick(said[language]), known, language);
  return {
    topic: name,
    language,
    asked: question(random, topic, { ...facts, ...ask }, language),
    answered: inManner(random, persona, core, language),
    known: Object.fromEntries(said.needs.map((slot) => [slot, known[slot]![language]])),
  };
}

/** The thing that a question is about, and what the persona knows of it. */
function askedThings(
  random: DataRandom,
  { offers, facts: own }: Persona,
  facts: Facts,
  topic: TopicName,
  language: Language,
): Asked {
  const both = (slots: Facts): Asked => ({ ask: slots, reply: slots });
  if (topic === "price" || topic === "has") {
    if (offers.length > 0 && random.chance(CHANCES.sold)) {
      const { goods, noun, price } = random.pick(offers);
      const item = random.chance(CHANCES.nounOnly) ? noun : goods;
      return { ask: { item }, reply: { item: goods, price: same(price) } };
    }
    return both({ item: unsold(random, offers) });
  }
  if (topic === "way") {
    const { place, spot } = own;
    if (place && random.chance(CHANCES.sold)) return both({ where: place, whereSpot: spot! });
    return both({ where: random.pick(PLACES.filter(({ en }) => en !== place?.en)) });
  }
  if (topic === "friend") {
    const { friend, friendTrade } = facts;
    if (friend && random.chance(CHANCES.sold)) return both({ other: friend, otherTrade: friendTrade! });
    return both({ other: same(personName(random, language)) });
  }
  if (topic === "unknown")
    return both({ unknown: random.chance(0.6) ? random.pick(UNKNOWNS) : same(coinedWord(random, language)) });
  return both({});
}

function unsold(random: DataRandom, offers: Persona["offers"]): Words {
  for (;;) {
    const { goods, noun } = drawGoods(random);
    if (!offers.some((offer) => offer.noun.en === noun.en || offer.noun.zh === noun.zh)) return goods;
  }
}

/** People type as they like: in small letters, without a full stop, with a word before. */
function question(random: DataRandom, { ask }: Topic, facts: Facts, language: Language): string {
  let template = random.pick(ask[language]);
  if (random.chance(0.1)) template = joinSentences(random.pick(PREFIXES[language]), midSentence(template), language);
  if (random.chance(0.25)) template = template.replace(/[.?!。？！]$/, "");
  const isSmall = random.chance(0.2);
  if (isSmall)
    template = template.replaceAll(/\{\w+\}|[A-Z]/g, (part) => (part.length > 1 ? part : part.toLowerCase()));
  return fill(template, facts, language, !isSmall);
}

const midSentence = (template: string): string => template.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());

function inManner(
  random: DataRandom,
  { manner, catchphrase, language: own }: Persona,
  core: string,
  language: Language,
): string {
  if (catchphrase && language === own && random.chance(0.6)) return withPhrase(random, catchphrase, core, language);
  const openers = OPENERS[manner];
  const closers = CLOSERS[manner];
  if (openers && random.chance(0.5)) return joinSentences(random.pick(openers[language]), core, language);
  if (closers && random.chance(0.5)) return joinSentences(core, random.pick(closers[language]), language);
  return core;
}

function withPhrase(random: DataRandom, phrase: string, core: string, language: Language): string {
  const cry = language === "zh" ? `${phrase}！` : `${phrase[0]!.toUpperCase()}${phrase.slice(1)}!`;
  return random.chance(0.6) ? joinSentences(cry, core, language) : joinSentences(core, cry, language);
}

const joinSentences = (a: string, b: string, language: Language): string => (language === "zh" ? a + b : `${a} ${b}`);
