/** A persona drawn from a seed, and the system turn that describes it as an author would. */
import type { DataRandom } from "./random.ts";
import { catchphrase, personName, townName } from "./voice-names.ts";
import {
  ADJECTIVES,
  CREATURES,
  CURRENCIES,
  GOODS,
  INVENTED_TRADES,
  LOST,
  MOODS,
  PLACES,
  SPOTS,
  THINGS,
  TRADES,
  WEATHERS,
  type Language,
  type Texts,
  type Trade,
  type Words,
} from "./voice-words.ts";

export type Manner = "plain" | "cheerful" | "gruff" | "polite" | "shy" | "proud" | "wise";
export const MANNERS: Readonly<Record<Exclude<Manner, "plain">, Words>> = {
  cheerful: { en: "cheerful", zh: "开朗" },
  gruff: { en: "gruff", zh: "粗鲁" },
  polite: { en: "polite", zh: "有礼貌" },
  shy: { en: "shy", zh: "害羞" },
  proud: { en: "proud", zh: "骄傲" },
  wise: { en: "wise", zh: "睿智" },
};

export interface Offer {
  readonly goods: Words;
  /** The noun alone, as a player may ask for it. */
  readonly noun: Words;
  readonly price: number;
}

/** What is known of a persona, by the slot that a template names. */
export type Facts = Readonly<Record<string, Words>>;

export interface Persona {
  readonly language: Language;
  readonly manner: Manner;
  readonly facts: Facts;
  readonly offers: readonly Offer[];
  /** In the persona's language only. */
  readonly catchphrase: string | undefined;
  /** The system turn; undefined for somebody without one. */
  readonly text: string | undefined;
}

export const same = (text: string | number): Words => ({ en: String(text), zh: String(text) });

/** "red apples"; in Chinese nothing stands between. */
const joined = (a: Words, b: Words): Words => ({ en: `${a.en} ${b.en}`, zh: a.zh + b.zh });

export function drawGoods(random: DataRandom, nouns: readonly Words[] = GOODS): Pick<Offer, "goods" | "noun"> {
  const noun = random.pick(nouns);
  return { noun, goods: random.chance(0.4) ? joined(random.pick(ADJECTIVES), noun) : noun };
}

function drawOffers(random: DataRandom, trade: Trade): Offer[] {
  // Now and then somebody sells what nobody of the trade would: it must be read, not guessed.
  const nouns = trade.goods.length > 0 && random.chance(0.6) ? trade.goods : GOODS;
  const offers: Offer[] = [];
  const count = 1 + random.integer(3);
  for (let tries = 0; offers.length < count && tries < 8; tries++) {
    const drawn = drawGoods(random, nouns);
    if (offers.some(({ noun }) => noun.en === drawn.noun.en)) continue;
    const price = random.chance(0.6) ? 1 + random.integer(20) : 1 + random.integer(500);
    offers.push({ ...drawn, price });
  }
  return offers;
}

/** "apples, pears and milk" */
export function listed(texts: readonly Words[]): Words {
  const list = (items: readonly string[], comma: string, and: string) =>
    items.length < 2 ? items.join("") : items.slice(0, -1).join(comma) + and + items.at(-1);
  return {
    en: list(
      texts.map(({ en }) => en),
      ", ",
      " and ",
    ),
    zh: list(
      texts.map(({ zh }) => zh),
      "、",
      "和",
    ),
  };
}

/** What a player may have told of himself. */
export interface PlayerFact {
  readonly key: "playerHome" | "playerLike" | "playerFear" | "playerGoal";
  readonly value: Words;
}

export function drawPlayerFact(random: DataRandom, language: Language): PlayerFact {
  const key = random.pick(["playerHome", "playerLike", "playerFear", "playerGoal"] as const);
  return { key, value: key === "playerHome" ? same(townName(random, language)) : random.pick(THINGS) };
}

