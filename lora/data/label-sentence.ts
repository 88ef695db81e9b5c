import {
  ABSENT,
  labelVocabulary,
  type Facts,
  type LabelLanguage,
  type LabelSubject,
  type Words,
} from "./label-vocabulary.ts";

const OPENINGS: Readonly<Record<LabelSubject, Words>> = {
  portrait: { en: "portrait of a person", zh: "一个人的肖像" },
  texture: { en: "seamless texture", zh: "无缝纹理" },
};

/**
 * A caption in the manner of the training data: "portrait of a person with short black hair, glasses, smiling, blue
 * background". Attributes that are not in `facts` are left out.
 * @param tellsAll also what a caption passes over: what is absent, and the style
 */
export function labelSentence(subject: LabelSubject, facts: Facts, language: LabelLanguage, tellsAll = false): string {
  const told = (place: string) =>
    Object.keys(labelVocabulary)
      .filter((name) => labelVocabulary[name]!.subject === subject && labelVocabulary[name]!.place === place)
      .map((name) => phraseOf(name, facts, language, tellsAll))
      .filter((phrase) => phrase !== undefined);
  const opening = OPENINGS[subject][language];
  return SENTENCES[language](opening, told("of"), told("with"), told("rest"));
}

type Parts = readonly string[];
const SENTENCES: Readonly<Record<LabelLanguage, (opening: string, of: Parts, having: Parts, rest: Parts) => string>> = {
  en: (opening, of, [first, ...others], rest) => {
    const head = opening + of.map((phrase) => ` of ${phrase}`).join("") + (first === undefined ? "" : ` with ${first}`);
    return [head, ...others, ...rest].join(", ");
  },
  zh: (opening, of, having, rest) =>
    [of.map((phrase) => `${phrase}的`).join("") + opening, ...having, ...rest].join("，"),
};

/** The words for one attribute; none where it is unknown, told by another one's words, or passed over. */
function phraseOf(name: string, facts: Facts, language: LabelLanguage, tellsAll: boolean): string | undefined {
  const attribute = labelVocabulary[name]!;
  const value = facts[name];
  if (value === undefined || (attribute.isUntold && !tellsAll)) return undefined;
  if (value === ABSENT && attribute.absence) return tellsAll ? attribute.absence[language] : undefined;
  const own = attribute.values[value];
  const isTold =
    attribute.fills !== undefined && labelVocabulary[attribute.fills]!.values[facts[attribute.fills] ?? ""];
  if (!own || isTold) return undefined;
  const filling = Object.keys(labelVocabulary).find((other) => labelVocabulary[other]!.fills === name);
  const inner = filling && labelVocabulary[filling]!.values[facts[filling] ?? ""]?.[language];
  return fill(attribute.phrase ? fill(attribute.phrase[language], own[language]) : own[language], inner ?? "");
}

/** Puts a word into a phrase: "a {} cap" with "orange" is "an orange cap", with nothing "a cap". */
const fill = (phrase: string, word: string): string =>
  phrase
    .replace("{}", word)
    .replaceAll(/ {2,}/g, " ")
    .trim()
    .replace(/^an? (?=[a-z])/, (_, at: number, whole: string) => (/^an? [aeiou]/.test(whole.slice(at)) ? "an " : "a "));
