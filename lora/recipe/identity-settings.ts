/** Training settings to compare: `--settings all`, or some of these names. Factors are on what the trainer suggests for the base. */
export interface SettingsVariant {
  readonly rank?: number;
  readonly learningRateFactor?: number;
  readonly stepsFactor?: number;
  /** More of the configuration, by its own names. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export const settingsVariants = {
  defaults: {},
  "rank-4": { rank: 4 },
  "rank-8": { rank: 8 },
  "rank-32": { rank: 32 },
  "half-rate": { learningRateFactor: 0.5 },
  "double-rate": { learningRateFactor: 2 },
  "half-steps": { stepsFactor: 0.5 },
  "double-steps": { stepsFactor: 2 },
  "four-times-steps": { stepsFactor: 4 },
  "double-steps-half-rate": { stepsFactor: 2, learningRateFactor: 0.5 },
  "attention-only": { more: { targets: ["attention"] } },
  "no-caption-dropout": { more: { caption_dropout: 0 } },
} as const satisfies Readonly<Record<string, SettingsVariant>>;
export type SettingsName = keyof typeof settingsVariants;
export const settingsNames = Object.keys(settingsVariants) as SettingsName[];