/** Facts that a persona may have, how often, and how each is drawn. */
const DRAWN: readonly (readonly [chance: number, draw: (random: DataRandom, language: Language) => Facts])[] = [
  [0.4, (random, language) => ({ home: same(townName(random, language)) })],
  [0.25, (random) => ({ age: same(8 + random.integer(82)) })],
  [0.35, (random) => ({ mood: random.pick(MOODS) })],
  [0.3, (random) => ({ like: random.pick(THINGS) })],
  [0.3, (random) => ({ dislike: random.pick(THINGS) })],
  [0.3, (random) => weatherFacts(random)],
  [0.3, (random) => ({ creature: random.pick(CREATURES), seen: random.pick(SPOTS) })],
  [0.3, (random) => ({ lost: drawLost(random), reward: same(1 + random.integer(60)) })],
  [0.35, (random) => ({ place: random.pick(PLACES), spot: random.pick(SPOTS) })],
  [0.3, (random, language) => ({ friend: same(personName(random, language)), friendTrade: drawTrade(random) })],
  [0.25, (random, language) => ({ player: same(personName(random, language)) })],
  [0.2, (random, language) => memory(drawPlayerFact(random, language))],
];

export const memory = ({ key, value }: PlayerFact): Facts => ({ [key]: value });

function weatherFacts(random: DataRandom): Facts {
  const { advice, ...weather } = random.pick(WEATHERS);
  return { weather, advice };
}

function drawLost(random: DataRandom): Words {
  const thing = random.pick(LOST);
  return random.chance(0.5) ? joined(random.pick(ADJECTIVES), thing) : thing;
}

const drawTrade = (random: DataRandom): Trade => random.pick(random.chance(0.7) ? TRADES : INVENTED_TRADES);

/** @param most facts beyond name, trade and goods, so that a system turn stays short */
export function drawPersona(random: DataRandom, language: Language, most: number): Persona {
  const trade = drawTrade(random);
  const currency = random.chance(0.6) ? CURRENCIES[0]! : random.pick(CURRENCIES);
  const sells = random.chance(trade.goods.length > 0 ? 0.75 : 0.3);
  const offers = sells ? drawOffers(random, trade) : [];
  const drawn = random
    .shuffle(DRAWN)
    .filter(([chance]) => random.chance(chance))
    .slice(0, most)
    .map(([, draw]) => draw(random, language));
  const facts: Facts = Object.assign(
    { name: same(personName(random, language)), trade, work: trade.work, currency },
    offers.length > 0 ? { goods: listed(offers.map(({ goods }) => goods)) } : {},
    ...drawn,
  );
  const manner: Manner = random.chance(0.35) ? "plain" : random.pick(Object.keys(MANNERS) as (keyof typeof MANNERS)[]);
  const phrase = random.chance(0.2) ? catchphrase(random, language) : undefined;
  const persona = { language, manner, facts, offers, catchphrase: phrase, text: undefined };
  return { ...persona, text: systemText(random, persona) };
}

/** Nobody in particular: what a base says of itself without a system turn. */
export const nobody = (language: Language): Persona => ({
  language,
  manner: "plain",
  facts: {},
  offers: [],
  catchphrase: undefined,
  text: undefined,
});

