/** How much of a prompt a base draws, by the judge of portraits. */
import { labelSentence, labelVocabulary, type LabelLanguage } from "../data/index.ts";
import { accuracyOf, judgedAttributes, type JudgedAttribute, type Judgement } from "./attribute-classifier.ts";
import { factsOf } from "./mini-clip.ts";
import type { PortraitPlan } from "./portraits.ts";

/** "portrait of a person with short black hair, glasses, smiling, …, lorelei style": all that can be told, and the style. */
export function tellingPrompt(
  { attributes, caption }: Pick<PortraitPlan, "attributes" | "caption">,
  language: LabelLanguage = "en",
): string {
  const facts = factsOf({ kind: "portrait", style: attributes.style, caption, attributes });
  const style = labelVocabulary["style"]!;
  const phrase = style.phrase![language].replace("{}", style.values[attributes.style]![language]);
  return [labelSentence("portrait", facts, language), phrase].join(language === "en" ? ", " : "，");
}

export interface PromptAccuracy {
  readonly attribute: JudgedAttribute;
  /** Pictures whose prompt tells it. */
  readonly count: number;
  /** Shares that the judge finds as told. */
  readonly generated: number;
  /** In the real pictures of the same attributes: the most that can be reached. */
  readonly real: number;
  /** In another prompt's real picture: what a base that does not listen would reach. */
  readonly another: number;
  /** `generated`, each value of the attribute counted alike. */
  readonly balanced: number;
}

/** Judgements of the drawn and of the real picture of each prompt, in the prompts' order. Only attributes that are told. */
export function promptAccuracies(
  told: readonly Pick<PortraitPlan, "attributes">[],
  generated: readonly Judgement[],
  real: readonly Judgement[],
): PromptAccuracy[] {
  const attributes = told.map((plan) => plan.attributes);
  const another = [...real.slice(1), ...real.slice(0, 1)];
  return judgedAttributes
    .map((attribute) => {
      const drawn = accuracyOf(attribute, attributes, generated);
      return {
        attribute,
        count: drawn.count,
        generated: drawn.top1,
        real: accuracyOf(attribute, attributes, real).top1,
        another: accuracyOf(attribute, attributes, another).top1,
        balanced: drawn.meanOverValues,
      };
    })
    .filter(({ count }) => count > 0);
}

type Share = "generated" | "real" | "another" | "balanced";
export const meanAccuracy = (rows: readonly PromptAccuracy[], share: Share): number =>
  rows.reduce((sum, row) => sum + row[share], 0) / rows.length;
