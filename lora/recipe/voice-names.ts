/** Names of people and towns: mostly put together, so that a model learns to copy them and cannot remember them. */
import type { DataRandom } from "./random.ts";
import { commonWords } from "./voice-everyday-words.ts";
import {
  GIVEN_ZH,
  NAMES_EN,
  PHRASE_NOUNS_EN,
  PHRASE_NOUNS_ZH,
  PHRASES_EN,
  PHRASES_ZH,
  SURNAMES_ZH,
  TOWN_ENDS_EN,
  TOWN_ENDS_ZH,
  TOWN_STEMS_EN,
  TOWN_STEMS_ZH,
  type Language,
} from "./voice-words.ts";

const ONSETS = "b br c ch d dr f g gr h j k kr l m n p r s sh st t th tr v w y z".split(" ");
const VOWELS = "a e i o u a e i o ai ea ie oo".split(" ");
const CODAS = ["", "", "", "n", "r", "l", "s", "m", "k", "th", "nd", "x"];

function coined(random: DataRandom): string {
  const syllables = random.weighted({ 1: 0.2, 2: 0.6, 3: 0.2 });
  const letters = Array.from({ length: Number(syllables) }, () => random.pick(ONSETS) + random.pick(VOWELS)).join("");
  const name = letters + random.pick(CODAS);
  return name[0]!.toUpperCase() + name.slice(1);
}

/** A thing that nobody has heard of. */
export function coinedWord(random: DataRandom, language: Language): string {
  if (language === "en")
    return `${coined(random).toLowerCase()}${random.pick(["s", "ing", "ology", "ball", " machines", ""])}`;
  const han = () => String.fromCodePoint(FIRST_HAN + random.integer(HAN_COUNT));
  return han() + random.pick(GIVEN_ZH) + random.pick(["学", "机", "球", "术"]);
}

const ODD_PHRASES = 0.3;
const FIRST_HAN = 0x4e00;
const HAN_COUNT = 0x5000;

function chineseName(random: DataRandom): string {
  const given = () =>
    random.chance(0.03) ? String.fromCodePoint(FIRST_HAN + random.integer(HAN_COUNT)) : random.pick(GIVEN_ZH);
  const kind = random.weighted({ nick: 0.25, short: 0.3, long: 0.45 });
  if (kind === "nick") return random.pick(["小", "老", "阿"]) + given();
  return random.pick(SURNAMES_ZH) + given() + (kind === "long" ? given() : "");
}

/** A name as people with this language give it; now and then one of the other. */
export function personName(random: DataRandom, language: Language): string {
  const foreign = random.chance(0.1);
  if ((language === "zh") !== foreign) return chineseName(random);
  return random.chance(0.4) ? random.pick(NAMES_EN) : coined(random);
}

export function townName(random: DataRandom, language: Language): string {
  if (language === "zh") return random.pick(TOWN_STEMS_ZH) + random.pick(TOWN_STEMS_ZH) + random.pick(TOWN_ENDS_ZH);
  return random.chance(0.4) ? coined(random) : random.pick(TOWN_STEMS_EN) + random.pick(TOWN_ENDS_EN);
}

/** A turn of speech, in one language: it cannot be translated. Some are of words that nobody would expect there. */
export function catchphrase(random: DataRandom, language: Language): string {
  if (random.chance(ODD_PHRASES)) return commonWords(random, language, 1 + random.integer(3));
  const [phrases, nouns] = language === "zh" ? [PHRASES_ZH, PHRASE_NOUNS_ZH] : [PHRASES_EN, PHRASE_NOUNS_EN];
  return random.pick(phrases).replace("@", random.pick(nouns));
}