/** Ways to write a fact into a system turn; a row is used when its first slot is known. */
const FIRST: Texts = {
  en: [
    "You are {name}, the {trade}.",
    "You are {name} the {trade}.",
    "Your name is {name}. You are a {trade}.",
    "You play {name}, a {trade}.",
    "{name} is the {trade} of the town. Speak as {name}.",
    "Name: {name}. Trade: {trade}.",
  ],
  zh: [
    "你是{name}，{trade}。",
    "你叫{name}，是{trade}。",
    "你的名字是{name}，你是个{trade}。",
    "你扮演{trade}{name}。",
    "{name}是镇上的{trade}。请以{name}的身份说话。",
    "姓名：{name}。职业：{trade}。",
  ],
};
const SENTENCES: Readonly<Record<string, Texts>> = {
  home: {
    en: ["You come from {home}.", "You live in {home}.", "Home: {home}."],
    zh: ["你来自{home}。", "你住在{home}。", "家乡：{home}。"],
  },
  age: { en: ["You are {age} years old.", "Age: {age}."], zh: ["你今年{age}岁。", "年龄：{age}岁。"] },
  mood: {
    en: ["You are {mood} today.", "You feel {mood}.", "Mood: {mood}."],
    zh: ["你今天很{mood}。", "你现在很{mood}。", "心情：{mood}。"],
  },
  like: {
    en: ["You like {like}.", "You love {like}.", "Likes: {like}."],
    zh: ["你喜欢{like}。", "你很爱{like}。", "喜欢：{like}。"],
  },
  dislike: {
    en: ["You dislike {dislike}.", "You hate {dislike}.", "Dislikes: {dislike}."],
    zh: ["你不喜欢{dislike}。", "你讨厌{dislike}。", "讨厌：{dislike}。"],
  },
  weather: { en: ["Today {weather}.", "Weather: {weather}."], zh: ["今天{weather}。", "天气：{weather}。"] },
  creature: {
    en: ["You heard that {creature} was seen {seen}.", "Rumour: {creature} was seen {seen}."],
    zh: ["你听说有人在{seen}看见了{creature}。", "传闻：有人在{seen}看见了{creature}。"],
  },
  lost: {
    en: [
      "You have lost your {lost} and pay {reward} {currency} for it.",
      "You are looking for your {lost}. Reward: {reward} {currency}.",
    ],
    zh: ["你丢了{lost}，找到的人可得{reward}{currency}。", "你在找你的{lost}。报酬：{reward}{currency}。"],
  },
  place: {
    en: ["The {place} is {spot}.", "You know that the {place} is {spot}."],
    zh: ["{place}在{spot}。", "你知道{place}在{spot}。"],
  },
  friend: {
    en: ["Your friend is {friend}, the {friendTrade}.", "{friend}, the {friendTrade}, is your friend."],
    zh: ["你的朋友是{friendTrade}{friend}。", "{friendTrade}{friend}是你的朋友。"],
  },
  player: {
    en: [
      "The player's name is {player}.",
      "You remember: the player is called {player}.",
      "You are talking to {player}.",
    ],
    zh: ["玩家的名字是{player}。", "你记得：玩家叫{player}。", "你在和{player}说话。"],
  },
  playerHome: {
    en: ["The player comes from {playerHome}.", "You remember: the player comes from {playerHome}."],
    zh: ["玩家来自{playerHome}。", "你记得：玩家来自{playerHome}。"],
  },
  playerLike: {
    en: ["The player likes {playerLike}.", "You remember: the player likes {playerLike}."],
    zh: ["玩家喜欢{playerLike}。", "你记得：玩家喜欢{playerLike}。"],
  },
  playerFear: {
    en: ["The player is afraid of {playerFear}.", "You remember: the player is afraid of {playerFear}."],
    zh: ["玩家害怕{playerFear}。", "你记得：玩家害怕{playerFear}。"],
  },
  playerGoal: {
    en: ["The player is looking for {playerGoal}.", "You remember: the player is looking for {playerGoal}."],
    zh: ["玩家在找{playerGoal}。", "你记得：玩家在找{playerGoal}。"],
  },
};
const OFFERS: Texts = {
  en: ["You sell {offers}.", "You sell: {offers}.", "Goods: {offers}.", "On your stall: {offers}."],
  zh: ["你卖{offers}。", "你卖的东西：{offers}。", "货物：{offers}。", "你的摊子上有{offers}。"],
};
const OFFER: Texts = {
  en: ["{goods} for {price} {currency}", "{goods} ({price} {currency})", "{goods} at {price} {currency}"],
  zh: ["{goods}，{price}{currency}", "{goods}（{price}{currency}）", "{goods}{price}{currency}"],
};
const MANNER: Texts = {
  en: ["You are {manner}.", "Manner: {manner}.", "You speak in a {manner} way."],
  zh: ["你很{manner}。", "性格：{manner}。", "你说话很{manner}。"],
};
const PHRASE: Texts = {
  en: ['You often say "{phrase}".', 'You like to say "{phrase}".'],
  zh: ["你常说“{phrase}”。", "你的口头禅是“{phrase}”。"],
};

