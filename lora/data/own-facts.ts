import { isSeen, labelVocabulary, type Facts } from "./label-vocabulary.ts";

/** Of twelve pictures of one person, guesses agree on hair and skin to 64 % at least; of twelve people, to 42 % at most. */
const IS_ONE = 0.55;
const ALWAYS_WORN = 0.7;

/**
 * Takes from a picture's facts what is not the picture's but its person's, or its kind of texture's: a caption must pass
 * over that, so that the trigger word learns it. Where the pictures show several people, nothing is.
 * @param all the likeliest facts of every picture
 */
export function withoutOwn(all: readonly Facts[]): (facts: Facts) => Facts {
  const common = new Map(Object.keys(labelVocabulary).map((name) => [name, mostCommon(name, all)]));
  const marks = [...common]
    .filter(([name]) => labelVocabulary[name]!.own === "marks")
    .flatMap(([, most]) => most ?? []);
  const isOne = marks.reduce((sum, { share }) => sum + share, 0) / marks.length >= IS_ONE;
  /** A guess that differs on hair or skin is a wrong one; on a hat it may be right. */
  const isOwn = (name: string, facts: Facts): boolean => {
    const { own, fills } = labelVocabulary[name]!;
    if (own !== "worn") return own !== undefined;
    if (fills !== undefined) return isOwn(fills, facts);
    const most = common.get(name);
    return most !== undefined && most.share >= ALWAYS_WORN && most.value === facts[name];
  };
  const others = (facts: Facts): Facts =>
    Object.fromEntries(Object.entries(facts).filter(([name]) => !isOwn(name, facts)));
  return isOne ? others : (facts) => facts;
}

/** The most frequent value, and its share of the pictures that the attribute can be seen on. */
function mostCommon(name: string, all: readonly Facts[]): { value: string; share: number } | undefined {
  const counts = new Map<string, number>();
  let seen = 0;
  for (const facts of all) {
    const value = facts[name];
    if (value === undefined || !isSeen(labelVocabulary[name]!, facts)) continue;
    counts.set(value, (counts.get(value) ?? 0) + 1);
    seen++;
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most && { value: most[0], share: most[1] / seen };
}
