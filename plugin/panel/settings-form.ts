/** The settings form: what stands in the fields, and the settings it means. */
import { limits, trainTargets, type ReportReply, type TrainSettings } from "../../service/protocol/index.ts";

export interface NumberField {
  readonly low: number;
  readonly high: number;
  readonly whole: boolean;
}

/** The protocol's limits of what every training may be told, so that a person hears of them while typing. */
export const sharedFields = {
  steps: { low: 1, high: 100_000, whole: true },
  rank: { low: 1, high: 128, whole: true },
  alpha: { low: 0.01, high: 256, whole: false },
  learningRate: { low: 1e-7, high: 1, whole: false },
  batchSize: { low: 1, high: 16, whole: true },
  saveSteps: { low: 1, high: 100_000, whole: true },
  seed: { low: 0, high: 2 ** 32 - 1, whole: true },
} as const satisfies Record<string, NumberField>;

export const numberFields = {
  ...sharedFields,
  captionDropout: { low: 0, high: 1, whole: false },
} as const satisfies Record<string, NumberField>;
export type NumberFieldName = keyof typeof numberFields;

export type TrainTarget = (typeof trainTargets)[number];

export interface SettingsForm {
  /** As typed; "" is the trainer's own choice. */
  readonly numbers: Readonly<Record<NumberFieldName, string>>;
  /** Empty: the trainer's own choice. */
  readonly targets: readonly TrainTarget[];
  readonly flip: boolean;
  readonly validation: boolean | undefined;
  readonly gradientCheckpointing: boolean;
}

export const blankForm: SettingsForm = {
  numbers: {
    steps: "",
    rank: "",
    alpha: "",
    learningRate: "",
    batchSize: "",
    saveSteps: "",
    captionDropout: "",
    seed: "",
  },
  targets: [],
  flip: false,
  validation: undefined,
  gradientCheckpointing: false,
};

/** The form that suits the pictures. */
export function suggestedForm(suggested: ReportReply["suggested"]): SettingsForm {
  const { rank, learningRate, steps } = suggested;
  return {
    ...blankForm,
    numbers: {
      ...blankForm.numbers,
      steps: String(steps),
      rank: String(rank),
      learningRate: plain(learningRate),
      saveSteps: String(saveStepsFor(steps)),
    },
  };
}

/** 0.0001 → "1e-4", as people write rates. */
const plain = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential().replace("e+", "e") : String(value);

/** Every 100 steps as the rule goes; short runs at their quarters, so that there is something to choose from. */
export const saveStepsFor = (steps: number): number => Math.min(100, Math.max(1, Math.ceil(steps / 4)));

export type FieldProblem = { readonly low: string; readonly high: string; readonly whole: boolean };

/** The numbers that fields mean, and which of them cannot be meant; an empty field says nothing. */
export function readNumbers<Name extends string>(
  fields: Readonly<Record<Name, NumberField>>,
  typed: Readonly<Record<Name, string>>,
): { readonly values: Partial<Record<Name, number>>; readonly problems: Partial<Record<Name, FieldProblem>> } {
  const values: Partial<Record<Name, number>> = {};
  const problems: Partial<Record<Name, FieldProblem>> = {};
  for (const name of Object.keys(fields) as Name[]) {
    const text = typed[name].trim().replace(",", ".");
    if (text === "") continue;
    const { low, high, whole } = fields[name];
    const value = Number(text);
    const fits = Number.isFinite(value) && value >= low && value <= high && (!whole || Number.isInteger(value));
    if (fits) values[name] = value;
    else problems[name] = { low: plain(low), high: plain(high), whole };
  }
  return { values, problems };
}

/** What the fields mean, and which of them cannot be meant. */
export function readForm(form: SettingsForm): {
  readonly settings: TrainSettings;
  readonly problems: Partial<Record<NumberFieldName, FieldProblem>>;
} {
  const { values, problems } = readNumbers<NumberFieldName>(numberFields, form.numbers);
  const settings: { -readonly [K in keyof TrainSettings]: TrainSettings[K] } = { ...values };
  if (form.targets.length > 0) settings.targets = trainTargets.filter((target) => form.targets.includes(target));
  if (form.flip) settings.flip = true;
  if (form.validation !== undefined) settings.validation = form.validation;
  if (form.gradientCheckpointing) settings.gradientCheckpointing = true;
  return { settings, problems };
}

/** Sample prompts as they are typed, one a line; the protocol takes so many, since each is asked at every save. */
export const samplePromptsOf = (text: string, charsMax = Infinity): string[] =>
  text
    .split("\n")
    .map((line) => line.trim().slice(0, charsMax))
    .filter((line) => line !== "")
    .slice(0, limits.samplePromptsMax);

/** A name that the protocol takes, made from any text. */
export function usableName(text: string): string {
  return text
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, " ")
    .replaceAll(/\s+/g, " ")
    .replace(/^[^\p{L}\p{N}]+/u, "")
    .slice(0, 64)
    .trim();
}

/** A word the base model has hardly met: z + the node's id, as in "zsmith" for "npc-smith". */
export function triggerWordFor(nodeId: string): string {
  const letters = nodeId
    .toLowerCase()
    .replace(/^(npc|node|mesh|char(acter)?)[-_. ]+/, "")
    .replaceAll(/[^a-z0-9]/g, "")
    .slice(0, 20);
  return letters === "" ? "zcharacter" : `z${letters}`;
}
