import { errorTable } from "../format/index.ts";

/** Input errors of the diffusion area. */
export const diffusionErrors = errorTable({
  SCHEDULE_FIELD: (where: string, field: string, expected: string, got: string) =>
    `${where}: expected ${field} to be ${expected}, got ${got}; correct the scheduler configuration`,
  SCHEDULE_UNSUPPORTED: (where: string, field: string, got: string) =>
    `${where}: expected a scheduler without ${field}, got ${got}; this option is not supported, remove it or choose another base`,
  SAMPLER_UNKNOWN: (got: string, known: string) =>
    `sampler: expected one of ${known}, got "${got}"; choose one of these names`,
  SAMPLER_STEPS: (got: number, most: number) =>
    `steps: expected a whole number from 1 to ${most}, got ${got}; choose a number in this range`,
  GUIDANCE_RANGE: (field: string, expected: string, got: number) =>
    `${field}: expected ${expected}, got ${got}; choose a number in this range`,
  SEED_RANGE: (got: unknown) =>
    `seed: expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got ${String(got)}; choose a number in this range`,
  RANDOM_STATE: (got: string) =>
    `random state: expected {seed, stream, position} as whole numbers, got ${got}; the checkpoint is damaged, use an earlier one`,
  PROMPT_LORA: (text: string, problem: string) =>
    `prompt: expected <lora:name:weight>, <lora:name:te:unet> or te=/unet= keys, got "${text}" (${problem}); correct the tag`,
  PROMPT_LENGTH: (most: number, got: number) =>
    `prompt: expected at most ${most} characters, got ${got}; shorten the prompt`,
});
