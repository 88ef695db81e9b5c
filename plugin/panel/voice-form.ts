/** The settings form of a voice: what stands in the fields, and the settings it means. */
import type { VoiceSettings } from "../../service/protocol/index.ts";
import { readNumbers, saveStepsFor, sharedFields, type FieldProblem, type NumberField } from "./settings-form.ts";

export const voiceFields = {
  ...sharedFields,
  maxLength: { low: 8, high: 131_072, whole: true },
} as const satisfies Record<string, NumberField>;
export type VoiceFieldName = keyof typeof voiceFields;

export interface VoiceForm {
  /** As typed; "" is the trainer's own choice. */
  readonly numbers: Readonly<Record<VoiceFieldName, string>>;
  readonly validation: boolean;
  readonly gradientCheckpointing: boolean;
}

const stepsMin = 40;
const stepsMax = 800;

/** The form that suits that many lines, with so many steps for each. */
export function suggestedVoiceForm(lines: number, stepsPerLine: number): VoiceForm {
  const steps = Math.min(stepsMax, Math.max(stepsMin, Math.ceil(lines * stepsPerLine)));
  return {
    numbers: {
      steps: String(steps),
      saveSteps: String(saveStepsFor(steps)),
      rank: "",
      alpha: "",
      learningRate: "",
      batchSize: "",
      maxLength: "",
      seed: "",
    },
    validation: false,
    gradientCheckpointing: false,
  };
}

/** What the fields mean, and which of them cannot be meant. */
export function readVoiceForm({ numbers, validation, gradientCheckpointing }: VoiceForm): {
  readonly settings: VoiceSettings;
  readonly problems: Partial<Record<VoiceFieldName, FieldProblem>>;
} {
  const { values, problems } = readNumbers<VoiceFieldName>(voiceFields, numbers);
  return {
    settings: { ...values, validation, ...(gradientCheckpointing && { gradientCheckpointing }) },
    problems,
  };
}