/** Above facts that are listed at the end, as a game's memory does it. */
const MEMORY: Texts = {
  en: ["You remember:", "What you remember:", "Facts you remember:", "Memory:"],
  zh: ["你记得：", "你记得的事：", "你记得这些事：", "记忆："],
};
/** What authors write beside the facts; it changes nothing. */
const ASIDES: Texts = {
  en: [
    "Stay in character.",
    "Answer briefly.",
    "You live in a small town.",
    "You stand on the town square.",
    "Keep your answers short.",
    "Players come and talk to you.",
    "Never speak of the real world.",
    "You have seen many travellers.",
  ],
  zh: [
    "请保持角色。",
    "回答要简短。",
    "你住在一个小镇上。",
    "你站在镇上的广场上。",
    "请简短回答。",
    "玩家会来和你说话。",
    "不要谈论现实世界。",
    "你见过许多旅人。",
  ],
};

function systemText(random: DataRandom, persona: Persona): string {
  const { language, facts } = persona;
  const pick = (texts: Texts, extra: Facts = {}) =>
    fill(random.pick(texts[language]), { ...facts, ...extra }, language);
  const isListed = random.chance(0.4);
  const isMemory = (slot: string) => slot.startsWith("player");
  const slots = Object.keys(SENTENCES).filter((slot) => facts[slot]);
  const sentences = slots.filter((slot) => !(isListed && isMemory(slot))).map((slot) => pick(SENTENCES[slot]!));
  const memories = isListed
    ? slots.filter(isMemory).map((slot) => `\n- ${fill(SENTENCES[slot]![language][0]!, facts, language)}`)
    : [];
  if (persona.offers.length > 0) {
    const form = random.pick(OFFER[language]);
    const offers = persona.offers.map(({ goods, price }) =>
      fill(form, { ...facts, goods, price: same(price) }, language, false),
    );
    sentences.push(pick(OFFERS, { offers: same(offers.join(language === "zh" ? "；" : "; ")) }));
  }
  if (persona.manner !== "plain") sentences.push(pick(MANNER, { manner: MANNERS[persona.manner] }));
  if (persona.catchphrase) sentences.push(pick(PHRASE, { phrase: same(persona.catchphrase) }));
  if (random.chance(0.2)) sentences.push(pick(ASIDES));
  const gap = random.chance(0.15) ? "\n" : language === "zh" ? "" : " ";
  const remembered = memories.length > 0 ? `\n${random.pick(MEMORY[language])}${memories.join("")}` : "";
  return [pick(FIRST), ...random.shuffle(sentences)].join(gap) + remembered;
}

/**
 * A template with its slots filled in. Latin letters stand apart from Chinese ones by a space, as printers set them; English
 * sentences begin with a capital where `hasCapitals`.
 */
export function fill(template: string, facts: Facts, language: Language, hasCapitals = true): string {
  const text = template.replaceAll(/\{(\w+)\}/g, (_, slot: string) => {
    const value = facts[slot];
    if (!value) throw new Error(`template "${template}": nothing known for {${slot}}`);
    return value[language];
  });
  const spaced = text.replaceAll(/(?<=[\u4e00-\u9fff])(?=[A-Za-z])|(?<=[A-Za-z])(?=[\u4e00-\u9fff])/g, " ");
  if (language === "zh") return spaced;
  const articles = spaced.replaceAll(/\b([Aa]) (?=[aeiou])/g, "$1n ");
  return hasCapitals ? articles.replaceAll(/(?<=^|[.!?] )[a-z]/g, (letter) => letter.toUpperCase()) : articles;
}
