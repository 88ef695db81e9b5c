import { labelSentence } from "./label-sentence.ts";
import { labelVocabulary, valuesOf, type LabelLanguage, type LabelSubject } from "./label-vocabulary.ts";

/** What a picture is asked: which of these sentences fits it best. */
export interface LabelQuestion {
  readonly name: string;
  readonly values: readonly string[];
  readonly sentence: (value: string, language: LabelLanguage) => string;
}

const SUBJECTS: readonly LabelSubject[] = ["portrait", "texture"];

const subjectQuestion: LabelQuestion = {
  name: "subject",
  values: SUBJECTS,
  sentence: (subject, language) => labelSentence(subject as LabelSubject, {}, language),
};

/** One for each attribute of the vocabulary, in its order. */
export const attributeQuestions: readonly LabelQuestion[] = Object.entries(labelVocabulary).map(([name, row]) => ({
  name,
  values: valuesOf(row),
  sentence: (value, language) => labelSentence(row.subject, { [name]: value }, language, true),
}));

/** Everything a picture can be asked; first what it is of, which decides about the others. */
export const labelQuestions: readonly LabelQuestion[] = [subjectQuestion, ...attributeQuestions];
