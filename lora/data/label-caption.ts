import { labelSentence } from "./label-sentence.ts";
import { isSeen, labelVocabulary, type Facts, type LabelLanguage, type LabelSubject } from "./label-vocabulary.ts";
import type { Guess, Seen } from "./labeller.ts";
import { withoutOwn } from "./own-facts.ts";

/** Below this, a guess is more often a nuisance than a help. */
export const LABEL_THRESHOLD = 0.6;

export interface LabelOptions {
  readonly language: LabelLanguage;
  /** Less sure guesses are left out. */
  readonly threshold: number;
  /** Captions pass over what the pictures have in common as their person's own, for a trigger word to learn it. */
  readonly onlyVaried: boolean;
}

export interface LabelCaption {
  readonly caption: string;
  /** Of what the caption says, the least sure. */
  readonly confidence: number;
}

/** Captions of pictures that belong together, in their order. */
export function labelCaptions(pictures: readonly Seen[], options: LabelOptions): LabelCaption[] {
  const varied = (subject: LabelSubject): ((facts: Facts) => Facts) => {
    const alike = pictures.filter((seen) => seen.subject.value === subject);
    return options.onlyVaried ? withoutOwn(alike.map(({ guesses }) => valuesOf(guesses))) : (facts) => facts;
  };
  const told = { portrait: varied("portrait"), texture: varied("texture") };
  return pictures.map((seen) =>
    captionOf(seen, told[seen.subject.value](factsAbove(seen.guesses, options.threshold)), options.language),
  );
}

function captionOf({ subject, guesses }: Seen, facts: Facts, language: LabelLanguage): LabelCaption {
  const sentence = (told: Facts): string => labelSentence(subject.value, told, language);
  const caption = sentence(facts);
  const said = Object.keys(facts).filter((name) => sentence(without(facts, name)) !== caption);
  return { caption, confidence: Math.min(subject.confidence, ...said.map((name) => guesses[name]!.confidence)) };
}

const valuesOf = (guesses: Readonly<Record<string, Guess>>): Facts =>
  Object.fromEntries(Object.entries(guesses).map(([name, { value }]) => [name, value]));

/** Attribute → value of the guesses that are sure enough and, by the other ones, can be seen. */
function factsAbove(guesses: Readonly<Record<string, Guess>>, threshold: number): Facts {
  const all = valuesOf(guesses);
  const isSure = (name: string) => guesses[name]!.confidence >= threshold;
  const sure = Object.keys(all).filter((name) => {
    const row = labelVocabulary[name]!;
    // The colour of a hat says that there is one.
    const isThere = row.fills === undefined || !labelVocabulary[row.fills]!.absence || isSure(row.fills);
    return isSure(name) && isThere && isSeen(row, all);
  });
  return Object.fromEntries(sure.map((name) => [name, all[name]!]));
}

const without = (facts: Facts, name: string): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([other]) => other !== name));
